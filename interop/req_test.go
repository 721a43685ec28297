package interop

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
	"golang.org/x/sync/errgroup"
)

// TestNumbers wants each side's REQ to put a number before its request, and the other side's ROUTER to find it there and send it back.
func TestNumbers(t *testing.T) {
	overRouted(t, routed("REQ", "ROUTER"), setup{weir: []socket.Option{socket.RoutingID("weir"), socket.ReqCorrelate(true)}}, func(s *scene) {
		s.says("question")
		request := s.peer.do(s.ctx, "recv", waitMS)
		require.Regexp(s, "^"+plain("weir")+` \S+ - `+plain("question")+"$", request)
		s.peerSays("weir", "abcd", "", "wrong number")
		s.peerSays("weir", "", "no number")
		s.peer.do(s.ctx, "send", waitMS, request)
		s.wants("question")
	})
	overRouted(t, routed("ROUTER", "REQ"), setup{peer: []string{"id=zmq", "correlate=1"}}, func(s *scene) {
		s.peerSays("question")
		m := s.recv()
		require.Equal(s, texts("", "question"), words(m.Tail(2)))
		s.says("zmq", "abcd", "", "wrong number")
		s.send(m)
		s.peerWants("question")
	})
}

// TestRelaxed has Weir's REQ ask again before libzmq's REP has answered: the second answer is the one that counts.
func TestRelaxed(t *testing.T) {
	overRouted(t, routed("REQ", "REP"), setup{weir: []socket.Option{socket.ReqCorrelate(true), socket.ReqRelaxed(true)}}, func(s *scene) {
		s.says("one")
		s.says("two")
		s.peer.do(s.ctx, "serve", 2, waitMS)
		s.wants("two")
	})
	overRouted(t, routed("REP", "REQ"), setup{peer: []string{"correlate=1", "relaxed=1"}}, func(s *scene) {
		s.peerSays("one")
		s.peerSays("two")
		for range 2 {
			s.send(s.recv())
		}
		s.peerWants("two")
	})
}

// relaxed are REQ_RELAXED without REQ_CORRELATE, on both sides.
var relaxed = setup{weir: []socket.Option{socket.ReqRelaxed(true)}, peer: []string{"relaxed=1"}}

// TestRelaxedAlone has a REQ ask again before it is answered, and without numbers: the answer to the first question passes for that to the second.
func TestRelaxedAlone(t *testing.T) {
	overRouted(t, routed("REQ", "REP"), setup{weir: relaxed.weir}, func(s *scene) {
		s.says("one")
		s.says("two")
		s.peer.do(s.ctx, "serve", 2, waitMS)
		s.wants("one")
	})
	overRouted(t, routed("REP", "REQ"), setup{peer: relaxed.peer}, func(s *scene) {
		s.peerSays("one")
		s.peerSays("two")
		for range 2 {
			s.send(s.recv())
		}
		s.peerWants("one")
	})
}

// TestRelaxedAsksAnother has the second question go to another REP: the answer to the first counts no more, whether it comes before the second or behind it.
func TestRelaxedAsksAnother(t *testing.T) {
	overRouted(t, routed("REQ", "REP"), setup{weir: relaxed.weir}, func(s *scene) {
		first := s.anotherPeer()
		s.meet()
		require.NoError(s, s.weir.WaitPeers(s.ctx, 2))
		s.says("one")
		require.Equal(s, plain("one"), first.do(s.ctx, "recv", waitMS))
		s.says("two")
		s.peerWants("two")
		first.do(s.ctx, "send", waitMS, plain("late"))
		s.peerSays("in time")
		s.wants("in time")
	})
	overRouted(t, routed("REP", "REQ"), setup{peer: relaxed.peer}, func(s *scene) {
		first := s.anotherWeir().(*socket.Rep)
		s.meet()
		s.peerSays("one")
		_, err := first.Recv(s.ctx)
		require.NoError(s, err)
		s.peerSays("two")
		s.wants("two")
		require.NoError(s, first.Send(s.ctx, socket.NewMessage("late")))
		s.says("in time")
		s.peerWants("in time")
	})
}

// TestMalformedReply has libzmq's ROUTER send what is no reply: Weir's REQ ends the connection, and the endpoint where it connected. libzmq's REQ does
// the same to a ROUTER of Weir's.
func TestMalformedReply(t *testing.T) {
	overRouted(t, routed("REQ", "ROUTER"), setup{weir: []socket.Option{socket.RoutingID("weir")}}, func(s *scene) {
		s.says("question")
		s.peerWants("weir", "", "question")
		s.peerSays("weir", "no delimiter")
		lost := s.events.waitKind(s.ctx, s.T, 1, socket.EventDisconnected)
		var breach *socket.ProtocolError
		require.ErrorAs(s, lost.Err, &breach)
		if !s.pair.weirBinds {
			s.events.waitKind(s.ctx, s.T, 1, socket.EventEnded)
		}
	})
	overRouted(t, routed("ROUTER", "REQ"), setup{peer: []string{"id=zmq"}}, func(s *scene) {
		s.peerSays("question")
		s.wants("zmq", "", "question")
		s.says("zmq", "no delimiter")
		s.events.waitKind(s.ctx, s.T, 1, socket.EventDisconnected)
		if !s.pair.weirBinds {
			s.meet()
		}
	})
}

// TestDo has many goroutines ask libzmq's REP over one REQ of Weir's.
func TestDo(t *testing.T) {
	const callers, each = 8, 100
	overRouted(t, routed("REQ", "REP"), setup{}, func(s *scene) {
		s.peer.order("serve", callers*each, waitMS)
		req := s.weir.(*socket.Req)
		var g errgroup.Group
		for c := range callers {
			g.Go(func() error {
				for i := range each {
					m, err := req.Do(s.ctx, numbered(c*each+i, 20))
					if err != nil {
						return err
					}
					if numberOf(m) != c*each+i {
						return fmt.Errorf("reply %d to request %d", numberOf(m), c*each+i)
					}
				}
				return nil
			})
		}
		require.NoError(s, g.Wait())
		s.peer.okay(s.ctx)
	})
}
