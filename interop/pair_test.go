package interop

import (
	"testing"
)

// TestPairTaken brings a second libzmq socket to a Pair of Weir's that has its peer: it finishes its handshake and is disconnected, again and again,
// until the first one has gone; then messages move with it.
func TestPairTaken(t *testing.T) {
	overTable(t, only("PAIR").binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		second := startPeer(s.ctx, t, libzmq, "PAIR", peerReconnectIn)
		second.do(s.ctx, "connect", s.endpoint)
		second.do(s.ctx, "wait", "HANDSHAKE", 2, waitMS)
		second.do(s.ctx, "wait", "DISCONNECTED", 2, waitMS)
		p.moves.many(s, 0, 50, 20)
		s.peer.kill()
		s.peer = second
		p.moves.many(s, 50, 50, 20)
	})
}
