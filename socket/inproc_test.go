package socket_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// TestInprocClosedBeforeBind sends to a name that nobody has, closes, and binds: what was sent is there, whatever linger says, and the ghost of its
// sender is no peer. (libzmq: test_hwm, probed)
func TestInprocClosedBeforeBind(t *testing.T) {
	for name, leave := range map[string]func(context.Context, *socket.Push, *socket.Endpoint) error{
		"socket":   func(ctx context.Context, s *socket.Push, _ *socket.Endpoint) error { return s.Close(ctx) },
		"endpoint": func(ctx context.Context, _ *socket.Push, e *socket.Endpoint) error { return e.Close(ctx) },
	} {
		for _, opts := range [][]socket.Option{nil, {socket.Linger(0)}} {
			t.Run(name, func(t *testing.T) {
				ctx := within(t)
				rt := newRuntime(t)
				ep := inprocName(t)
				push := newPush(t, rt, append(opts, socket.SendHWM(3))...)
				end := connect(t, push, ep)
				require.Equal(t, 3, fill(t, push, 10))
				require.NoError(t, leave(ctx, push, end))
				pull := newPull(t, rt)
				bind(t, pull, ep)
				receive(t, pull, 0, 3)
				wantEmpty(t, pull)
				gone(t, pull)
				out := push.Stats().Out
				balanced(t, out)
				require.EqualValues(t, 3, out.Delivered)
				require.Empty(t, pull.Stats().Peers)
			})
		}
	}
}

// TestInprocNothingSentBeforeBind connects and closes without a word: the binder does not hear of it.
func TestInprocNothingSentBeforeBind(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	ep := inprocName(t)
	push := newPush(t, rt)
	connect(t, push, ep)
	require.NoError(t, push.Close(ctx))
	pull := newPull(t, rt)
	bind(t, pull, ep)
	require.NoError(t, pull.Settle(ctx))
	require.Empty(t, pull.Stats().Peers)
}

// TestInprocCloseDelivers closes a sender right after it has sent: nothing of it is lost, however young the other side's pipe is.
func TestInprocCloseDelivers(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	for i := range 300 {
		push, pull := newPush(t, rt), newPull(t, rt)
		join(t, inprocName(t), pull, push)
		require.NoError(t, push.Send(ctx, number(i)))
		require.NoError(t, push.Close(ctx))
		receive(t, pull, i, 1)
		require.NoError(t, pull.Close(ctx))
	}
}

// TestInprocSimultaneous connects, sends, binds and receives all at the same time: nothing is lost, doubled or out of order. (libzmq:
// test_inproc_connect)
func TestInprocSimultaneous(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	for range 200 {
		const n = 20
		ep := inprocName(t)
		push, pull := newPush(t, rt), newPull(t, rt)
		var g errgroup.Group
		g.Go(func() error {
			_, err := pull.Bind(ctx, ep)
			return err
		})
		g.Go(func() error {
			_, err := push.Connect(ctx, ep)
			return err
		})
		g.Go(func() error {
			for i := range n {
				if err := push.Send(ctx, number(i)); err != nil {
					return err
				}
			}
			return nil
		})
		receive(t, pull, 0, n)
		require.NoError(t, g.Wait())
		require.NoError(t, push.Close(ctx))
		require.NoError(t, pull.Close(ctx))
		balanced(t, pull.Stats().In)
		require.EqualValues(t, n, pull.Stats().In.Delivered)
	}
}

// TestInprocFairness wants pipes that were there before the bind, and had sent or not, to be served in turn like others.
func TestInprocFairness(t *testing.T) {
	for range 50 {
		const peers, each = 4, 6
		rt := newRuntime(t)
		ep := inprocName(t)
		pull := newPull(t, rt)
		var g errgroup.Group
		for i := range peers {
			push := newPush(t, rt)
			connect(t, push, ep)
			g.Go(func() error {
				for range each {
					if err := push.Send(within(t), number(i)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		bind(t, pull, ep)
		require.NoError(t, g.Wait())
		for range each {
			turn := map[int]bool{}
			for range peers {
				m, err := pull.TryRecv()
				require.NoError(t, err)
				turn[numberOf(t, m)] = true
			}
			require.Len(t, turn, peers, "one message of each peer in each turn")
		}
	}
}

// TestFairQueue has three peers queue different numbers of messages: each turn takes one of each that has any, and the last takes the
// place of one that has none. (libzmq: test_spec_pushpull)
func TestFairQueue(t *testing.T) {
	rt := newRuntime(t)
	pull := newPull(t, rt)
	ep := bind(t, pull, inprocName(t)).String()
	counts := []int{1, 5, 3}
	for i, n := range counts {
		push := newPush(t, rt)
		connect(t, push, ep)
		require.NoError(t, pull.WaitPeers(within(t), i+1))
		for range n {
			require.NoError(t, push.TrySend(number(i)))
		}
	}
	for _, turn := range [][]int{{0, 1, 2}, {2, 1}, {2, 1}, {1}, {1}} {
		for _, i := range turn {
			receive(t, pull, i, 1)
		}
	}
	wantEmpty(t, pull)
}

// TestInprocUnbind gives a name up: those who are joined stay so, later ones wait for whoever binds it next, and closing what once had the name
// takes it from nobody.
func TestInprocUnbind(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	ep := inprocName(t)
	first, second := newPull(t, rt), newPull(t, rt)
	old, late := newPush(t, rt), newPush(t, rt)
	bound := bind(t, first, ep)
	connect(t, old, ep)
	require.NoError(t, first.WaitPeers(ctx, 1))
	_, err := second.Bind(ctx, ep)
	require.ErrorIs(t, err, socket.ErrAddrInUse)
	require.NoError(t, bound.Close(ctx))
	connect(t, late, ep)
	require.NoError(t, late.TrySend(number(2)))
	require.NoError(t, old.TrySend(number(1)))
	receive(t, first, 1, 1)
	wantEmpty(t, first)
	bind(t, second, ep)
	receive(t, second, 2, 1)
	require.NoError(t, bound.Close(ctx), "closing twice is no error")
	require.NoError(t, first.Close(ctx))
	require.NoError(t, old.Close(ctx))
	another := newPush(t, rt)
	connect(t, another, ep)
	require.NoError(t, another.TrySend(number(3)))
	receive(t, second, 3, 1)
	_, err = newPull(t, rt).Bind(ctx, ep)
	require.ErrorIs(t, err, socket.ErrAddrInUse)
}

// TestInprocDoesNotReconnect closes the binder and binds the name again: the old peer does not come back by itself, as in libzmq.
func TestInprocDoesNotReconnect(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	ep := inprocName(t)
	push, first, second := newPush(t, rt), newPull(t, rt), newPull(t, rt)
	bind(t, first, ep)
	connect(t, push, ep)
	require.NoError(t, push.WaitPeers(ctx, 1))
	require.NoError(t, push.TrySend(number(1)))
	require.NoError(t, first.Close(ctx))
	gone(t, push)
	out := push.Stats().Out
	balanced(t, out)
	require.Equal(t, only(socket.ReasonUnread, 1), out.Dropped)
	bind(t, second, ep)
	require.ErrorIs(t, push.TrySend(number(2)), socket.ErrNoPeers)
	connect(t, push, ep)
	require.NoError(t, push.Send(ctx, number(3)))
	receive(t, second, 3, 1)
}

// TestInprocIncompatible joins types that cannot talk: whoever comes second is told, or the event says so, and a pipe is not left behind.
func TestInprocIncompatible(t *testing.T) {
	ctx := within(t)
	failed := make(chan socket.Event, 8)
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) {
		if e.Kind == socket.EventHandshakeFailed {
			failed <- e
		}
	}))
	ep := inprocName(t)
	pull, sub, rep := newPull(t, rt), newSub(t, rt, nil), newRep(t, rt)
	bind(t, pull, ep)
	_, err := sub.Connect(ctx, ep)
	require.ErrorIs(t, err, socket.ErrIncompatible)
	require.Empty(t, sub.Stats().Peers)
	other := inprocName(t)
	connect(t, sub, other)
	bind(t, rep, other)
	e := <-failed
	require.Equal(t, rep.String(), e.Socket)
	require.ErrorIs(t, e.Err, socket.ErrIncompatible)
	require.Empty(t, rep.Stats().Peers)
}

// TestInprocRefusedAfterSending binds a type that cannot talk to one that waits for the name and has sent: what it sent is counted as dropped, and does not stay.
func TestInprocRefusedAfterSending(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	ep := inprocName(t)
	push := newPush(t, rt)
	connect(t, push, ep)
	require.Equal(t, 3, fill(t, push, 3))
	bind(t, newRep(t, rt), ep)
	require.NoError(t, push.Settle(ctx))
	out := push.Stats().Out
	balanced(t, out)
	require.Zero(t, out.Queued)
	require.Equal(t, only(socket.ReasonUnread, 3), out.Dropped)
	require.NoError(t, push.Close(ctx), "what was lost before is not unsent now")
}

// TestInprocNamesAreTheRuntimes wants the same name in two runtimes to be two names.
func TestInprocNamesAreTheRuntimes(t *testing.T) {
	ep := inprocName(t)
	one, two := newRuntime(t), newRuntime(t)
	pull := newPull(t, one)
	bind(t, pull, ep)
	push := newPush(t, two)
	connect(t, push, ep)
	bind(t, newPull(t, two), ep)
	require.NoError(t, push.WaitPeers(within(t), 1))
	require.NoError(t, push.TrySend(number(0)))
	wantEmpty(t, pull)
}

// TestInprocReceiverCloses closes a receiver under the fire of many senders: each message accepted is delivered or on the books as dropped, on both
// sides alike, and none stays queued for ever.
func TestInprocReceiverCloses(t *testing.T) {
	rt := newRuntime(t)
	for range 20 {
		ctx := within(t) // the senders leave the others little of the processor
		const senders = 4
		push, pull := newPush(t, rt, socket.SendHWM(0)), newPull(t, rt)
		join(t, inprocName(t), pull, push)
		var accepted atomic.Int64
		var g errgroup.Group
		for range senders {
			g.Go(func() error {
				for push.TrySend(number(0)) == nil {
					accepted.Add(1)
				}
				return nil
			})
		}
		received := 0
		for range 5 {
			_, err := pull.Recv(ctx)
			require.NoError(t, err)
			received++
		}
		require.NoError(t, pull.Close(ctx))
		require.NoError(t, g.Wait())
		gone(t, push)
		for _, l := range []socket.Ledger{push.Stats().Out, pull.Stats().In} {
			require.EqualValues(t, accepted.Load(), l.Accepted)
			require.EqualValues(t, received, l.Delivered)
			require.EqualValues(t, accepted.Load()-int64(received), l.Dropped[socket.ReasonUnread])
			require.Zero(t, l.Queued)
		}
		require.NoError(t, push.Close(ctx))
	}
}

// TestInprocManyBeforeBind has many sockets wait for a name, of which some have sent: the binder gets them all, and what they sent. (libzmq:
// test_inproc_connect)
func TestInprocManyBeforeBind(t *testing.T) {
	const n = 20
	ctx := within(t)
	rt := newRuntime(t)
	ep := inprocName(t)
	for i := range n {
		push := newPush(t, rt)
		connect(t, push, ep)
		for range i % 3 {
			require.NoError(t, push.TrySend(number(i)))
		}
	}
	pull := newPull(t, rt)
	bind(t, pull, ep)
	require.NoError(t, pull.WaitPeers(ctx, n))
	got := map[int]int{}
	for m, err := pull.TryRecv(); err == nil; m, err = pull.TryRecv() {
		got[numberOf(t, m)]++
	}
	for i := range n {
		require.Equal(t, i%3, got[i])
	}
}

// TestInprocPubBeforeBind connects a publisher to a name that a subscriber binds later: what was published before is dropped, what comes after arrives.
func TestInprocPubBeforeBind(t *testing.T) {
	rt := newRuntime(t)
	ep := inprocName(t)
	pub := newPub(t, rt)
	connect(t, pub, ep)
	publish(t, pub, "early")
	sub := newSub(t, rt, []string{""})
	bind(t, sub, ep)
	require.NoError(t, pub.WaitSubscribers(within(t), 1))
	publish(t, pub, "late")
	want(t, sub, "late")
}
