package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// partingCount is how many messages are sent to a peer that stands at its mark: few enough for the kernel to take them all.
const partingCount = 200

// TestPartingFromAFullPeer sends to a libzmq socket that does not read, until the kernel has everything, and closes. What the kernel has is the peer's:
// it receives all of it, and Close has waited for that where the transport is one over which libzmq would otherwise lose it. (libzmq to libzmq loses it
// over ipc.) REQ and REP never have more than one message on the way.
func TestPartingFromAFullPeer(t *testing.T) {
	overWide(t, only("PUSH", "PUB", "XPUB", "DEALER", "PAIR", "ROUTER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{
			weir: []socket.Option{socket.SendHWM(0)}, peer: []string{"rcvhwm=10"},
		})
		s.join()
		for n := range partingCount {
			s.send(s.named(numbered(n, 20)))
		}
		closed := make(chan error, 1)
		go func() { closed <- s.weir.Close(s.ctx) }()
		for s.weir.Stats().Out.Queued > 0 { // a moment: the kernel takes it
			s.peer.do(s.ctx, "wait", "HANDSHAKE", 1, waitMS)
		}
		s.peer.order("wait", "DISCONNECTED", 1, 100) // the peer learns of the end, if it ever does before it reads
		s.peer.next(s.ctx)
		s.peer.do(s.ctx, "recvn", 0, partingCount, waitMS)
		require.NoError(t, <-closed)
		require.EqualValues(t, partingCount, s.weir.Stats().Out.Delivered)
	})
}

// TestPartingFromAFullWeir is the same with Weir's socket as the one that stands at its mark.
func TestPartingFromAFullWeir(t *testing.T) {
	overWide(t, only("PULL", "SUB", "XSUB", "DEALER", "PAIR", "ROUTER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{
			weir: []socket.Option{socket.RecvHWM(10)}, peer: []string{"sndhwm=0"},
		})
		s.join()
		s.peer.do(s.ctx, "sendn", 0, partingCount, 20, waitMS)
		s.peer.quit(s.ctx)
		for n := range partingCount {
			wantNumber(t, n, 20, s.unnamed(s.recv()))
		}
	})
}
