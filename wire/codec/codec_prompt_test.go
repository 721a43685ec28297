package codec

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPromptNeverWaits writes until the kernel takes no more, and wants all that it took to come, and no error to be told of: that is for others to find.
func TestPromptNeverWaits(t *testing.T) {
	for _, l := range lines {
		t.Run(l.name, func(t *testing.T) {
			ours, theirs := l.make(t)
			w := newPrompt(ours)
			p, took := make([]byte, 10_000), 0
			for {
				n := w.write(p)
				took += n
				if n < len(p) {
					break
				}
			}
			require.Zero(t, w.write(p), "there is no room")
			require.Equal(t, l.shared, took > 0, "what wraps a connection is not gone around")
			_, err := io.CopyN(io.Discard, theirs, int64(took))
			require.NoError(t, err)
			require.NoError(t, ours.Close())
			require.Zero(t, w.write(p))
		})
	}
}
