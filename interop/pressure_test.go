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
	// pressureLeast is what both sides hold more than when the sender is blocked: the one is at its mark, and the other above half of it, since a queue
	// that was full is shut until it is half empty.
	pressureLeast = pressureMark + pressureMark/2
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
func pressed() setup {
	return setup{
		weir: []socket.Option{socket.SendHWM(pressureMark), socket.RecvHWM(pressureMark)},
		peer: []string{fmt.Sprint("sndhwm=", pressureMark), fmt.Sprint("rcvhwm=", pressureMark)},
	}
}

// sendUntilBlocked sends numbered messages from Weir's side until one has found no room for a while, and returns how many were accepted. It tries again
// while there are fewer than the marks must hold: then the other side was just slow.
func (s *scene) sendUntilBlocked() int {
	s.Helper()
	for n := 0; n < pressureCount; {
		ctx, cancel := context.WithTimeout(s.ctx, quiet*time.Millisecond)
		err := s.sender().Send(ctx, numbered(n, pressureSize))
		cancel()
		switch {
		case err == nil:
			n++
		case n > pressureLeast && errors.Is(err, context.DeadlineExceeded) && s.ctx.Err() == nil:
			return n
		case s.ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			require.NoError(s, err, "after %d messages", n)
		}
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
		s.closeWeir()
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
		accepted := 0
		for accepted <= pressureLeast || s.weir.Stats().In.Queued < pressureMark { // else somebody was just slow
			s.peer.order("sendn", accepted, pressureCount, pressureSize, quiet)
			var more int
			_, err := fmt.Sscanf(s.peer.next(s.ctx), "blocked %d", &more)
			require.NoError(t, err, "the sender was never blocked")
			accepted += more
		}
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

// TestMarkRaised raises the mark of Weir's sender while it is blocked: there is room at once, up to the new mark, and all of it arrives.
func TestMarkRaised(t *testing.T) {
	overTable(t, only("PUSH", "PUB"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, pressed())
		s.join()
		blocked := s.sendUntilBlocked()
		marks := s.weir.(interface {
			Set(ctx context.Context, opts ...socket.Option) error
		})
		require.NoError(t, marks.Set(s.ctx, socket.SendHWM(2*pressureMark)))
		accepted := blocked
		for accepted < pressureCount {
			err := s.sender().TrySend(numbered(accepted, 20))
			if err != nil {
				require.ErrorIs(t, err, socket.ErrWouldBlock)
				break
			}
			accepted++
		}
		require.GreaterOrEqual(t, accepted, blocked+pressureMark)
		require.LessOrEqual(t, int(s.weir.Stats().Out.Queued), 2*pressureMark)
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
