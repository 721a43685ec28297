package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// stint is how many messages restart cases move between two incidents.
const stint = 1000

// TestPeerKilled kills libzmq's process and starts another in its place, twice: Weir's socket notices, the two meet again, and messages move as before.
func TestPeerKilled(t *testing.T) {
	overWide(t, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		p.moves.many(s, 0, stint, 20)
		for life := 1; life <= 2; life++ {
			s.killPeer(life)
			s.openPeer()
			s.placePeer()
			s.meet()
			p.moves.many(s, life*stint, stint, 20)
		}
		require.Len(t, s.events.of(socket.EventDisconnected), 2)
		require.Empty(t, s.events.of(socket.EventEnded), "a lost connection is no reason to give up")
	})
}

// killPeer kills libzmq's process, and waits until Weir's side has lost its connection for the nth time.
func (s *scene) killPeer(n int) {
	s.Helper()
	s.peer.kill()
	lost := s.events.waitKind(s.ctx, s.T, n, socket.EventDisconnected)
	require.Error(s, lost.Err, "the event has the reason")
	require.NotEmpty(s, lost.Peer, "the event names the peer")
}

// TestWeirClosed closes Weir's socket and opens another in its place, twice: libzmq's notices, the two meet again, and messages move as before.
func TestWeirClosed(t *testing.T) {
	overWide(t, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		p.moves.many(s, 0, stint, 20)
		for life := 1; life <= 2; life++ {
			s.reopenWeir(life)
			p.moves.many(s, life*stint, stint, 20)
		}
	})
}

// reopenWeir closes Weir's socket for the nth time, waits until libzmq's has noticed, and opens another at the same endpoint.
func (s *scene) reopenWeir(n int) {
	s.Helper()
	s.closeWeir()
	s.peer.do(s.ctx, "wait", "DISCONNECTED", n, waitMS)
	s.peer.part(s.ctx)
	s.openWeir()
	s.placeWeir()
	s.meet()
}

// TestNobodyThereYet connects long before anybody binds: the connecting side tries until it gets there.
func TestNobodyThereYet(t *testing.T) {
	overWide(t, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join() // to know an endpoint that can be bound again
		if p.weirBinds {
			s.closeWeir()
			s.peer.kill()
			s.openPeer()
			s.placePeer()
			s.openWeir()
			s.placeWeir()
		} else {
			s.killPeer(1)
			s.closeWeir()
			s.openWeir()
			s.placeWeir()
			s.events.waitKind(s.ctx, t, 2, socket.EventConnectFailed)
			s.openPeer()
			s.placePeer()
		}
		s.meet()
		p.moves.many(s, 0, stint, 20)
	})
}
