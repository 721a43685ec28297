package interop

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestOwnHeartbeat lets Weir send PINGs over an idle connection for longer than it waits for an answer: libzmq answers, so the connection stays, and
// what it took to answer is known. One cell a type, as there.
func TestOwnHeartbeat(t *testing.T) {
	opts := []socket.Option{
		socket.HeartbeatInterval(50 * time.Millisecond), socket.HeartbeatTimeout(time.Second), socket.HeartbeatTTL(time.Second),
	}
	overWide(t, every.tcp().binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{weir: opts})
		r := s.joinThroughRelay()
		p.moves.many(s, 0, 50, 20)
		r.await(s.ctx, t, longerThanTimeout)
		p.moves.many(s, 50, 50, 20)
		require.Empty(t, s.events.of(socket.EventDisconnected))
		require.Positive(t, s.weir.Stats().Peers[0].RTT)
	})
}

// TestFrozenPeer stops libzmq in its tracks, as a machine that has gone would: Weir notices, by its own time and by the one that libzmq announced.
// When libzmq goes on it is a peer again, whoever connects.
func TestFrozenPeer(t *testing.T) {
	for name, with := range map[string]setup{
		"timeout": {weir: []socket.Option{socket.HeartbeatInterval(200 * time.Millisecond), socket.HeartbeatTimeout(time.Second)}},
		"its TTL": {peer: []string{"heartbeat=100", "ttl=1000", "timeout=60000"}},
	} {
		t.Run(name, func(t *testing.T) {
			overTable(t, only("PUSH", "DEALER"), func(t *testing.T, p pairing) {
				s := newScene(begin(t, libzmq), t, p, with)
				s.join()
				p.moves.many(s, 0, 50, 20)
				if with.peer != nil {
					s.peer.do(s.ctx, "idle", 150) // one PING has come
				}
				s.peer.signal(syscall.SIGSTOP)
				lost := s.events.waitKind(s.ctx, t, 1, socket.EventDisconnected)
				require.ErrorIs(t, lost.Err, socket.ErrHeartbeatTimeout)
				s.peer.signal(syscall.SIGCONT)
				s.meet()
				p.moves.many(s, 50, 50, 20)
			})
		})
	}
}
