package interop

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestHostileListener lets a socket of Weir's connect to an attacker beside a libzmq peer. A breach of the protocol ends that endpoint for good; a
// connection that just fails is tried again; the libzmq peer notices nothing of either.
func TestHostileListener(t *testing.T) {
	overAttacks(t, crowds.tcp().binding(), func(t *testing.T, p pairing, a attack) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		p.moves.many(s, 0, 5, 20)
		s.hurry()
		endpoint := newAttacker(t, a, p)
		ep, err := s.weir.Connect(s.ctx, endpoint)
		require.NoError(t, err)
		ofAttack := func(kind socket.EventKind) func(socket.Event) bool {
			return func(e socket.Event) bool { return e.Kind == kind && e.Endpoint == endpoint }
		}
		wantReason(t, s.events.wait(s.ctx, t, 1, func(e socket.Event) bool { return isLoss(e) && e.Endpoint == endpoint }), a)
		if a.breach {
			s.events.wait(s.ctx, t, 1, ofAttack(socket.EventEnded))
			retried, _ := s.events.look(ofAttack(socket.EventRetried))
			require.Empty(t, retried, "a breach of the protocol is not tried again")
		} else {
			s.events.wait(s.ctx, t, 2, ofAttack(socket.EventRetried))
			require.NoError(t, ep.Close(s.ctx))
		}
		p.moves.many(s, 5, 50, 20)
		require.Equal(t, "1", s.peer.do(s.ctx, "wait", "HANDSHAKE", 1, waitMS), "libzmq has not had to come back")
	})
}

// An attacker attacks whoever connects to it.
type attacker struct {
	listener net.Listener
	done     chan struct{} // closed when attackLoop has ended

	mu     sync.Mutex
	open   []*rawPeer // guarded by mu
	closed bool       // guarded by mu
}

// newAttacker listens and attacks until the test ends.
func newAttacker(t *testing.T, a attack, p pairing) (endpoint string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	x := &attacker{listener: l, done: make(chan struct{})}
	go x.attackLoop(a, p)
	t.Cleanup(x.end)
	return "tcp://" + l.Addr().String()
}

// attackLoop attacks one connection after the other. end joins it.
func (x *attacker) attackLoop(a attack, p pairing) {
	defer close(x.done)
	for {
		conn, err := x.listener.Accept()
		if err != nil {
			return
		}
		raw := newRawPeer(conn)
		x.keep(raw)
		a.run(raw, p)
	}
}

// keep notes a connection to be ended, or ends it at once where the attacker has ended.
func (x *attacker) keep(raw *rawPeer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open = append(x.open, raw)
	if x.closed {
		raw.end()
	}
}

// end ends the attacker and its connections.
func (x *attacker) end() {
	_ = x.listener.Close() // nothing is lost with it
	x.mu.Lock()
	x.closed = true
	for _, raw := range x.open {
		raw.end()
	}
	x.mu.Unlock()
	<-x.done
}
