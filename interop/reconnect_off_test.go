package interop

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// reconnectOffs are the values of RECONNECT_IVL that mean never.
var reconnectOffs = []int{-1, 0}

// reconnectOff is a setup in which neither side tries again.
func reconnectOff(value int) setup {
	return setup{weir: []socket.Option{socket.ReconnectInterval(time.Duration(value))}, peer: []string{fmt.Sprint("reconnect=", value)}}
}

// TestNoReconnect ends the connection of a socket that is not to reconnect, and puts another on the other side: whoever connected does not come back, and
// a connection that is made anew is as good as the first. What -1 does, 0 does too: a dialer does not know whose it is, so three types will do for that.
func TestNoReconnect(t *testing.T) {
	for _, value := range reconnectOffs {
		picked := every
		if value == 0 {
			picked = only("PUSH", "SUB", "DEALER")
		}
		t.Run(fmt.Sprint(value), func(t *testing.T) {
			overWide(t, picked, func(t *testing.T, p pairing) {
				s := newScene(begin(t, libzmq), t, p, reconnectOff(value))
				s.join()
				p.moves.many(s, 0, 5, 20)
				if p.weirBinds {
					s.peerStaysAway()
				} else {
					s.weirStaysAway()
				}
				p.moves.many(s, 5, 5, 20)
			})
		})
	}
}

// weirStaysAway kills libzmq's socket, and starts another to which Weir's connects once, when it is told to.
func (s *scene) weirStaysAway() {
	s.Helper()
	s.killPeer(1)
	require.Equal(s, s.endpoint, s.events.waitKind(s.ctx, s.T, 1, socket.EventEnded).Endpoint)
	s.openPeer()
	s.placePeer()
	s.placeWeir()
	s.meet()
	require.Equal(s, "1", s.peer.do(s.ctx, "wait", "HANDSHAKE", 1, waitMS))
	require.Empty(s, s.events.of(socket.EventRetried))
}

// peerStaysAway closes Weir's socket, and opens another when a second of libzmq's, which does reconnect, has tried three times to reach it.
func (s *scene) peerStaysAway() {
	s.Helper()
	s.closeWeir()
	s.peer.do(s.ctx, "wait", "DISCONNECTED", 1, waitMS)
	first := s.peer
	s.reconnects()
	s.openWeir()
	s.placeWeir()
	s.meet()
	first.wantCount(s.ctx, "RETRIED", 0)
	first.wantCount(s.ctx, "HANDSHAKE", 1)
}

// reconnects puts a socket of libzmq's in the scene that does reconnect, and has it fail three times.
func (s *scene) reconnects() {
	s.Helper()
	s.setup.peer = nil
	s.openPeer()
	s.placePeer()
	s.peer.do(s.ctx, "wait", "RETRIED", 3, waitMS)
}

// TestNoReconnectAtAll connects to where nobody is: Weir's endpoint ends, and libzmq's stays and does nothing. Who comes there later is not met.
func TestNoReconnectAtAll(t *testing.T) {
	for _, value := range reconnectOffs {
		t.Run(fmt.Sprint(value), func(t *testing.T) {
			overTable(t, only("PUSH", "SUB", "DEALER"), func(t *testing.T, p pairing) {
				s := newScene(begin(t, libzmq), t, p, reconnectOff(value))
				s.endpoint = deserted(s.ctx, t, p.place)
				if p.weirBinds {
					first := s.peer
					s.placePeer()
					first.do(s.ctx, "wait", "CLOSED", 1, waitMS) // it has tried
					s.reconnects()
					s.placeWeir()
					s.meet()
					first.wantCount(s.ctx, "RETRIED", 0)
					first.wantCount(s.ctx, "HANDSHAKE", 0)
				} else {
					s.placeWeir()
					require.Equal(t, s.endpoint, s.events.waitKind(s.ctx, t, 1, socket.EventEnded).Endpoint)
					s.placePeer()
					s.placeWeir()
					s.meet()
					require.Len(t, s.events.of(socket.EventConnectFailed), 1)
				}
				p.moves.many(s, 0, 5, 20)
			})
		})
	}
}
