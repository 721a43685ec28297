package socket_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// cancels is how often a channel is given up in the tests that count.
const cancels = 1000

// TestRecvChanPutsBack gives up a receive channel a thousand times in the middle of a stream: every message comes once and in order, over a channel
// or by a Recv in between.
func TestRecvChanPutsBack(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			push, pull := newPush(t, rt, socket.SendHWM(5)), newPull(t, rt, socket.RecvHWM(5))
			join(t, at.fresh(t), pull, push)
			stop, end := context.WithCancel(ctx)
			defer end()
			sent, g := sendForEver(t, stop, push, 1)
			next := 0
			for range cancels {
				one, cancel := context.WithCancel(ctx)
				c := pull.RecvChan(one)
				for range rand.IntN(4) {
					require.Equal(t, next, numberOf(t, <-c))
					next++
				}
				cancel()
				for m := range c { // the pump may hand over the one it held, instead of putting it back
					require.Equal(t, next, numberOf(t, m))
					next++
				}
				if rand.IntN(3) == 0 {
					receive(t, pull, next, 1)
					next++
				}
			}
			end()
			require.NoError(t, g.Wait())
			receive(t, pull, next, int(sent.Load())-next)
			wantEmpty(t, pull)
			in := pull.Stats().In
			balanced(t, in)
			require.EqualValues(t, sent.Load(), in.Delivered)
		})
	}
}

// TestRecvChanHandsAreCounted wants the message in a pump's hand to count towards the mark, and to come first once it is back.
func TestRecvChanHandsAreCounted(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt, socket.SendHWM(1)), newPull(t, rt, socket.RecvHWM(2))
		join(t, inprocName(t), pull, push)
		one, cancel := context.WithCancel(ctx)
		c := pull.RecvChan(one)
		require.NoError(t, push.TrySend(number(0)))
		synctest.Wait() // the pump has it in hand
		require.NoError(t, push.TrySend(number(1)))
		require.NoError(t, push.TrySend(number(2)))
		require.ErrorIs(t, push.TrySend(number(3)), socket.ErrWouldBlock)
		require.EqualValues(t, 3, pull.Stats().In.Queued)
		cancel()
		_, open := <-c
		require.False(t, open)
		require.EqualValues(t, 3, pull.Stats().In.Queued)
		receive(t, pull, 0, 3)
		wantEmpty(t, pull)
	})
}

// TestRecvChansPutBackInOrder has several pumps give up what they hold, in every order: it comes back in the order in which it was taken.
func TestRecvChansPutBackInOrder(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {1, 0, 2}} {
		bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
			push, pull := newPush(t, rt), newPull(t, rt)
			join(t, inprocName(t), pull, push)
			require.Equal(t, 4, fill(t, push, 4))
			var cancels []context.CancelFunc
			for range order {
				one, cancel := context.WithCancel(ctx)
				cancels = append(cancels, cancel)
				pull.RecvChan(one)
				synctest.Wait() // its pump has the next message in hand
			}
			for _, i := range order {
				cancels[i]()
				synctest.Wait()
			}
			receive(t, pull, 0, 4)
		})
	}
}

// TestRecvChansShare has several channels and a Recv share one socket's messages: each message goes to one of them, also when channels are given up.
func TestRecvChansShare(t *testing.T) {
	const n = 500
	ctx := within(t)
	rt := newRuntime(t)
	push, pull := newPush(t, rt), newPull(t, rt)
	join(t, inprocName(t), pull, push)
	var g errgroup.Group
	g.Go(func() error {
		for i := range n {
			if err := push.Send(ctx, number(i)); err != nil {
				return err
			}
		}
		return nil
	})
	seen := map[int]bool{}
	note := func(m socket.Message) {
		i := numberOf(t, m)
		require.False(t, seen[i], "%d twice", i)
		seen[i] = true
	}
	for len(seen) < n {
		one, cancel := context.WithCancel(ctx)
		a, b := pull.RecvChan(one), pull.RecvChan(one)
		for k := 0; k < 3 && len(seen) < n; k++ {
			select {
			case m := <-a:
				note(m)
			case m := <-b:
				note(m)
			}
		}
		cancel()
		for m := range a {
			note(m)
		}
		for m := range b {
			note(m)
		}
	}
	require.NoError(t, g.Wait())
	wantEmpty(t, pull)
}

// TestRecvChanEndsWithItsSocket closes a socket while its channel's pump waits, and while it holds a message that nobody takes: the channel is closed
// either way, and what was held is on the books.
func TestRecvChanEndsWithItsSocket(t *testing.T) {
	for _, held := range []int{0, 1, 3} {
		bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
			push, pull := newPush(t, rt), newPull(t, rt)
			join(t, inprocName(t), pull, push)
			c := pull.RecvChan(ctx)
			require.Equal(t, held, fill(t, push, held))
			synctest.Wait()
			require.NoError(t, pull.Close(ctx))
			synctest.Wait()
			_, open := <-c
			require.False(t, open)
			in := pull.Stats().In
			require.EqualValues(t, held, in.Accepted)
			require.EqualValues(t, held, in.Dropped[socket.ReasonUnread])
			require.Zero(t, in.Queued)
		})
	}
}

// TestPutBackAndClosed gives a channel up, and closes the socket before anybody has received what was put back.
func TestPutBackAndClosed(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt), newPull(t, rt)
		join(t, inprocName(t), pull, push)
		require.Equal(t, 3, fill(t, push, 3))
		one, cancel := context.WithCancel(ctx)
		c := pull.RecvChan(one)
		synctest.Wait()
		cancel()
		<-c
		require.EqualValues(t, 3, pull.Stats().In.Queued)
		require.NoError(t, pull.Close(ctx))
		in := pull.Stats().In
		require.Equal(t, only(socket.ReasonUnread, 3), in.Dropped)
		require.Zero(t, in.Queued)
	})
}

// TestChannelsEndWithTheRuntime shuts a runtime down under channels that nobody uses: their pumps end.
func TestChannelsEndWithTheRuntime(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt), newPull(t, rt)
		join(t, inprocName(t), pull, push)
		c := pull.RecvChan(context.Background())
		_, stop := push.SendChan(context.Background())
		require.NoError(t, push.Send(ctx, number(0)))
		synctest.Wait()
		require.NoError(t, rt.Shutdown(ctx))
		<-c
		synctest.Wait()
		left, err := stop()
		require.Empty(t, left)
		require.ErrorIs(t, err, socket.ErrClosed)
	})
}

// TestRecvChanOfTurns receives by channel from sockets that take turns: the channel waits for its turn, and what is put back keeps it.
func TestRecvChanOfTurns(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		req, rep := newReq(t, rt), newRep(t, rt)
		join(t, inprocName(t), rep, req)
		requests, replies := rep.RecvChan(ctx), req.RecvChan(ctx)
		for i := range 5 {
			require.NoError(t, req.Send(ctx, number(i)))
			require.Equal(t, i, numberOf(t, <-requests))
			require.NoError(t, rep.Send(ctx, number(i)))
			require.Equal(t, i, numberOf(t, <-replies))
		}
	})
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		req, rep := newReq(t, rt), newRep(t, rt)
		join(t, inprocName(t), rep, req)
		for i := range 5 {
			one, cancel := context.WithCancel(ctx)
			requests, replies := rep.RecvChan(one), req.RecvChan(one)
			require.NoError(t, req.Send(ctx, number(i)))
			synctest.Wait() // the pump has the request in hand
			cancel()
			_, open := <-requests
			require.False(t, open)
			<-replies
			receive(t, rep, i, 1)
			one, cancel = context.WithCancel(ctx)
			replies = req.RecvChan(one)
			require.NoError(t, rep.Send(ctx, number(i)))
			synctest.Wait()
			cancel()
			_, open = <-replies
			require.False(t, open)
			require.ErrorIs(t, req.TrySend(number(99)), socket.ErrBadState, "the answer is put back, not received")
			receive(t, req, i, 1)
			_, err := req.TryRecv()
			require.ErrorIs(t, err, socket.ErrBadState)
		}
	})
}

// TestSendChanGivesBack gives up a send channel a thousand times, now and then with nobody reading: what stop returns was not sent, and everything
// else was, once and in order.
func TestSendChanGivesBack(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			push, pull := newPush(t, rt, socket.SendHWM(2)), newPull(t, rt, socket.RecvHWM(2))
			join(t, at.fresh(t), pull, push)
			next, given := 0, 0
			received := 0 // owned by the reader while it runs
			for round := range cancels {
				reading := round%10 > 0
				readerCtx, endReader := context.WithCancel(ctx)
				var reader errgroup.Group
				if reading {
					reader.Go(func() error {
						for m, err := range pull.Messages(readerCtx) {
							require.NoError(t, err)
							require.Equal(t, received, numberOf(t, m))
							received++
						}
						return nil
					})
				}
				one, cancel := context.WithCancel(ctx)
				c, stop := push.SendChan(one)
				sends := rand.IntN(5)
				if !reading {
					for push.TrySend(number(next)) == nil {
						next++
					}
					sends = 1 // it stays in the pump's hand
				}
				for range sends {
					c <- number(next)
					next++
				}
				if rand.IntN(2) == 0 {
					cancel()
				}
				left, err := stop()
				require.NoError(t, err)
				again, err := stop()
				require.NoError(t, err)
				require.Equal(t, left, again)
				require.LessOrEqual(t, len(left), 1)
				for _, m := range left {
					next--
					given++
					require.Equal(t, next, numberOf(t, m))
				}
				cancel()
				endReader()
				require.NoError(t, reader.Wait())
			}
			receive(t, pull, received, next-received)
			wantEmpty(t, pull)
			if at.scheme == "inproc" { // over networks the kernel makes room meanwhile
				require.GreaterOrEqual(t, given, cancels/10)
			}
		})
	}
}

// TestSendChanAtTheMark wants a send channel to stop taking at the mark, but for the message in the pump's hand, which comes back.
func TestSendChanAtTheMark(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt, socket.SendHWM(2)), newPull(t, rt, socket.RecvHWM(1))
		join(t, inprocName(t), pull, push)
		c, stop := push.SendChan(ctx)
		taken := 0
		for full := false; !full; {
			synctest.Wait() // the pump has put away what it could
			select {
			case c <- number(taken):
				taken++
			default:
				full = true
			}
		}
		require.Equal(t, 4, taken, "three at the mark and one in hand")
		require.EqualValues(t, 3, push.Stats().Out.Queued)
		left, err := stop()
		require.NoError(t, err)
		require.Len(t, left, 1)
		require.Equal(t, 3, numberOf(t, left[0]))
		receive(t, pull, 0, 3)
		wantEmpty(t, pull)
	})
}

// TestSendChanReports wants a send channel to end with its socket, and out of turn, and to give back what it had taken.
func TestSendChanReports(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push := newPush(t, rt)
		c, stop := push.SendChan(ctx)
		c <- number(7)
		synctest.Wait()
		require.NoError(t, push.Close(ctx))
		synctest.Wait()
		left, err := stop()
		require.ErrorIs(t, err, socket.ErrClosed)
		require.Len(t, left, 1)
		require.Equal(t, 7, numberOf(t, left[0]))

		rep := newRep(t, rt)
		c, stop = rep.SendChan(ctx)
		c <- number(8)
		synctest.Wait()
		left, err = stop()
		require.ErrorIs(t, err, socket.ErrBadState)
		require.Len(t, left, 1)
	})
}
