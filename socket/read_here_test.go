package socket_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// eachEdge runs a test with a REP that is bound over a network transport, and its endpoint.
func eachEdge(t *testing.T, test func(t *testing.T, rep *socket.Rep, ep string)) {
	for _, at := range []string{"tcp://127.0.0.1:*", "ipc://*"} {
		t.Run(at[:3], func(t *testing.T) {
			rep := newRep(t, newRuntime(t))
			test(t, rep, bind(t, rep, at).String())
		})
	}
}

// rounds asks and answers n times, each end in its own goroutine: soon each reads, and writes, for itself.
func rounds(t *testing.T, req *socket.Req, rep *socket.Rep, n int) {
	t.Helper()
	ctx := within(t)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return echo(ctx, rep, n) })
	group.Go(func() error {
		for i := range n {
			if err := req.Send(ctx, number(i)); err != nil {
				return err
			}
			m, err := req.Recv(ctx)
			if err != nil {
				return err
			}
			if numberOf(t, m) != i {
				return errors.New("not the reply to what was asked")
			}
		}
		return nil
	})
	require.NoError(t, group.Wait())
}

// echo answers n requests with what they say.
func echo(ctx context.Context, rep *socket.Rep, n int) error {
	for range n {
		m, err := rep.Recv(ctx)
		if err == nil {
			err = rep.Send(ctx, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// answering answers one request, and says how that went.
func answering(ctx context.Context, rep *socket.Rep) <-chan error {
	done := make(chan error, 1)
	go func() { done <- echo(ctx, rep, 1) }()
	return done
}

// TestReceiverReads ends a Recv in every way that does not come over its connection, in the middle of an exchange where receivers read for themselves, and
// wants the exchange to go on.
func TestReceiverReads(t *testing.T) {
	eachEdge(t, func(t *testing.T, rep *socket.Rep, ep string) {
		ctx := within(t)
		req := newReq(t, newRuntime(t))
		connect(t, req, ep)
		for range 20 {
			rounds(t, req, rep, 20)

			brief, cancel := context.WithTimeout(ctx, time.Millisecond)
			_, err := rep.Recv(brief)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)

			require.NoError(t, rep.Set(ctx, socket.RecvTimeout(time.Millisecond)))
			_, err = rep.Recv(ctx)
			require.ErrorIs(t, err, socket.ErrWouldBlock)
			require.NoError(t, rep.Set(ctx, socket.RecvTimeout(-1)))
		}
		ended := make(chan error)
		go func() {
			_, err := rep.Recv(ctx)
			ended <- err
		}()
		require.NoError(t, rep.Close(ctx))
		require.ErrorIs(t, <-ended, socket.ErrClosed)
	})
}

// TestReceiverReadsUntilItsCtxEnds ends the ctx of a REP that answers, at whatever moment: as it begins to read for itself, or as it reads. The next one, with
// a ctx of its own, hears nothing of it.
func TestReceiverReadsUntilItsCtxEnds(t *testing.T) {
	eachEdge(t, func(t *testing.T, rep *socket.Rep, ep string) {
		all := within(t)
		req := newReq(t, newRuntime(t))
		connect(t, req, ep)
		for range 300 {
			ctx, cancel := context.WithCancel(all)
			done := make(chan error, 1)
			go func() { done <- echo(ctx, rep, math.MaxInt) }()
			for i := range 10 {
				require.NoError(t, req.Send(all, number(i)))
				receive(t, req, i, 1)
			}
			cancel()
			require.ErrorIs(t, <-done, context.Canceled)
		}
	})
}

// An endingCtx ends right after it has said that it has not, once it is armed, and whoever wants to hear of it hears of it first.
type endingCtx struct {
	context.Context
	end   context.CancelFunc
	armed atomic.Bool
}

// Err implements context.Context.
func (c *endingCtx) Err() error {
	err := c.Context.Err()
	if c.armed.Swap(false) {
		c.end()
		for range 100 {
			runtime.Gosched()
		}
	}
	return err
}

// TestReceiverReadsForNoEndedCtx ends the ctx between the receiver's look at it and its read, which nobody would end any more.
func TestReceiverReadsForNoEndedCtx(t *testing.T) {
	eachEdge(t, func(t *testing.T, rep *socket.Rep, ep string) {
		all := within(t)
		req := newReq(t, newRuntime(t))
		connect(t, req, ep)
		for range 20 {
			ctx := &endingCtx{}
			ctx.Context, ctx.end = context.WithCancel(all)
			done := make(chan error, 1)
			go func() {
				err := echo(ctx, rep, 20)
				if ctx.armed.Store(true); err == nil {
					_, err = rep.Recv(ctx)
				}
				done <- err
			}()
			for i := range 20 {
				require.NoError(t, req.Send(all, number(i)))
				receive(t, req, i, 1)
			}
			require.ErrorIs(t, <-done, context.Canceled)
		}
	})
}

// TestReceiverReadsOneOfSeveral has a second peer come, ask, and go while a receiver reads from the first: whoever asks is answered.
func TestReceiverReadsOneOfSeveral(t *testing.T) {
	eachEdge(t, func(t *testing.T, rep *socket.Rep, ep string) {
		ctx := within(t)
		first, second := newReq(t, newRuntime(t)), newReq(t, newRuntime(t))
		connect(t, first, ep)
		for i := range 10 {
			rounds(t, first, rep, 20)
			waiting := answering(ctx, rep)
			e := connect(t, second, ep)
			require.NoError(t, second.Send(ctx, number(i)))
			require.NoError(t, <-waiting)
			receive(t, second, i, 1)
			require.NoError(t, second.Disconnect(ctx, e.String()))
		}
	})
}

// TestReceiverReadsToTheEnd has the peer die while a receiver reads from it, and wants the next one to be served, by the same Recv.
func TestReceiverReadsToTheEnd(t *testing.T) {
	eachEdge(t, func(t *testing.T, rep *socket.Rep, ep string) {
		ctx := within(t)
		for i := range 10 {
			rt := newRuntime(t)
			req := newReq(t, rt)
			connect(t, req, ep)
			rounds(t, req, rep, 20)
			waiting := answering(ctx, rep)
			require.NoError(t, req.Close(ctx))
			next := newReq(t, rt)
			connect(t, next, ep)
			require.NoError(t, next.Send(ctx, number(i)))
			require.NoError(t, <-waiting)
			receive(t, next, i, 1)
			require.NoError(t, next.Close(ctx))
		}
	})
}

// TestReceiverReadsOddly has a peer send what does not come alone, while a receiver reads: requests that come together or in pieces, and a PING, which is
// answered though nobody else reads.
func TestReceiverReadsOddly(t *testing.T) {
	ctx := within(t)
	rep := newRep(t, newRuntime(t), socket.RecvHWM(1))
	peer := dialRaw(t, bind(t, rep, "tcp://127.0.0.1:*").String(), "REQ")
	for range 20 {
		done := make(chan error, 1)
		go func() { done <- echo(ctx, rep, 20) }()
		for range 12 {
			peer.send("", "alone")
			require.Equal(t, []string{"", "alone"}, peer.recv())
		}
		peer.write([]byte("\x04\x07\x04PING\x00\x00"))
		require.Equal(t, "\x04\x05\x04PONG", string(peer.octets(7)))
		peer.write([]byte(strings.Repeat(string(frames("", "together")), 4)))
		for range 4 {
			require.Equal(t, []string{"", "together"}, peer.recv())
		}
		for range 4 {
			b := frames("", "in pieces")
			peer.write(b[:5])
			peer.write(b[5:])
			require.Equal(t, []string{"", "in pieces"}, peer.recv())
		}
		require.NoError(t, <-done)
	}
}

// TestSenderNeverWaitsInTheKernel answers a peer that asks and does not read. What the kernel does not take waits in the queue, and then is dropped and
// counted: a REP's Send does not wait for that peer. Once it reads, it gets all that was not dropped.
func TestSenderNeverWaitsInTheKernel(t *testing.T) {
	ctx := within(t)
	const asked, size = 2000, 4000
	rep := newRep(t, newRuntime(t), socket.SendHWM(10), socket.SendBuffer(4<<10))
	peer := dialRaw(t, bind(t, rep, "tcp://127.0.0.1:*").String(), "DEALER")
	reply := strings.Repeat("a", size)
	for range asked {
		peer.send("", "?")
		_, err := rep.Recv(ctx)
		require.NoError(t, err)
		require.NoError(t, rep.Send(ctx, socket.NewMessage(reply)))
	}
	dropped := rep.Stats().Out.Dropped[mailbox.ReasonFull]
	require.NotZero(t, dropped, "the kernel took it all")
	for range asked - dropped {
		require.Equal(t, []string{"", reply}, peer.recv())
	}
	last := socket.NewMessage("last")
	for before := dropped - 1; before < dropped; { // the peer has it all a moment before the queue knows, which may be full until then
		before = dropped
		peer.send("", "?")
		_, err := rep.Recv(ctx)
		require.NoError(t, err)
		require.NoError(t, rep.Send(ctx, last))
		dropped = rep.Stats().Out.Dropped[mailbox.ReasonFull]
	}
	require.Equal(t, []string{"", "last"}, peer.recv())
}

// TestReceiversTakeTurnsToRead has several goroutines answer for one REP, so that each wakes others at any moment: all is answered, over one connection. Who
// begins to receive while another answers is told that it is not his turn.
func TestReceiversTakeTurnsToRead(t *testing.T) {
	eachEdge(t, func(t *testing.T, rep *socket.Rep, ep string) {
		ctx, cancel := context.WithCancel(within(t))
		req := newReq(t, newRuntime(t))
		connect(t, req, ep)
		var group errgroup.Group
		for range 3 {
			group.Go(func() error {
				for {
					m, err := rep.Recv(ctx)
					if errors.Is(err, socket.ErrBadState) {
						continue
					}
					if err == nil {
						err = rep.Send(ctx, m)
					}
					if err != nil {
						return err
					}
				}
			})
		}
		for i := range 500 {
			require.NoError(t, req.Send(ctx, number(i)))
			receive(t, req, i, 1)
		}
		cancel()
		require.ErrorIs(t, group.Wait(), context.Canceled)
		for _, p := range req.Stats().Peers {
			require.Zero(t, p.Reconnects)
		}
	})
}
