package interop

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestServerDiesBeforeRequest sends a request while libzmq's REP is dead and Weir's REQ knows it: the next REP gets it, and its reply arrives.
func TestServerDiesBeforeRequest(t *testing.T) {
	overTable(t, only("REQ"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		p.moves.many(s, 0, 10, 20)
		s.killPeer(1)
		sent := make(chan error, 1)
		go func() { sent <- s.sender().Send(s.ctx, numbered(77, 20)) }() // a bound REQ waits here for the next peer
		s.openPeer()
		s.placePeer()
		s.peer.do(s.ctx, "serve", 1, waitMS)
		require.NoError(t, <-sent)
		wantNumber(t, 77, 20, s.recv())
		p.moves.many(s, 100, 10, 20)
	})
}

// TestServerDiesWithRequest kills libzmq's REP while it has Weir's request. Nobody will answer it, and the REQ says so by waiting: out of turn it may
// not send, and its Recv ends with its ctx. (libzmq's REQ does the same without ZMQ_REQ_RELAXED.)
func TestServerDiesWithRequest(t *testing.T) {
	overTable(t, only("REQ"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		s.send(numbered(1, 20))
		s.peer.do(s.ctx, "recv", waitMS)
		s.killPeer(1)
		require.ErrorIs(t, s.sender().Send(s.ctx, numbered(2, 20)), socket.ErrBadState)
		_, err := s.receiver().TryRecv()
		require.ErrorIs(t, err, socket.ErrWouldBlock)
		over, cancel := context.WithCancel(s.ctx)
		cancel()
		_, err = s.receiver().Recv(over)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// TestAskerDiesWithRequest kills libzmq's REQ after Weir's REP has its request: the reply goes nowhere and is counted, and the next REQ is served. (An
// endpoint that Weir dialed has a queue that outlives its connections, as in libzmq: there the reply waits for whoever is next.)
func TestAskerDiesWithRequest(t *testing.T) {
	overTable(t, only("REP").binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		s.peer.do(s.ctx, "send", waitMS, plain("who answers?"))
		request := s.recv()
		s.killPeer(1)
		s.send(request)
		require.EqualValues(t, 1, s.weir.Stats().Out.Dropped[socket.ReasonNoPeer])
		s.openPeer()
		s.placePeer()
		s.meet()
		p.moves.many(s, 0, stint, 20)
	})
}

// TestAskerClosesWithRequest closes Weir's REQ after libzmq's REP has its request: the reply goes nowhere, and the next REQ gets its own. (A libzmq
// REP that connects keeps the reply for whoever is there next; without request numbers nobody can tell it from his own.)
func TestAskerClosesWithRequest(t *testing.T) {
	overTable(t, only("REQ").dialing(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		s.send(numbered(1, 20))
		s.peer.do(s.ctx, "recv", waitMS)
		s.closeWeir()
		s.peer.do(s.ctx, "send", waitMS, plain("nobody reads this"))
		s.openWeir()
		s.placeWeir()
		s.meet()
		p.moves.many(s, 100, stint, 20)
	})
}

// TestServerAwayAtRequest asks with libzmq's REQ, which connects, while Weir's REP is closed: the next REP finds the request and answers it.
func TestServerAwayAtRequest(t *testing.T) {
	overTable(t, only("REP").binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		p.moves.many(s, 0, 10, 20)
		s.closeWeir()
		s.peer.do(s.ctx, "wait", "DISCONNECTED", 1, waitMS)
		s.peer.order("ask", 100, 10, 20, waitMS)
		s.openWeir()
		s.placeWeir()
		for n := 100; n < 110; n++ {
			m := s.recv()
			wantNumber(t, n, 20, m)
			s.send(m)
		}
		s.peer.okay(s.ctx)
	})
}
