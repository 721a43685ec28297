package socket_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// TestNoDropWaits wants a publisher that may not drop to wait for the slowest of the matching subscribers, to send to nobody meanwhile, and to hold up
// nothing that others subscribed to.
func TestNoDropWaits(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		pub := newPub(t, rt, socket.XPubNoDrop(true), socket.SendHWM(4))
		ep := bind(t, pub, inprocName(t))
		slow, quick, other := newSub(t, rt, []string{"1"}, socket.RecvHWM(4)), newSub(t, rt, []string{"1"}), newSub(t, rt, []string{"2"})
		for i, s := range []*socket.Sub{slow, quick, other} {
			connect(t, s, ep.String())
			require.NoError(t, pub.WaitSubscribers(ctx, i+1))
		}
		for range 8 {
			require.NoError(t, pub.TrySend(number(1)))
			receive(t, quick, 1, 1)
		}
		require.ErrorIs(t, pub.TrySend(number(1)), socket.ErrWouldBlock)
		wantEmpty(t, quick)
		require.NoError(t, pub.TrySend(number(2)))
		receive(t, other, 2, 1)
		var g errgroup.Group
		g.Go(func() error { return pub.Send(ctx, number(10)) })
		for range 4 {
			synctest.Wait()
			wantEmpty(t, quick)
			receive(t, slow, 1, 1)
		}
		require.NoError(t, g.Wait())
		receive(t, quick, 10, 1)
		for range 4 {
			receive(t, slow, 1, 1)
		}
		receive(t, slow, 10, 1)
		require.Zero(t, dropped(pub.Stats().Out))
	})
}

// TestNoDropLosesNothing publishes three times what the marks hold, over each transport: the publisher waits and every message arrives in order.
// (libzmq: test_hwm_pubsub, test_xpub_nodrop)
func TestNoDropLosesNothing(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			const n, subs = 6000, 3
			ctx := within(t)
			rt := newRuntime(t)
			pub := newPub(t, rt, socket.XPubNoDrop(true), socket.SendHWM(100))
			ep := bind(t, pub, at.fresh(t))
			var g errgroup.Group
			for range subs {
				sub := newSub(t, rt, []string{""}, socket.RecvHWM(100))
				connect(t, sub, ep.String())
				g.Go(func() error {
					receive(t, sub, 0, n)
					wantEmpty(t, sub)
					return nil
				})
			}
			require.NoError(t, pub.WaitSubscribers(ctx, subs))
			for i := range n {
				if err := pub.TrySend(number(i)); err != nil {
					require.ErrorIs(t, err, socket.ErrWouldBlock)
					require.NoError(t, pub.Send(ctx, number(i)))
				}
			}
			require.NoError(t, g.Wait())
			require.Zero(t, dropped(pub.Stats().Out))
		})
	}
}

// TestNoDropIsFreed wants a waiting publisher to go on when the subscriber it waits for leaves, or wants no more.
func TestNoDropIsFreed(t *testing.T) {
	for name, free := range map[string]func(context.Context, *socket.Sub, *socket.Endpoint) error{
		"closed":       func(ctx context.Context, s *socket.Sub, _ *socket.Endpoint) error { return s.Close(ctx) },
		"disconnected": func(ctx context.Context, _ *socket.Sub, e *socket.Endpoint) error { return e.Close(ctx) },
		"unsubscribed": func(_ context.Context, s *socket.Sub, _ *socket.Endpoint) error { return s.Unsubscribe("") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
				pub := newPub(t, rt, socket.XPubNoDrop(true), socket.SendHWM(1))
				ep := bind(t, pub, inprocName(t))
				sub := newSub(t, rt, []string{""}, socket.RecvHWM(1))
				end := connect(t, sub, ep.String())
				require.NoError(t, pub.WaitSubscribers(ctx, 1))
				require.Equal(t, 2, fill(t, pub, 100))
				var sent atomic.Bool
				var g errgroup.Group
				g.Go(func() error {
					defer sent.Store(true)
					return pub.Send(ctx, number(2))
				})
				synctest.Wait()
				require.False(t, sent.Load())
				require.NoError(t, free(ctx, sub, end))
				require.NoError(t, g.Wait())
			})
		})
	}
}

// parting has two senders wait at a publisher that may not drop: first one for a subscriber of topic 1, then one for a subscriber of topic 2. free ends
// the latter's subscription.
func parting(t *testing.T, ctx context.Context, pub socket.Sender, free func()) {
	t.Helper()
	require.Equal(t, 2, fillWith(t, pub, number(1)))
	require.Equal(t, 2, fillWith(t, pub, number(2)))
	var first, second atomic.Bool
	ctx, cancel := context.WithCancel(ctx)
	var g errgroup.Group
	g.Go(func() error {
		err := pub.Send(ctx, number(1))
		first.Store(true)
		return err
	})
	synctest.Wait()
	g.Go(func() error {
		err := pub.Send(ctx, number(2))
		second.Store(true)
		return err
	})
	synctest.Wait()
	require.False(t, first.Load() || second.Load())
	free() // of whoever wants 2
	synctest.Wait()
	require.True(t, second.Load(), "its sender waits for nobody any more")
	require.False(t, first.Load(), "the other's subscriber is still there")
	require.NoError(t, pub.TrySend(number(2)))
	cancel()
	require.ErrorIs(t, g.Wait(), context.Canceled)
}

// fillWith sends m until there is no room for it, and returns how often there was.
func fillWith(t *testing.T, pub socket.Sender, m socket.Message) int {
	t.Helper()
	for n := 0; ; n++ {
		if err := pub.TrySend(m); err != nil {
			require.ErrorIs(t, err, socket.ErrWouldBlock)
			return n
		}
	}
}

// TestNoDropFreesTheSender wants the end of a subscription to free the sender that waits for it, and not only the one that has waited longest, who may
// wait for somebody else.
func TestNoDropFreesTheSender(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		pub := newPub(t, rt, socket.XPubNoDrop(true), socket.SendHWM(1))
		ep := bind(t, pub, inprocName(t))
		a, b := newSub(t, rt, []string{"1"}, socket.RecvHWM(1)), newSub(t, rt, []string{"2"}, socket.RecvHWM(1))
		for i, s := range []*socket.Sub{a, b} {
			connect(t, s, ep.String())
			require.NoError(t, pub.WaitSubscribers(ctx, i+1))
		}
		parting(t, ctx, pub, func() { require.NoError(t, b.Unsubscribe("2")) })
	})
}

// TestNoDropFreesTheSenderByHand is TestNoDropFreesTheSender where the application ends the subscription.
func TestNoDropFreesTheSenderByHand(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		x, err := socket.NewXPub(rt, socket.XPubNoDrop(true), socket.XPubManual(true), socket.SendHWM(1))
		require.NoError(t, err)
		ep := bind(t, x, inprocName(t))
		for _, topic := range []string{"1", "2"} { // 2 is the last one, whose subscriptions are changed
			connect(t, newSub(t, rt, []string{topic}, socket.RecvHWM(1)), ep.String())
			want(t, x, "\x01"+topic)
			require.NoError(t, x.Subscribe(topic))
		}
		parting(t, ctx, x, func() { require.NoError(t, x.Unsubscribe("2")) })
	})
}
