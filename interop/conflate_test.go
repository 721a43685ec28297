package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestConflated sends numbered messages to a side that keeps the newest: they arrive rising, and the last of them arrives.
func TestConflated(t *testing.T) {
	const count = 500
	overTable(t, only("PUSH", "PULL", "PUB", "SUB"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{
			keepsNone: true, weir: []socket.Option{socket.Conflate(true)}, peer: []string{"conflate=1"},
		})
		s.join()
		if p.sends {
			s.peer.order("drain", count-1, waitMS)
			for n := range count {
				s.send(numbered(n, 20))
			}
			s.peer.okay(s.ctx)
			return
		}
		s.peer.order("sendn", 0, count, 20, waitMS)
		last := -1
		for last < count-1 {
			n := numberOf(s.recv())
			require.Greater(t, n, last)
			last = n
		}
		s.peer.okay(s.ctx)
	})
}
