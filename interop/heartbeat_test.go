package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// longerThanTimeout is how many heartbeats of 50 ms each take longer than the second in which one must be answered.
const longerThanTimeout = 30

// TestHeartbeat lets libzmq send PINGs over an idle connection for longer than it waits for an answer: Weir answers, so the connection stays. One cell a
// type will do: PINGs are the same everywhere, and each case takes its time.
func TestHeartbeat(t *testing.T) {
	overTable(t, every.tcp().binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{peer: []string{"heartbeat=50", "timeout=1000"}})
		r := s.joinThroughRelay()
		p.moves.many(s, 0, 50, 20)
		r.await(s.ctx, t, longerThanTimeout)
		p.moves.many(s, 50, 50, 20)
		require.Empty(t, s.events.of(socket.EventDisconnected))
	})
}
