package interop

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

const (
	// pressureMark is the mark on both sides.
	pressureMark = 100
	// pressureSize is the size of a message in bytes: large, so that the kernel's buffers hold few.
	pressureSize = 64 << 10
	// pressureCount is how many messages the sender tries to send to somebody who does not read: half a gigabyte.
	pressureCount = 8000
	// kernelMost is more messages than the buffers of the kernel and of both libraries can hold on the way: 32 MB worth.
	kernelMost = 32 << 20 / pressureSize
	// quiet is for how long a sender must have found no room to be taken for blocked, in milliseconds.
	quiet = 400
)

// pressed is a setup with marks on both sides.
func pressed(opts ...socket.Option) setup {
	return setup{
		weir: append([]socket.Option{socket.SendHWM(pressureMark), socket.RecvHWM(pressureMark)}, opts...),
		peer: []string{fmt.Sprint("sndhwm=", pressureMark), fmt.Sprint("rcvhwm=", pressureMark)},
	}
}

// sendUntilBlocked sends numbered messages from Weir's side until one has found no room for a while, and returns how many were accepted.
func (s *scene) sendUntilBlocked() int {
	s.Helper()
	for n := range pressureCount {
		ctx, cancel := context.WithTimeout(s.ctx, quiet*time.Millisecond)
		err := s.sender().Send(ctx, numbered(n, pressureSize))
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			require.NoError(s, s.ctx.Err())
			return n
		}
		require.NoError(s, err)
	}
	require.FailNow(s, "the sender was never blocked")
	return 0
}

// TestSlowPeer sends from Weir to a libzmq socket that does not read: the sender blocks, with as much on the way as the marks and the kernel hold.
// The message that found no room was not sent. Once the peer reads, everything arrives, and the sender goes on.
func TestSlowPeer(t *testing.T) {
	overTable(t, only("PUSH", "PUB"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, pressed())
		s.join()
		accepted := s.sendUntilBlocked()
		require.Greater(t, accepted, pressureMark+pressureMark/2, "the peer's mark and half of this side's: once full, a queue is shut until it is half empty")
		require.LessOrEqual(t, accepted, 2*pressureMark+kernelMost)
		out := s.weir.Stats().Out
		require.EqualValues(t, accepted, out.Accepted)
		require.Greater(t, int(out.Queued), pressureMark/2)
		require.LessOrEqual(t, int(out.Queued), pressureMark)
		require.Empty(t, out.Dropped)
		require.ErrorIs(t, s.sender().TrySend(numbered(accepted, pressureSize)), socket.ErrWouldBlock)

		s.peer.order("recvn", 0, accepted+stint, waitMS)
		for n := accepted; n < accepted+stint; n++ {
			s.send(numbered(n, 20))
		}
		s.peer.okay(s.ctx)
		require.NoError(t, s.weir.Close(s.ctx))
		require.EqualValues(t, accepted+stint, s.weir.Stats().Out.Delivered)
	})
}

// TestSlowWeir sends from libzmq to a socket of Weir's that is not read from: the sender blocks, Weir's queue stands at its mark exactly, and once it
// is read from everything arrives.
func TestSlowWeir(t *testing.T) {
	overTable(t, only("PULL", "SUB"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, pressed())
		s.join()
		barrier := s.weir.Stats().In.Accepted
		s.peer.order("sendn", 0, pressureCount, pressureSize, quiet)
		var accepted int
		_, err := fmt.Sscanf(s.peer.next(s.ctx), "blocked %d", &accepted)
		require.NoError(t, err, "the sender was never blocked")
		require.Greater(t, accepted, pressureMark+pressureMark/2, "this side's mark and half of the peer's")
		require.LessOrEqual(t, accepted, 2*pressureMark+kernelMost)
		in := s.weir.Stats().In
		require.EqualValues(t, pressureMark, in.Queued)
		require.EqualValues(t, pressureMark, in.Accepted-barrier)

		s.peer.order("sendn", accepted, stint, 20, waitMS)
		for n := range accepted {
			wantNumber(t, n, pressureSize, s.recv())
		}
		for n := range stint {
			wantNumber(t, accepted+n, 20, s.recv())
		}
		s.peer.okay(s.ctx)
		require.Empty(t, s.weir.Stats().In.Dropped)
	})
}

// TestMarkRaised raises the mark of Weir's sender while it is blocked: there is room at once, up to the new mark exactly, and all of it arrives.
func TestMarkRaised(t *testing.T) {
	overTable(t, only("PUSH", "PUB"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, pressed())
		s.join()
		accepted := s.sendUntilBlocked()
		marks := s.weir.(interface {
			SetSendHWM(ctx context.Context, n int) error
		})
		require.NoError(t, marks.SetSendHWM(s.ctx, 2*pressureMark))
		for {
			err := s.sender().TrySend(numbered(accepted, 20))
			if err != nil {
				require.ErrorIs(t, err, socket.ErrWouldBlock)
				break
			}
			accepted++
		}
		require.EqualValues(t, 2*pressureMark, s.weir.Stats().Out.Queued)
		s.peer.do(s.ctx, "recvn", 0, accepted, waitMS)
	})
}

// TestSlowSubscriberMisses publishes without NODROP to a libzmq subscriber that does not read: no Send waits, the ledger has the number of what it
// missed, it gets the rest in order, and once it has drained it misses nothing.
func TestSlowSubscriberMisses(t *testing.T) {
	overTable(t, only("PUB"), func(t *testing.T, p pairing) {
		with := pressed()
		with.keepsNone = true
		s := newScene(begin(t, libzmq), t, p, with)
		s.join()
		const published = 2 * (2*pressureMark + kernelMost)
		for n := range published {
			require.NoError(t, s.sender().TrySend(numbered(n, pressureSize)))
		}
		out := s.weir.Stats().Out
		missed := int(out.Dropped[mailbox.ReasonFull])
		require.EqualValues(t, published, out.Accepted)
		require.GreaterOrEqual(t, missed, published-2*pressureMark-kernelMost)
		require.LessOrEqual(t, missed, published-pressureMark)
		var count, first, gaps int
		_, err := fmt.Sscan(s.peer.do(s.ctx, "rise", published-missed, waitMS), &count, &first, &gaps)
		require.NoError(t, err)
		require.Zero(t, first, "what there was room for came first")
		s.peer.do(s.ctx, "idle", 50)
		require.NoError(t, s.sender().Send(s.ctx, numbered(published, 20)), "it has drained, and gets messages again")
		s.peer.do(s.ctx, "recvn", published, 1, waitMS)
	})
}
