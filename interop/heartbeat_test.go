package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestHeartbeat lets libzmq send PINGs over an idle connection for longer than it waits for an answer: Weir answers, so the connection stays. One cell a
// type will do: PINGs are the same everywhere, and each case takes its time.
func TestHeartbeat(t *testing.T) {
	overTable(t, every.tcp().binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{peer: []string{"heartbeat=50", "timeout=1000"}})
		s.join()
		p.moves.many(s, 0, 50, 20)
		s.peer.do(s.ctx, "idle", 1500)
		p.moves.many(s, 50, 50, 20)
		require.Empty(t, s.events.of(socket.EventDisconnected))
	})
}
