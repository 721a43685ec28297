package codec_test

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/wire"
)

// A placer is the codec's end of a connection. It notes where it is asked to read to.
type placer struct {
	net.Conn

	mu     sync.Mutex
	places map[*byte]bool // guarded by mu: the beginnings of the slices given to Read
}

// Read notes p and passes it on.
func (c *placer) Read(p []byte) (int, error) {
	c.mu.Lock()
	c.places[&p[0]] = true
	c.mu.Unlock()
	return c.Conn.Read(p)
}

// TestInLargeIsNotCopied looks at where large bodies are read to: that is where they lie when they are delivered, once several have followed one another.
// Which ones are large is what SmallBody says.
func TestInLargeIsNotCopied(t *testing.T) {
	for set, largest := range map[int]int{0: 64 << 10, -1: 2<<10 - 1, 5000: 5000} {
		for _, before := range [][]byte{nil, []byte("topic")} {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				r.cfg.SmallBody = set
				end := &placer{places: map[*byte]bool{}}
				r.cfg.Open = func(ctx context.Context) (net.Conn, error) {
					conn, err := r.pipe(ctx)
					end.Conn = conn
					return end, err
				}
				var kept []wire.Message // written by the loop, read when it waits
				r.in.hook = func(msgs []wire.Message) error {
					kept = append(kept, msgs...)
					return nil
				}
				p := r.connected()
				for _, size := range []int{largest, largest + 1, largest + 1, largest + 1} {
					m := wire.MessageOf(body(size))
					if before != nil {
						m = m.Prepend(before)
					}
					p.sends(encoded(m))
					settle()
				}
				require.Len(t, kept, 4)
				for i, m := range kept {
					last := m.Frame(m.Len() - 1)
					require.Equal(t, body(len(last)), last)
					if i == 0 || i == 3 { // of the first large ones a part may have come with what was before
						require.Equal(t, i == 3, end.places[&last[0]], "set to %d, %d bytes", set, len(last))
					}
				}
			})
		}
	}
}
