package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestPairTurnsAway brings a second PAIR of libzmq's to one of Weir's that has its peer: it is disconnected behind its handshake, and the first goes on.
// When the first is gone, the next one has its place.
func TestPairTurnsAway(t *testing.T) {
	overTable(t, only("PAIR"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{peer: []string{"reconnect=-1"}})
		s.join()
		p.moves.many(s, 0, 5, 20)
		held, at := s.ours, s.endpoint
		first := s.anotherPeer()
		refused := s.events.waitKind(s.ctx, t, 1, socket.EventDisconnected)
		require.ErrorIs(t, refused.Err, socket.ErrTaken)
		s.peer.do(s.ctx, "wait", "HANDSHAKE", 1, waitMS)
		s.peer.do(s.ctx, "wait", "DISCONNECTED", 1, waitMS)
		if !p.weirBinds {
			require.NoError(t, s.ours.Close(s.ctx)) // it would try again and again
		}
		s.peer, s.ours, s.endpoint = first, held, at
		p.moves.many(s, 5, 50, 20)
		s.peer.kill()
		s.setup.peer = nil // the next one may come too early
		s.openPeer()
		s.placePeer()
		s.meet()
		p.moves.many(s, 55, 50, 20)
	})
}

// TestPeerPairTurnsAway brings a second PAIR of Weir's to one of libzmq's that has its peer: the first goes on. The second hears nothing of it: where it
// connects, libzmq leaves the connection open, unread, and where libzmq connects it makes none that lasts.
func TestPeerPairTurnsAway(t *testing.T) {
	overTable(t, only("PAIR"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{weir: []socket.Option{socket.Linger(0)}})
		s.join()
		p.moves.many(s, 0, 5, 20)
		first := s.anotherWeir()
		if !p.weirBinds {
			s.meet()
			s.says("from the second")
		}
		s.weir = first
		p.moves.many(s, 5, 50, 20)
		s.peer.do(s.ctx, "idle", 1)
		_, err := s.receiver().TryRecv()
		require.ErrorIs(t, err, socket.ErrWouldBlock)
	})
}
