package interop

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestOwnHeartbeat lets Weir send PINGs over an idle connection for longer than it waits for an answer: libzmq answers, so the connection stays, and
// what it took to answer is known.
func TestOwnHeartbeat(t *testing.T) {
	overPatterns(t, beating, every, func(t *testing.T, of []pairing) {
		all := lineUps(t, of, pong, always(beats))
		outlive(t, all, longerThanTimeout)
		eachOf(t, all, func(l lined) { require.Positive(t, l.weir.Stats().Peers[0].RTT) })
	})
}

// TestFrozenPeer stops libzmq in its tracks, as a machine that has gone would: Weir notices, by its own time and by the one that libzmq announced.
// When libzmq goes on it is a peer again, whoever connects. (Not a PAIR: libzmq's turns away who comes before it has taken note of the end.)
func TestFrozenPeer(t *testing.T) {
	asking := setup{weir: []socket.Option{socket.HeartbeatInterval(200 * time.Millisecond), socket.HeartbeatTimeout(2 * time.Second)}}
	asked := setup{peer: []string{"heartbeat=100", "ttl=2000", "timeout=60000"}}
	overPatterns(t, beating, crowds, func(t *testing.T, of []pairing) {
		all := lineUps(t, of, pinged, always(asking, asked))
		eachOf(t, all, func(l lined) {
			l.line.await(l.ctx, t, 1) // its TTL is on its way
			l.peer.signal(syscall.SIGSTOP)
		})
		eachOf(t, all, func(l lined) {
			require.ErrorIs(t, l.parted(), socket.ErrHeartbeatTimeout)
			l.peer.signal(syscall.SIGCONT)
			l.meet()
			l.pair.moves.many(l.scene, 50, 50, 20)
		})
	})
}
