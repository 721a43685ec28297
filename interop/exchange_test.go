package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// moves is how one type of socket gets messages across, in its own direction or in both. Implementations have no state.
type moves interface {
	// one moves one message, given in the words of a command, and checks that it arrives as m.
	one(s *scene, command string, m socket.Message)
	// many moves numbered messages of size bytes, from first on, and checks that they arrive in order, without a gap.
	many(s *scene, first, count, size int)
}

// weirSends: PUSH and PUB.
type weirSends struct{}

// one sends from Weir to the peer.
func (weirSends) one(s *scene, _ string, m socket.Message) {
	s.Helper()
	s.send(m)
	require.Equal(s, words(m), s.peer.do(s.ctx, "recv", waitMS))
}

// many sends from Weir to the peer.
func (weirSends) many(s *scene, first, count, size int) {
	s.Helper()
	s.peer.order("recvn", first, count, waitMS)
	for n := first; n < first+count; n++ {
		s.send(numbered(n, size))
	}
	s.peer.okay(s.ctx)
}

// weirReceives: PULL and SUB.
type weirReceives struct{}

// one sends from the peer to Weir.
func (weirReceives) one(s *scene, command string, m socket.Message) {
	s.Helper()
	s.peer.do(s.ctx, "send", waitMS, command)
	require.Equal(s, words(m), words(s.recv()))
}

// many sends from the peer to Weir.
func (weirReceives) many(s *scene, first, count, size int) {
	s.Helper()
	s.peer.order("sendn", first, count, size, waitMS)
	for n := first; n < first+count; n++ {
		wantNumber(s.T, n, size, s.recv())
	}
	s.peer.okay(s.ctx)
}

// weirAsks: REQ.
type weirAsks struct{}

// one sends a request from Weir, and the same back as its reply.
func (weirAsks) one(s *scene, command string, m socket.Message) {
	s.Helper()
	s.send(m)
	require.Equal(s, words(m), s.peer.do(s.ctx, "recv", waitMS), "the request")
	s.peer.do(s.ctx, "send", waitMS, command)
	require.Equal(s, words(m), words(s.recv()), "the reply")
}

// many makes as many round trips.
func (weirAsks) many(s *scene, first, count, size int) {
	s.Helper()
	s.peer.order("serve", count, waitMS)
	for n := first; n < first+count; n++ {
		s.send(numbered(n, size))
		wantNumber(s.T, n, size, s.recv())
	}
	s.peer.okay(s.ctx)
}

// weirAnswers: REP.
type weirAnswers struct{}

// one sends a request from the peer, and the same back as its reply.
func (weirAnswers) one(s *scene, command string, m socket.Message) {
	s.Helper()
	s.peer.do(s.ctx, "send", waitMS, command)
	request := s.recv()
	require.Equal(s, words(m), words(request), "the request")
	s.send(request)
	require.Equal(s, words(m), s.peer.do(s.ctx, "recv", waitMS), "the reply")
}

// many answers as many round trips.
func (weirAnswers) many(s *scene, first, count, size int) {
	s.Helper()
	s.peer.order("ask", first, count, size, waitMS)
	for n := first; n < first+count; n++ {
		m := s.recv()
		wantNumber(s.T, n, size, m)
		s.send(m)
	}
	s.peer.okay(s.ctx)
}

// weirTalks: DEALER, in both directions and in no turns.
type weirTalks struct{}

// one sends from Weir to the peer, and the same from the peer to Weir.
func (weirTalks) one(s *scene, command string, m socket.Message) {
	s.Helper()
	weirSends{}.one(s, command, m)
	weirReceives{}.one(s, command, m)
}

// many sends as many each way.
func (weirTalks) many(s *scene, first, count, size int) {
	s.Helper()
	weirSends{}.many(s, first, count, size)
	weirReceives{}.many(s, first, count, size)
}

// weirRoutes: ROUTER, beside a DEALER called zmq that speaks first.
type weirRoutes struct{}

// one sends from the peer to Weir, and the same back.
func (weirRoutes) one(s *scene, command string, m socket.Message) {
	s.Helper()
	s.peer.do(s.ctx, "send", waitMS, command)
	came := s.recv()
	require.Equal(s, plain("zmq")+" "+words(m), words(came))
	s.send(came)
	require.Equal(s, words(m), s.peer.do(s.ctx, "recv", waitMS))
}

// many sends as many from the peer to Weir, and each back. The peer does one after the other, so it is no more than a mark at a time.
func (weirRoutes) many(s *scene, first, count, size int) {
	s.Helper()
	for end := first + count; first < end; first += stint {
		run := min(stint, end-first)
		s.peer.order("sendn", first, run, size, waitMS)
		s.peer.order("recvn", first, run, waitMS)
		for n := first; n < first+run; n++ {
			m := s.recv()
			if string(m.Frame(0)) != "zmq" { // before testify, which is slow
				require.Equal(s, "zmq", string(m.Frame(0)))
			}
			wantNumber(s.T, n, size, m.Tail(1))
			s.send(m)
		}
		s.peer.okay(s.ctx)
		s.peer.okay(s.ctx)
	}
}

// wantNumber checks a numbered message. It comes before testify, which is slow when called 100,000 times.
func wantNumber(t *testing.T, n, size int, m socket.Message) {
	if numberOf(m) != n || m.Size() != size {
		t.Helper()
		require.FailNow(t, "wrong message", "want number %d in %d bytes, got number %d in %d bytes", n, size, numberOf(m), m.Size())
	}
}

// bothWays: PAIR.
type bothWays struct{}

// one sends from Weir to the peer and from the peer to Weir.
func (bothWays) one(s *scene, command string, m socket.Message) {
	s.Helper()
	weirSends{}.one(s, command, m)
	weirReceives{}.one(s, command, m)
}

// many sends each way.
func (bothWays) many(s *scene, first, count, size int) {
	s.Helper()
	weirSends{}.many(s, first, count, size)
	weirReceives{}.many(s, first, count, size)
}
