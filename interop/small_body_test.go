package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestSmallBody sets the size up to which bodies are copied, so that each read ends where a large one begins: whatever libzmq sends, one message right behind
// the other, arrives whole, and what Weir sends does as well.
func TestSmallBody(t *testing.T) {
	overTable(t, only("PUSH", "PULL"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{weir: []socket.Option{socket.SmallBody(200), socket.MaxMsgSize(huge)}})
		s.join()
		for _, size := range []int{200, 201, 255, 256, 2047, 2048, 70_000, 32} { // of those up to 255 the header is short
			p.moves.many(s, 0, 200, size)
		}
		if p.receives {
			for _, form := range shapes {
				s.peer.order("send", waitMS, form.command)
			}
			for _, form := range shapes {
				require.Equal(t, words(form.message), words(s.recv()), form.name)
				s.peer.okay(s.ctx)
			}
			return
		}
		for _, form := range shapes {
			p.moves.one(s, form.command, form.message)
		}
	})
}
