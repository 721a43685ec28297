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
