package interop

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

const (
	// pressureMark is the mark on both sides.
	pressureMark = 100
	// pressureSize is the size of a message in bytes: large, so that the kernel's buffers hold few.
	pressureSize = 64 << 10
	// kernelMost is more messages than the buffers of the kernel and of both libraries can hold on the way: 32 MB worth.
	kernelMost = 32 << 20 / pressureSize
	// onTheWay is how many messages a sender can be ahead of a receiver: what the kernel holds, and two marks.
	onTheWay = 2*pressureMark + kernelMost
	// pressureCount is how many messages go from one to the other: three times that.
	pressureCount = 3 * onTheWay
	// pressureRun is how many of them a receiver takes at a time.
	pressureRun = pressureCount / 6
)

// pressed is a setup with marks on both sides.
func pressed() setup {
	return setup{
		weir: []socket.Option{socket.SendHWM(pressureMark), socket.RecvHWM(pressureMark)},
		peer: []string{fmt.Sprint("sndhwm=", pressureMark), fmt.Sprint("rcvhwm=", pressureMark)},
	}
}

// A press sends numbered messages from Weir's side whenever there is room. At no time is it further ahead of what the peer was told to receive than can be
// on the way.
type press struct {
	s        *scene
	told     atomic.Int64  // written by the test: what the peer was told to receive so far
	accepted atomic.Int64  // written by pressLoop
	full     chan struct{} // closed once a message has found no room
	moved    chan struct{} // has room for one: a message was accepted
	done     chan error    // has room for one: pressLoop has ended
}

// press begins.
func (s *scene) press() *press {
	p := &press{s: s, full: make(chan struct{}), moved: make(chan struct{}, 1), done: make(chan error, 1)}
	go p.pressLoop()
	return p
}

// pressLoop sends all messages. It ends with the last, or with the case.
func (p *press) pressLoop() {
	full := p.full
	for n := range pressureCount {
		m := p.s.named(numbered(n, pressureSize))
		err := p.s.sender().TrySend(m)
		if errors.Is(err, socket.ErrWouldBlock) {
			if full != nil {
				close(full)
				full = nil
			}
			err = p.s.sender().Send(p.s.ctx, m)
		}
		if ahead := p.accepted.Add(1) - p.told.Load(); err == nil && ahead > onTheWay {
			err = fmt.Errorf("%d messages ahead", ahead)
		}
		if err != nil {
			p.done <- fmt.Errorf("message %d: %w", n, err)
			return
		}
		select {
		case p.moved <- struct{}{}:
		default:
		}
	}
	p.done <- nil
}

// awaitFull waits until a message has found no room.
func (p *press) awaitFull() {
	p.s.Helper()
	select {
	case <-p.full:
	case err := <-p.done:
		require.FailNow(p.s, "the sender was never blocked", "%v", err)
	case <-p.s.ctx.Done():
		require.NoError(p.s, p.s.ctx.Err())
	}
}

// await waits until n messages were accepted.
func (p *press) await(n int) {
	p.s.Helper()
	for p.accepted.Load() < int64(n) {
		select {
		case <-p.moved:
		case err := <-p.done:
			require.NoError(p.s, err)
			p.done <- nil
			require.GreaterOrEqual(p.s, int(p.accepted.Load()), n)
		case <-p.s.ctx.Done():
			require.NoError(p.s, p.s.ctx.Err(), "only %d messages found room, where %d should", p.accepted.Load(), n)
		}
	}
}

// TestSlowPeer sends from Weir to a libzmq socket that does not read at first, and then a run at a time. The sender waits, with nothing dropped; it is never
// further ahead than the marks and the kernel allow, and never less than half a mark on each side; and everything arrives. (REQ and REP take turns: they have
// no more than one message on the way. A ROUTER has this pressure where it is mandatory; else it drops.)
func TestSlowPeer(t *testing.T) {
	overWide(t, only("PUSH", "PUB", "XPUB", "DEALER", "PAIR", "ROUTER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, pressed())
		s.join()
		press := s.press()
		press.awaitFull()
		out := s.weir.Stats().Out
		require.LessOrEqual(t, int(out.Queued), pressureMark)
		for received := 0; received < pressureCount; received += pressureRun {
			press.await(min(pressureCount, received+pressureMark))
			press.told.Add(pressureRun)
			s.peer.do(s.ctx, "recvn", received, pressureRun, waitMS)
		}
		require.NoError(t, <-press.done)
		s.closeWeir()
		out = s.weir.Stats().Out
		require.EqualValues(t, pressureCount, out.Delivered)
		require.Empty(t, out.Dropped)
	})
}

// TestSlowWeir sends from libzmq, as fast as it can, to a socket of Weir's. Whatever was received so far, Weir has taken no more than its mark beyond it,
// libzmq has not got rid of more than can be on the way, and everything arrives.
func TestSlowWeir(t *testing.T) {
	overWide(t, only("PULL", "SUB", "XSUB", "DEALER", "PAIR", "ROUTER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, pressed())
		s.join()
		barrier := s.weir.Stats().In.Accepted
		s.peer.order("sendn", 0, pressureCount, pressureSize, waitMS)
		for n := range pressureCount {
			require.LessOrEqual(t, int(s.weir.Stats().In.Accepted-barrier), n+pressureMark)
			if n < pressureCount-onTheWay {
				require.Empty(t, s.peer.reports, "the sender was not blocked")
			}
			wantNumber(t, n, pressureSize, s.unnamed(s.recv()))
		}
		s.peer.okay(s.ctx)
		require.Empty(t, s.weir.Stats().In.Dropped)
	})
}

// TestMarkRaised raises the mark of Weir's sender when its queue is full: there is room at once, up to the new mark, and all of it arrives.
func TestMarkRaised(t *testing.T) {
	overWide(t, only("PUSH", "PUB", "XPUB", "DEALER", "PAIR", "ROUTER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, pressed())
		s.join()
		accepted := 0
		fill := func() {
			for ; accepted < pressureCount; accepted++ {
				if err := s.sender().TrySend(s.named(numbered(accepted, pressureSize))); err != nil {
					require.ErrorIs(t, err, socket.ErrWouldBlock)
					return
				}
			}
			require.FailNow(t, "there was always room")
		}
		fill()
		blocked := accepted
		marks := s.weir.(interface {
			Set(ctx context.Context, opts ...socket.Option) error
		})
		require.NoError(t, marks.Set(s.ctx, socket.SendHWM(2*pressureMark)))
		fill()
		require.GreaterOrEqual(t, accepted, blocked+pressureMark)
		require.LessOrEqual(t, int(s.weir.Stats().Out.Queued), 2*pressureMark)
		s.peer.do(s.ctx, "recvn", 0, accepted, waitMS)
	})
}

// TestSlowSubscriberMisses publishes without NODROP to a libzmq subscriber that does not read: no Send waits, the ledger has the number of what it
// missed, it gets the rest in order, and once it has drained it misses nothing.
func TestSlowSubscriberMisses(t *testing.T) {
	overWide(t, only("PUB", "XPUB"), func(t *testing.T, p pairing) {
		const published = 2 * onTheWay
		taken := make(chan struct{}, published+1) // a word for each message that has left the queue
		with := pressed()
		with.keepsNone = true
		with.weir = append(with.weir, socket.WithTrace(socket.Trace{Sent: func(socket.Conn, socket.Message) { taken <- struct{}{} }}))
		s := newScene(begin(t, libzmq), t, p, with)
		s.join()
		for n := range published {
			require.NoError(t, s.sender().TrySend(numbered(n, pressureSize)))
		}
		out := s.weir.Stats().Out
		missed := int(out.Dropped[mailbox.ReasonFull])
		require.EqualValues(t, published, out.Accepted)
		require.GreaterOrEqual(t, missed, published-onTheWay)
		require.LessOrEqual(t, missed, published-pressureMark)
		var count, first, gaps int
		_, err := fmt.Sscan(s.peer.do(s.ctx, "rise", published-missed, waitMS), &count, &first, &gaps)
		require.NoError(t, err)
		require.Zero(t, first, "what there was room for came first")
		for range published - missed {
			<-taken
		}
		require.NoError(t, s.sender().Send(s.ctx, numbered(published, 20)), "it has drained, and gets messages again")
		s.peer.do(s.ctx, "recvn", published, 1, waitMS)
	})
}
