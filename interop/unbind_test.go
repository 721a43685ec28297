package interop

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
	"golang.org/x/sync/errgroup"
)

// leave unbinds Weir's socket, or disconnects it, by the name of its endpoint.
func (s *scene) leave() error {
	if s.pair.weirBinds {
		return s.weir.Unbind(s.ctx, s.endpoint)
	}
	return s.weir.Disconnect(s.ctx, s.endpoint)
}

// TestUnbindFromASlowPeer unbinds and disconnects Weir's socket, with more messages for a socket of libzmq's than the kernel takes while that does not
// read: it gets them all, and that is when the endpoint has ended.
func TestUnbindFromASlowPeer(t *testing.T) {
	overWide(t, only("PUSH", "PUB", "XPUB", "DEALER", "PAIR", "ROUTER"), func(t *testing.T, p pairing) {
		s := slowPeer(t, p, caseTime)
		left := make(chan error, 1)
		go func() { left <- s.leave() }()
		s.peer.do(s.ctx, "recvn", 0, slowCount, waitMS)
		require.NoError(t, <-left)
		require.EqualValues(t, slowCount, s.weir.Stats().Out.Delivered)
	})
}

// TestUnbindWithoutLinger is the same with a linger of 0: the peer gets what the kernel has, at most, and the rest is listed. Then both meet again, at the
// same endpoint, and what is sent from then on arrives. Where libzmq has bound, TestLingerForALatePeer has the like.
func TestUnbindWithoutLinger(t *testing.T) {
	overWide(t, only("PUSH", "PUB", "XPUB", "DEALER", "PAIR", "ROUTER").binding(), func(t *testing.T, p pairing) {
		s := slowPeer(t, p, 0)
		starting.RLock() // see closeWeir
		err := s.leave()
		starting.RUnlock()
		var unsent *socket.UnsentError
		require.ErrorAs(t, err, &unsent)
		require.Positive(t, unsent.Messages())
		s.peer.order("drain", slowCount, waitMS)
		s.placeWeir()
		s.events.waitKind(s.ctx, t, 2, socket.EventHandshakeSucceeded)
		require.NoError(t, s.weir.WaitPeers(s.ctx, 1))
		s.subscribed()
		s.send(s.named(numbered(slowCount, slowSize)))
		var count, first, missing int
		_, err = fmt.Sscan(s.peer.okay(s.ctx), &count, &first, &missing)
		require.NoError(t, err)
		require.Contains(t, []int{0, slowCount}, first, "the first, or none at all")
		require.GreaterOrEqual(t, first+missing, unsent.Messages())
	})
}

// TestPeerUnbindsFromASlowWeir unbinds libzmq's socket in place of Weir's, and disconnects it where it has connected. What zmq_disconnect leaves behind
// arrives. Of what zmq_unbind does, Weir's socket receives the first part, in order, and then what comes from the next who binds there. That part is what the
// kernel had, though LINGER is without an end; but once in a thousand runs libzmq lingers all the same, and its process ends when all was read.
func TestPeerUnbindsFromASlowWeir(t *testing.T) {
	const end = "the end"
	overWide(t, only("PULL", "SUB", "XSUB", "DEALER", "PAIR", "ROUTER"), func(t *testing.T, p pairing) {
		s := slowWeir(t, p)
		if p.weirBinds {
			s.peer.do(s.ctx, "disconnect", s.endpoint)
			for n := range slowCount {
				wantNumber(t, n, slowSize, s.unnamed(s.recv()))
			}
			return
		}
		s.peer.do(s.ctx, "unbind", s.endpoint)
		s.peer.do(s.ctx, "wait", "CLOSED", 1, waitMS)
		var got []socket.Message
		var reading errgroup.Group
		reading.Go(func() error {
			for {
				m, err := s.receiver().Recv(s.ctx)
				if err != nil || string(m.Frame(m.Len()-1)) == end {
					return err
				}
				got = append(got, m)
			}
		})
		s.peer.quit(s.ctx)
		s.openPeer()
		s.placePeer()
		s.peer.order("pulse", plain(end))
		require.NoError(t, reading.Wait())
		for n, m := range got {
			wantNumber(t, n, slowSize, s.unnamed(m))
		}
		require.LessOrEqual(t, len(got), slowCount)
	})
}
