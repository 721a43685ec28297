package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// overNames runs a case for one pairing over all transports, with one side binding or both, before anything is placed.
func overNames(t *testing.T, k *kind, picked pick, with setup, f func(s *scene)) {
	overKinds(t, []*kind{k}, picked, func(t *testing.T, p pairing) { f(newScene(begin(t, libzmq), t, p, with)) })
}

// TestConnectRoutingID has each side's ROUTER name whom it connects to: it can send under that name before anybody is there, and hears from them under
// it, whatever they call themselves.
func TestConnectRoutingID(t *testing.T) {
	mandatory := []socket.Option{socket.RouterMandatory(true), socket.RoutingID("weir")}
	for _, other := range []string{"DEALER", "ROUTER"} {
		overNames(t, routed("ROUTER", other), every.dialing(), setup{weir: mandatory, peer: []string{"id=zmq"}}, func(s *scene) {
			s.placePeer()
			ep, err := s.weir.Connect(s.ctx, s.endpoint, socket.ConnectRoutingID("you"))
			require.NoError(s, err)
			require.Equal(s, "you", ep.RoutingID())
			head := map[string][]string{"ROUTER": {"weir"}}[other]
			s.says("you", "early")
			s.peerWants(append(head, "early")...)
			s.peerSays(append(head, "hello")...)
			s.wants("you", "hello")
			require.ErrorIs(s, s.sender().TrySend(socket.NewMessage("zmq", "x")), socket.ErrUnroutable, "its own name does not count")
		})
		overNames(t, routed(other, "ROUTER"), every.binding(), setup{
			weir: []socket.Option{socket.RoutingID("weir")}, peer: []string{"id=zmq", "mandatory=1"},
		}, func(s *scene) {
			s.placeWeir()
			s.peer.do(s.ctx, "name", plain("you"))
			s.placePeer()
			head := map[string][]string{"ROUTER": {"zmq"}}[other]
			s.peerSays("you", "early")
			s.wants(append(head, "early")...)
			s.says(append(head, "hello")...)
			s.peerWants("you", "hello")
		})
	}
}

// TestStreamConnectRoutingID has each side's STREAM name the connection that it makes.
func TestStreamConnectRoutingID(t *testing.T) {
	overNames(t, routed("STREAM", "STREAM"), every.tcp(), setup{}, func(s *scene) {
		if s.pair.weirBinds {
			s.placeWeir()
			s.peer.do(s.ctx, "name", plain("you"))
			s.placePeer()
		} else {
			s.placePeer()
			_, err := s.weir.Connect(s.ctx, s.endpoint, socket.ConnectRoutingID("you"))
			require.NoError(s, err)
		}
		ours := s.event(socket.StreamUp).ID
		theirs, notice := s.peerChunk()
		require.Empty(s, notice)
		require.Contains(s, []string{ours, theirs}, "you")
		require.NoError(s, s.stream().Write(s.ctx, ours, []byte("hello")))
		id, data := s.peerChunk()
		require.Equal(s, theirs+"hello", id+data)
		s.peerSays(theirs, "hello yourself")
		e := s.event(socket.StreamData)
		require.Equal(s, ours+"hello yourself", e.ID+string(e.Data))
	})
}

// TestRouterSameName brings a second DEALER of libzmq's with the name of the first to a ROUTER of Weir's that does not hand over: the first goes on
// undisturbed, the second waits, with what it has said, and has the name when the first is gone. (libzmq's waits for ever.)
func TestRouterSameName(t *testing.T) {
	overRouted(t, routed("ROUTER", "DEALER"), setup{weir: []socket.Option{socket.RouterMandatory(true)}, peer: []string{"id=zmq"}}, func(s *scene) {
		held := s.ours
		first := s.anotherPeer()
		s.meet()
		s.peerSays("from the second")
		first.do(s.ctx, "send", waitMS, plain("from the first"))
		s.wants("zmq", "from the first")
		s.says("zmq", "to the first")
		require.Equal(s, plain("to the first"), first.do(s.ctx, "recv", waitMS))
		if s.pair.weirBinds {
			first.kill()
		} else {
			require.NoError(s, held.Close(s.ctx)) // a connected endpoint keeps its name through a loss
		}
		s.wants("zmq", "from the second")
		s.says("zmq", "to the second")
		s.peerWants("to the second")
	})
}

// TestRouterTakesOver brings a second DEALER of libzmq's with the name of the first, which is alive, to a ROUTER of Weir's that hands over: the second
// has the name, and the first is disconnected.
func TestRouterTakesOver(t *testing.T) {
	overRouted(t, routed("ROUTER", "DEALER"), setup{
		weir: []socket.Option{socket.RouterHandover(true)}, peer: []string{"id=zmq", "reconnect=-1"},
	}, func(s *scene) {
		first := s.anotherPeer()
		s.meet()
		first.do(s.ctx, "wait", "DISCONNECTED", 1, waitMS)
		s.says("zmq", "to the second")
		s.peerWants("to the second")
		s.peerSays("from the second")
		s.wants("zmq", "from the second")
	})
}

// TestPeerRouterSameName brings a second DEALER of Weir's with the name of the first to a ROUTER of libzmq's that does not hand over: libzmq reads
// nothing of the second, and the first goes on undisturbed.
func TestPeerRouterSameName(t *testing.T) {
	overRouted(t, routed("DEALER", "ROUTER"), setup{weir: []socket.Option{socket.RoutingID("weir"), socket.Linger(0)}, peer: []string{"mandatory=1"}},
		func(s *scene) {
			first := s.anotherWeir().(*socket.Dealer)
			s.meet()
			s.says("from the second")
			require.NoError(s, first.Send(s.ctx, socket.NewMessage("from the first")))
			s.peerWants("weir", "from the first")
			s.peerSays("weir", "to the first")
			m, err := first.Recv(s.ctx)
			require.NoError(s, err)
			require.Equal(s, "to the first", m.String())
			s.peer.do(s.ctx, "idle", 1)
			require.Empty(s, s.events.of(socket.EventDisconnected))
		})
}

// TestPeerRouterTakesOver brings a second DEALER of Weir's with the name of the first to a ROUTER of libzmq's that hands over: the second has the name.
// The first hears nothing of it: libzmq leaves its connection open, unread.
func TestPeerRouterTakesOver(t *testing.T) {
	overRouted(t, routed("DEALER", "ROUTER"), setup{
		weir: []socket.Option{socket.RoutingID("weir"), socket.Linger(0)}, peer: []string{"handover=1", "mandatory=1"},
	}, func(s *scene) {
		first := s.anotherWeir()
		s.meet()
		s.says("from the second")
		s.peerWants("weir", "from the second")
		require.NoError(s, first.(socket.Sender).Send(s.ctx, socket.NewMessage("from the first")))
		s.peerSays("weir", "to the second")
		s.wants("to the second")
		s.says("from the second again")
		s.peerWants("weir", "from the second again")
		require.Empty(s, s.events.of(socket.EventDisconnected))
	})
}
