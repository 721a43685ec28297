package socket_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// overPlaces runs a test for each transport, with a publisher that is bound to it.
func overPlaces(t *testing.T, f func(t *testing.T, rt *socket.Runtime, pub *socket.Pub, ep string), opts ...socket.Option) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			rt := newRuntime(t)
			pub := newPub(t, rt, opts...)
			f(t, rt, pub, bind(t, pub, at.fresh(t)).String())
		})
	}
}

// publish sends messages of one frame each.
func publish(t *testing.T, pub *socket.Pub, bodies ...string) {
	t.Helper()
	for _, b := range bodies {
		require.NoError(t, pub.Send(within(t), socket.NewMessage(b)))
	}
}

// want receives messages of one frame each.
func want(t *testing.T, s socket.Receiver, bodies ...string) {
	t.Helper()
	for _, b := range bodies {
		m, err := s.Recv(within(t))
		require.NoError(t, err)
		require.Equal(t, b, string(m.Bytes()))
	}
}

// subscribe subscribes, and waits until the publisher knows that n peers have that topic.
func subscribe(t *testing.T, pub *socket.Pub, sub *socket.Sub, topic string, n int) {
	t.Helper()
	require.NoError(t, sub.Subscribe(topic))
	require.NoError(t, pub.WaitTopic(within(t), topic, n))
}

// TestSubscribeBeforeAndAfterConnect subscribes at both times.
func TestSubscribeBeforeAndAfterConnect(t *testing.T) {
	overPlaces(t, func(t *testing.T, rt *socket.Runtime, pub *socket.Pub, ep string) {
		sub := newSub(t, rt, []string{"early"})
		connect(t, sub, ep)
		require.NoError(t, pub.WaitSubscribers(within(t), 1))
		publish(t, pub, "late: missed", "early: got")
		want(t, sub, "early: got")
		subscribe(t, pub, sub, "late", 1)
		publish(t, pub, "late: got", "none", "early: got")
		want(t, sub, "late: got", "early: got")
	})
}

// TestNoSubscriptionNoMessage wants a subscriber to receive nothing until it subscribes, and a publisher not even to queue for it.
func TestNoSubscriptionNoMessage(t *testing.T) {
	overPlaces(t, func(t *testing.T, rt *socket.Runtime, pub *socket.Pub, ep string) {
		sub := newSub(t, rt, nil)
		connect(t, sub, ep)
		require.NoError(t, sub.WaitPeers(within(t), 1))
		require.NoError(t, pub.WaitPeers(within(t), 1))
		publish(t, pub, "", "a", "b")
		require.Zero(t, pub.Stats().Out.Accepted)
		require.NoError(t, sub.Subscribe(""))
		require.NoError(t, pub.WaitSubscribers(within(t), 1))
		publish(t, pub, "c")
		want(t, sub, "c")
		require.EqualValues(t, 1, pub.Stats().Out.Accepted)
	})
}

// TestPublishToNobody wants a publisher without peers to drop: there is nobody to count for.
func TestPublishToNobody(t *testing.T) {
	rt := newRuntime(t)
	pub := newPub(t, rt)
	publish(t, pub, "x")
	require.NoError(t, pub.TrySend(socket.NewMessage("x")))
	require.Zero(t, pub.Stats().Out.Accepted)
}

// TestUnsubscribeCounts wants as many Unsubscribes as Subscribes to end a subscription, on the publisher's side too.
func TestUnsubscribeCounts(t *testing.T) {
	overPlaces(t, func(t *testing.T, rt *socket.Runtime, pub *socket.Pub, ep string) {
		sub := newSub(t, rt, []string{"a", "a", "a", "b"})
		connect(t, sub, ep)
		require.NoError(t, pub.WaitTopic(within(t), "b", 1))
		require.NoError(t, sub.Unsubscribe("a"))
		require.NoError(t, sub.Unsubscribe("a"))
		require.NoError(t, sub.Unsubscribe("never subscribed to"), "as libzmq")
		subscribe(t, pub, sub, "two less", 1)
		publish(t, pub, "a: still", "b")
		want(t, sub, "a: still", "b")
		require.NoError(t, sub.Unsubscribe("a"))
		publish(t, pub, "a: filtered here or there", "b")
		want(t, sub, "b")
		require.NoError(t, pub.WaitTopic(within(t), "a", 0))
		before := pub.Stats().Out.Accepted
		publish(t, pub, "a: filtered there")
		require.Equal(t, before, pub.Stats().Out.Accepted)
		subscribe(t, pub, sub, "a", 1)
		publish(t, pub, "a: again")
		want(t, sub, "a: again")
	})
}

// TestPrefixes wants prefixes of the first frame to match, and nothing else.
func TestPrefixes(t *testing.T) {
	overPlaces(t, func(t *testing.T, rt *socket.Runtime, pub *socket.Pub, ep string) {
		sub := newSub(t, rt, []string{"ab", "abcd", "\x00", "\x01\x00", "end", strings.Repeat("t", 245), strings.Repeat("u", 246), strings.Repeat("v", 300), "\xff\xfe"})
		connect(t, sub, ep)
		require.NoError(t, pub.WaitTopic(within(t), "\xff\xfe", 1))
		yes := []string{
			"ab", "abc", "abcd", "abcde", "\x00", "\x00x", "\x01\x00", "\x01\x00y", "\xff\xfe\xfd", strings.Repeat("t", 245), strings.Repeat("u", 247),
			strings.Repeat("v", 301),
		}
		no := []string{"", "a", "b", "Ab", "cab", "\x01", "\x01\x01", "\xff", "\xfe\xff", strings.Repeat("t", 244), strings.Repeat("u", 245), "e", "en"}
		for _, body := range no {
			require.NoError(t, pub.Send(within(t), socket.NewMessage(body, "ab")), "the second frame is no topic")
		}
		publish(t, pub, yes...)
		publish(t, pub, "end")
		want(t, sub, yes...)
		want(t, sub, "end")
	})
}

// TestEmptyTopicIsAll wants the empty prefix to match everything, the empty message too, and to go again.
func TestEmptyTopicIsAll(t *testing.T) {
	overPlaces(t, func(t *testing.T, rt *socket.Runtime, pub *socket.Pub, ep string) {
		sub := newSub(t, rt, []string{""})
		connect(t, sub, ep)
		require.NoError(t, pub.WaitSubscribers(within(t), 1))
		publish(t, pub, "", "x", "\x00")
		want(t, sub, "", "x", "\x00")
		subscribe(t, pub, sub, "last", 1)
		require.NoError(t, sub.Unsubscribe(""))
		publish(t, pub, "x", "last")
		want(t, sub, "last")
	})
}

// TestSeveralSubscribers wants each subscriber to get what it asked for, once, however many of its topics match.
func TestSeveralSubscribers(t *testing.T) {
	overPlaces(t, func(t *testing.T, rt *socket.Runtime, pub *socket.Pub, ep string) {
		topics := [][]string{{"a", "ab", ""}, {"a"}, {"b"}, {"ab", "b"}}
		var subs []*socket.Sub
		for i, of := range topics {
			subs = append(subs, newSub(t, rt, of))
			connect(t, subs[i], ep)
			subscribe(t, pub, subs[i], "~end", i+1)
		}
		for _, of := range []struct {
			topic string
			n     int
		}{{"a", 2}, {"ab", 2}, {"", 1}, {"b", 2}} {
			require.NoError(t, pub.WaitTopic(within(t), of.topic, of.n))
		}
		publish(t, pub, "a1", "ab2", "b3", "c4", "~end")
		want(t, subs[0], "a1", "ab2", "b3", "c4", "~end")
		want(t, subs[1], "a1", "ab2", "~end")
		want(t, subs[2], "b3", "~end")
		want(t, subs[3], "ab2", "b3", "~end")
		for _, s := range subs {
			wantEmpty(t, s)
		}
	})
}

// TestResubscribeAtReconnect closes the publisher's endpoint and binds the address again: the subscriber comes back with the topics it has by then,
// once each, and with no others.
func TestResubscribeAtReconnect(t *testing.T) {
	for _, at := range places {
		if at.scheme == "inproc" {
			continue // two that have parted do not find each other again, as in libzmq
		}
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			pub := newPub(t, rt)
			bound := bind(t, pub, at.fresh(t))
			sub := newSub(t, rt, []string{"keep", "keep", "drop"}, socket.ReconnectInterval(1))
			connect(t, sub, bound.String())
			require.NoError(t, pub.WaitSubscribers(ctx, 1))
			for round := range 3 {
				require.NoError(t, bound.Close(ctx))
				require.Empty(t, pub.Stats().Peers)
				gone(t, sub)
				if round == 0 {
					require.NoError(t, sub.Unsubscribe("drop"))
					require.NoError(t, sub.Unsubscribe("keep"), "one of two")
					require.NoError(t, sub.Subscribe("new"))
				}
				bound = bind(t, pub, bound.String())
				require.NoError(t, pub.WaitTopic(ctx, "keep", 1))
				require.NoError(t, pub.WaitTopic(ctx, "new", 1))
				require.NoError(t, pub.WaitTopic(ctx, "drop", 0))
				before := pub.Stats().Out.Accepted
				publish(t, pub, "drop", "keep", "new")
				want(t, sub, "keep", "new")
				require.Equal(t, before+2, pub.Stats().Out.Accepted)
			}
		})
	}
}

// TestSubscriptionsOutliveTheirPublishers connects one subscriber to several publishers, whoever binds: each learns of what was subscribed to before.
func TestSubscriptionsOutliveTheirPublishers(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			sub := newSub(t, rt, []string{"a"})
			ep := bind(t, sub, at.fresh(t)).String()
			for range 3 {
				pub := newPub(t, rt)
				connect(t, pub, ep)
				require.NoError(t, pub.WaitSubscribers(ctx, 1))
				publish(t, pub, "b", "a")
				want(t, sub, "a")
				require.NoError(t, pub.Close(ctx))
			}
		})
	}
}

// TestWaitSubscribers wants it to count peers with a subscription, not subscriptions, and to end with ctx.
func TestWaitSubscribers(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		pub := newPub(t, rt)
		ep := bind(t, pub, inprocName(t)).String()
		none, one := newSub(t, rt, nil), newSub(t, rt, []string{"a", "b", "b"})
		connect(t, none, ep)
		connect(t, one, ep)
		require.NoError(t, pub.WaitSubscribers(ctx, 1))
		require.NoError(t, pub.WaitPeers(ctx, 2))
		two := func(ctx context.Context) <-chan error {
			c := make(chan error, 1)
			go func() { c <- pub.WaitSubscribers(ctx, 2) }()
			synctest.Wait()
			return c
		}
		waiting := two(ctx)
		require.Empty(t, waiting)
		require.NoError(t, none.Subscribe("x"))
		require.NoError(t, <-waiting)
		require.NoError(t, none.Unsubscribe("x"))
		short, cancel := context.WithCancel(ctx)
		waiting = two(short)
		require.Empty(t, waiting)
		cancel()
		require.ErrorIs(t, <-waiting, context.Canceled)
		waiting = two(ctx)
		require.NoError(t, one.Close(ctx))
		synctest.Wait() // the publisher has heard of it
		require.NoError(t, none.Subscribe("x"))
		synctest.Wait()
		require.Empty(t, waiting, "the other one has gone")
		require.NoError(t, pub.Close(ctx))
		require.ErrorIs(t, <-waiting, socket.ErrClosed)
	})
}
