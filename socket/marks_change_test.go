package socket_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// TestLowWaterMark wants a sender that met the mark to go on after (mark+1)/2 messages have been received, and not one earlier. (libzmq: pipe.cpp,
// compute_lwm)
func TestLowWaterMark(t *testing.T) {
	for _, c := range []struct{ send, recv, after int }{{1, 1, 1}, {2, 1, 2}, {3, 2, 3}, {4, 4, 4}, {5, 4, 5}, {500, 500, 500}, {501, 500, 501}} {
		t.Run(fmt.Sprint(c.send+c.recv), func(t *testing.T) {
			bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
				push, pull := newPush(t, rt, socket.SendHWM(c.send)), newPull(t, rt, socket.RecvHWM(c.recv))
				join(t, inprocName(t), pull, push)
				n := fill(t, push, 10_000)
				require.Equal(t, c.send+c.recv, n)
				var sent atomic.Bool
				var g errgroup.Group
				g.Go(func() error {
					err := push.Send(ctx, number(n))
					sent.Store(true)
					return err
				})
				for i := range c.after {
					synctest.Wait()
					require.False(t, sent.Load(), "after %d of %d", i, n)
					require.ErrorIs(t, push.TrySend(number(n)), socket.ErrWouldBlock)
					receive(t, pull, i, 1)
				}
				synctest.Wait()
				require.True(t, sent.Load())
				require.NoError(t, g.Wait())
				receive(t, pull, c.after, n-c.after+1)
				wantEmpty(t, pull)
			})
		})
	}
}

// TestRoomServesAllWaiters wants the room that one opening makes to serve as many of the waiting senders as it can, in the order they came.
func TestRoomServesAllWaiters(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt, socket.SendHWM(4)), newPull(t, rt, socket.RecvHWM(4))
		join(t, inprocName(t), pull, push)
		require.Equal(t, 8, fill(t, push, 100))
		var g errgroup.Group
		var sent atomic.Int64
		for i := range 6 {
			g.Go(func() error {
				defer sent.Add(1)
				return push.Send(ctx, number(8+i))
			})
			synctest.Wait()
		}
		receive(t, pull, 0, 4)
		synctest.Wait()
		require.EqualValues(t, 4, sent.Load())
		receive(t, pull, 4, 10)
		require.NoError(t, g.Wait())
		wantEmpty(t, pull)
	})
}

// TestSetSendHWM changes the mark of a peer that nobody reads, on both sides and in both directions. (libzmq: test_sockopt_hwm)
func TestSetSendHWM(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push, pull := newPush(t, rt, socket.SendHWM(1)), newPull(t, rt, socket.RecvHWM(1))
	join(t, inprocName(t), pull, push)
	require.NoError(t, push.Set(ctx, socket.SendHWM(5)))
	require.Equal(t, 6, fill(t, push, 100))
	require.NoError(t, pull.Set(ctx, socket.RecvHWM(10)))
	require.Equal(t, 9, fill(t, push, 100))
	require.NoError(t, push.Set(ctx, socket.SendHWM(0)))
	require.Equal(t, 100, fill(t, push, 100))
	require.NoError(t, push.Set(ctx, socket.SendHWM(5)))
	require.Zero(t, fill(t, push, 100))
	for range 115 {
		_, err := pull.Recv(ctx)
		require.NoError(t, err)
	}
	require.Equal(t, 15, fill(t, push, 100))
}

// TestLoweredMark lowers the mark of a full queue: nothing is lost or out of order, and it takes no more than the new mark allows.
func TestLoweredMark(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push, pull := newPush(t, rt, socket.SendHWM(100)), newPull(t, rt, socket.RecvHWM(1))
	join(t, inprocName(t), pull, push)
	require.Equal(t, 101, fill(t, push, 200))
	require.NoError(t, push.Set(ctx, socket.SendHWM(70)))
	require.Zero(t, fill(t, push, 1))
	receive(t, pull, 0, 101)
	wantEmpty(t, pull)
	require.Equal(t, 71, fill(t, push, 200))
	receive(t, pull, 0, 71)
}

// TestSetHWMOfNetworkPeers changes the marks of peers over tcp, those there are and those to come.
func TestSetHWMOfNetworkPeers(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push := newPush(t, rt, socket.SendHWM(2))
	connect(t, push, nobody(t))
	require.Equal(t, 2, fill(t, push, 10))
	require.NoError(t, push.Set(ctx, socket.SendHWM(5)))
	require.Equal(t, 3, fill(t, push, 10))
	require.NoError(t, push.Set(ctx, socket.SendHWM(1)))
	require.Zero(t, fill(t, push, 10))
	connect(t, push, nobody(t))
	require.Equal(t, 1, fill(t, push, 10), "the new peer's")
	require.ErrorIs(t, push.Set(ctx, socket.SendHWM(-1)), socket.ErrBadOption)
	require.ErrorIs(t, push.Set(ctx, socket.SendHWM(-2)), socket.ErrBadOption)
	require.ErrorIs(t, push.Set(ctx, socket.RecvHWM(-1)), socket.ErrBadOption)
}

// TestSetHWMOfAllPeers changes the marks of sockets that send and receive: those of peers that connected, were connected to, or are to come.
func TestSetHWMOfAllPeers(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	rep, req := newRep(t, rt, socket.SendHWM(3), socket.RecvHWM(4)), newReq(t, rt)
	bound, _ := join(t, "tcp://127.0.0.1:*", rep, req)
	require.Equal(t, [][2]int{{3, 4}}, rep.Marks())
	require.Equal(t, [][2]int{{1000, 1000}}, req.Marks())
	require.NoError(t, rep.Set(ctx, socket.RecvHWM(7)))
	require.NoError(t, req.Set(ctx, socket.RecvHWM(0)))
	require.Equal(t, [][2]int{{3, 7}}, rep.Marks())
	require.Equal(t, [][2]int{{1000, 0}}, req.Marks())
	require.NoError(t, rep.Set(ctx, socket.SendHWM(8)))
	require.NoError(t, rep.Set(ctx, socket.RecvHWM(9)))
	connect(t, newReq(t, rt), bound.String())
	require.NoError(t, rep.WaitPeers(ctx, 2))
	require.Equal(t, [][2]int{{8, 9}, {8, 9}}, rep.Marks())
	pull, sub := newPull(t, rt, socket.RecvHWM(5)), newSub(t, rt, nil, socket.SendHWM(1))
	connect(t, pull, nobody(t))
	connect(t, sub, nobody(t))
	require.NoError(t, sub.Set(ctx, socket.SendHWM(2)))
	require.Equal(t, [][2]int{{-1, 5}}, pull.Marks())
	require.Equal(t, [][2]int{{0, 1000}}, sub.Marks(), "subscriptions have no mark")
}

// TestRaisedMarkWakes wants a raised mark to wake those who wait, one message for each place.
func TestRaisedMarkWakes(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push := newPush(t, rt, socket.SendHWM(1))
		connect(t, push, inprocName(t))
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		accepted, g := sendForEver(t, ctx, push, 4)
		for _, mark := range []int{1, 3, 10} {
			require.NoError(t, push.Set(ctx, socket.SendHWM(mark)))
			synctest.Wait()
			require.EqualValues(t, mark, accepted.Load())
		}
		cancel()
		require.NoError(t, g.Wait())
	})
}

// TestMarkChangesUnderTraffic changes both marks at random while messages flow: none is lost or out of order, and nobody hangs.
func TestMarkChangesUnderTraffic(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			const n = 3000
			ctx := within(t)
			rt := newRuntime(t)
			push, pull := newPush(t, rt, socket.SendHWM(1)), newPull(t, rt, socket.RecvHWM(1))
			join(t, at.fresh(t), pull, push)
			var g errgroup.Group
			g.Go(func() error {
				for i := range n {
					if err := push.Send(ctx, number(i)); err != nil {
						return err
					}
				}
				return nil
			})
			for i := range n {
				receive(t, pull, i, 1)
				switch i % 20 {
				case 0:
					require.NoError(t, push.Set(ctx, socket.SendHWM(i%7)))
				case 10:
					require.NoError(t, pull.Set(ctx, socket.RecvHWM(i%11)))
				}
			}
			require.NoError(t, g.Wait())
			wantEmpty(t, pull)
		})
	}
}

// TestRecvHWMPushesBack wants a receiver that reads slowly to hold its sender back: what is between the two is bounded by both marks, the batches in
// hand and what the kernel takes.
func TestRecvHWMPushesBack(t *testing.T) {
	const (
		n        = 1500
		size     = 64 << 10
		mark     = 10
		inKernel = 24 << 20 / size // the largest buffers of both ends, as Linux and others have them, with something to spare
		inHand   = 2 * (256<<10/size + 1)
	)
	ctx := within(t)
	rt := newRuntime(t)
	push, pull := newPush(t, rt, socket.SendHWM(mark)), newPull(t, rt, socket.RecvHWM(mark))
	join(t, "tcp://127.0.0.1:*", pull, push)
	var sent atomic.Int64
	ahead := make(chan struct{})
	var g errgroup.Group
	g.Go(func() error {
		body := []byte(strings.Repeat("x", size))
		for i := range n {
			if err := push.Send(ctx, socket.MessageOf(fmt.Append(nil, i), body)); err != nil {
				return err
			}
			if sent.Add(1) == 2*mark {
				close(ahead)
			}
		}
		return nil
	})
	<-ahead
	for i := range n {
		receive(t, pull, i, 1)
		require.LessOrEqual(t, sent.Load()-int64(i), int64(2*mark+inHand+inKernel))
		require.LessOrEqual(t, push.Stats().Out.Queued, uint64(mark))
		require.LessOrEqual(t, pull.Stats().In.Queued, uint64(mark))
	}
	require.NoError(t, g.Wait())
}

// TestPubDropsOverTCP publishes to a subscriber that does not read until something is dropped: what was not dropped arrives, in order, once.
func TestPubDropsOverTCP(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pub, sub := newPub(t, rt, socket.SendHWM(10)), newSub(t, rt, []string{""}, socket.RecvHWM(10))
	join(t, "tcp://127.0.0.1:*", pub, sub)
	require.NoError(t, pub.WaitSubscribers(ctx, 1))
	body := make([]byte, 32<<10)
	sent := 0
	for dropped(pub.Stats().Out) < 100 {
		require.NoError(t, pub.Send(ctx, number(sent).Append(body)))
		sent++
		require.Less(t, sent, 1_000_000, "nothing is ever dropped")
	}
	out := pub.Stats().Out
	require.Len(t, out.Dropped, 1)
	lost := out.Dropped[mailbox.ReasonFull]
	require.EqualValues(t, sent, out.Accepted)
	last := -1
	for range sent - int(lost) {
		m, err := sub.Recv(ctx)
		require.NoError(t, err)
		require.Greater(t, numberOf(t, m), last)
		last = numberOf(t, m)
	}
	wantEmpty(t, sub)
	require.NoError(t, pub.WaitDrained(ctx)) // there is room again, and not only soon
	require.NoError(t, pub.Send(ctx, number(sent)))
	receive(t, sub, sent, 1)
}

// TestSetHWMBeforeThePeer changes the mark of a bound socket before anybody comes, and that of a connected one without a peer: it is the new peer's. (libzmq
// gives it what was set when the endpoint was made.)
func TestSetHWMBeforeThePeer(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt, socket.SendHWM(50)), newPull(t, rt, socket.RecvHWM(50))
		_, peer := bindLine(t, ctx, push)
		require.NoError(t, push.Set(ctx, socket.SendHWM(5)))
		peer.shakeLine("PULL", "")
		require.NoError(t, push.WaitPeers(ctx, 1))
		require.Equal(t, [][2]int{{5, -1}}, push.Marks())
		require.Equal(t, 5, fill(t, push, 100))
		require.NoError(t, peer.conn.Close())

		_, peer = bindLine(t, ctx, pull)
		require.NoError(t, pull.Set(ctx, socket.RecvHWM(5)))
		peer.shakeLine("PUSH", "")
		require.NoError(t, pull.WaitPeers(ctx, 1))
		require.Equal(t, [][2]int{{-1, 5}}, pull.Marks())
		require.NoError(t, peer.conn.Close())
	})
}
