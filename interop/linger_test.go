package interop

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// A linger is how long a socket of either side lingers when it is closed with messages for somebody who is not there yet, and whether he gets them: one
// row of the table, for some types.
type linger struct {
	name  string
	weir  time.Duration
	peer  string
	keeps bool
	types pick
}

// lingers is the table.
var lingers = []linger{
	{"long enough", caseTime, "linger=60000", true, every},
	{"too short", 30 * time.Millisecond, "linger=30", false, only("PUSH", "PULL")},
	{"none", 0, "linger=0", false, every},
}

const (
	lateCount  = 100   // messages for who comes late
	slowCount  = 100   // and for who is there and does not read
	slowSize   = 10000 // bytes of each of these: more of them than the kernel takes
	slowBuffer = 65536 // bytes of the kernel's buffers
)

// late is how many messages the case's type sends to who is not there: a REQ has one request at a time.
func (s *scene) late() int {
	if s.pair.weir == "REQ" || s.pair.weir == "REP" {
		return 1
	}
	return lateCount
}

// hungUpOn has somebody at the scene's endpoint hang up on the next n who come, before a word is said. Then nobody is there any more.
func (s *scene) hungUpOn(l net.Listener, n int) {
	s.Helper()
	defer context.AfterFunc(s.ctx, func() { _ = l.Close() })()
	for range n {
		conn, err := l.Accept()
		require.NoError(s, err)
		require.NoError(s, conn.Close())
	}
	starting.RLock() // see closeWeir
	defer starting.RUnlock()
	require.NoError(s, l.Close())
}

// overLingers runs a case for each linger, with an endpoint that somebody else holds yet.
func overLingers(t *testing.T, picked pick, f func(s *scene, l linger, held net.Listener)) {
	for _, l := range lingers {
		t.Run(l.name, func(t *testing.T) {
			overTable(t, func(p pairing) bool { return picked(p) && l.types(p) }, func(t *testing.T, p pairing) {
				s := newScene(begin(t, libzmq), t, p, setup{weir: []socket.Option{socket.Linger(l.weir)}, peer: []string{l.peer}})
				var held net.Listener
				held, s.endpoint = listen(s.ctx, t, p.place)
				f(s, l, held)
			})
		})
	}
}

// TestLingerForALatePeer closes Weir's socket with messages for a socket of libzmq's that is not there. While it lingers it tries to get there, and who
// comes in time has them all; after that they are gone, and Close says how many. Of the types that queue for whoever is not there yet.
func TestLingerForALatePeer(t *testing.T) {
	overLingers(t, only("PUSH", "DEALER", "PAIR", "REQ").dialing(), func(s *scene, l linger, held net.Listener) {
		s.placeWeir()
		for n := range s.late() {
			s.send(numbered(n, 20))
		}
		closed := make(chan error, 1)
		go func() { closed <- s.weir.Close(s.ctx) }()
		if l.keeps {
			s.hungUpOn(held, 3)
			s.placePeer()
			s.peer.do(s.ctx, "recvn", 0, s.late(), waitMS)
			require.NoError(s, <-closed)
			require.EqualValues(s, s.late(), s.weir.Stats().Out.Delivered)
			return
		}
		var unsent *socket.UnsentError
		require.ErrorAs(s, <-closed, &unsent)
		require.Equal(s, s.late(), unsent.Messages())
		s.hungUpOn(held, 0)
		s.openWeir()
		s.placePeer()
		s.placeWeir()
		s.meet()
		s.pair.moves.many(s, s.late(), 5, 20)
	})
}

// TestLingerForALateWeir is the same with libzmq's socket as the one that is closed.
func TestLingerForALateWeir(t *testing.T) {
	overLingers(t, only("PULL", "DEALER", "PAIR", "REP").binding(), func(s *scene, l linger, held net.Listener) {
		s.placePeer()
		s.peer.do(s.ctx, "sendn", 0, s.late(), 20, waitMS)
		s.peer.order("quit")
		if l.keeps {
			s.hungUpOn(held, 3)
			s.placeWeir()
			for n := range s.late() {
				wantNumber(s.T, n, 20, s.recv())
			}
			s.peer.gone(s.ctx)
			return
		}
		s.peer.gone(s.ctx)
		s.hungUpOn(held, 0)
		s.openPeer()
		s.placeWeir()
		s.placePeer()
		s.meet()
		s.pair.moves.many(s, s.late(), 5, 20)
	})
}

// slowPeer has Weir's socket send more messages than the kernel takes to one of libzmq's that does not read.
func slowPeer(t *testing.T, p pairing, linger time.Duration) *scene {
	t.Helper()
	s := newScene(begin(t, libzmq), t, p, setup{
		weir: []socket.Option{socket.SendHWM(0), socket.SendBuffer(slowBuffer), socket.Linger(linger)}, peer: []string{"rcvhwm=10", "rcvbuf=65536"},
	})
	s.join()
	for n := range slowCount {
		s.send(s.named(numbered(n, slowSize)))
	}
	require.Positive(t, s.weir.Stats().Out.Queued)
	return s
}

// slowWeir is the same with libzmq's socket, which would linger for ever, as the one that sends.
func slowWeir(t *testing.T, p pairing) *scene {
	t.Helper()
	s := newScene(begin(t, libzmq), t, p, setup{
		weir: []socket.Option{socket.RecvHWM(10), socket.RecvBuffer(slowBuffer)}, peer: []string{"sndhwm=0", "sndbuf=65536", "linger=-1"},
	})
	s.join()
	s.peer.do(s.ctx, "sendn", 0, slowCount, slowSize, waitMS)
	return s
}

// TestLingerForASlowPeer closes Weir's socket with more messages for a socket of libzmq's than the kernel takes while that does not read: it gets them all.
func TestLingerForASlowPeer(t *testing.T) {
	overWide(t, only("PUSH", "PUB", "XPUB", "DEALER", "PAIR", "ROUTER"), func(t *testing.T, p pairing) {
		s := slowPeer(t, p, caseTime)
		closed := make(chan error, 1)
		go func() { closed <- s.weir.Close(s.ctx) }()
		s.peer.do(s.ctx, "recvn", 0, slowCount, waitMS)
		require.NoError(t, <-closed)
		require.EqualValues(t, slowCount, s.weir.Stats().Out.Delivered)
	})
}

// TestLingerForASlowWeir is the same with libzmq's socket as the one that is closed.
func TestLingerForASlowWeir(t *testing.T) {
	overWide(t, only("PULL", "SUB", "XSUB", "DEALER", "PAIR", "ROUTER"), func(t *testing.T, p pairing) {
		s := slowWeir(t, p)
		s.peer.order("quit")
		for n := range slowCount {
			wantNumber(t, n, slowSize, s.unnamed(s.recv()))
		}
		s.peer.gone(s.ctx)
	})
}
