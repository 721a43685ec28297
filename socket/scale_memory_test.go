package socket_test

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// bytesInUse is what the heap holds once all garbage is gone: when two visits of the collector, which let go of what pools and finalizers had, find nothing more.
func bytesInUse() int64 {
	var m runtime.MemStats
	for before := int64(math.MaxInt64); ; before = int64(m.HeapAlloc) {
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		if int64(m.HeapAlloc) > before-64<<10 {
			return int64(m.HeapAlloc)
		}
	}
}

// subscriptionCost is the most that a publisher may hold for a subscription, in bytes: 40 to 90 with a topic of 13, as the README says, and room for what
// the two readings do not tell apart. -v prints what it is.
const subscriptionCost = 128

// TestManySubscriptionsMemory has a million subscriptions on one XPub, a fifth without -v: of one peer, of a thousand peers, and of those the same from each. It
// counts what each costs the publisher. Messages find those they match, and those alone.
func TestManySubscriptionsMemory(t *testing.T) {
	n := manyTopics
	if !testing.Verbose() {
		n /= 5
	}
	for name, c := range map[string]struct{ peers, total, topics int }{
		"one peer":                       {1, n, n},
		"1000 peers, all different":      {1000, n, n},
		"1000 peers, the same from each": {1000, n, n / 1000},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t, socket.MaxSockets(2000))
			xpub, err := socket.NewXPub(rt, socket.XPubVerbose(true)) // so that each is heard of
			require.NoError(t, err)
			ep := inprocName(t)
			bind(t, xpub, ep)
			subs := make([]*socket.Sub, c.peers)
			for i := range subs {
				subs[i] = newSub(t, rt, nil)
			}
			shared := c.topics < c.total
			of := func(i int) string {
				if shared {
					i /= c.peers
				}
				return fmt.Sprintf("topic.%07d", i)
			}
			for i := range c.total { // each keeps its own, connected or not
				require.NoError(t, subs[i%c.peers].Subscribe(of(i)))
			}
			before := bytesInUse()
			for _, sub := range subs {
				connect(t, sub, ep)
			}
			for range c.total {
				m, err := xpub.Recv(ctx)
				require.NoError(t, err)
				m.Release()
			}
			each := float64(bytesInUse()-before) / float64(c.total)
			t.Logf("%d subscriptions of %d peers to %d topics: %.0f bytes each", c.total, c.peers, c.topics, each)
			require.Less(t, each, float64(subscriptionCost*memoryOverhead))

			require.NoError(t, xpub.Send(ctx, socket.NewMessage("topic.x")))
			for i := 0; i < c.total; i += c.total/50 + 1 {
				topic := of(i) + " and more"
				require.NoError(t, xpub.Send(ctx, socket.NewMessage(topic)))
				for k, sub := range subs {
					if shared || k == i%c.peers {
						wantMessage(t, sub, topic)
					}
				}
			}
			for _, sub := range subs {
				wantEmpty(t, sub)
			}
		})
	}
}

// TestManySubscriptionsSteps counts the steps from node to node that a match takes: one for each byte of the message's first frame at most, and the first,
// whatever number of topics there are.
func TestManySubscriptionsSteps(t *testing.T) {
	for _, total := range []int{1000, manyTopics} {
		steps := socket.TopicSteps(total, func(i int) string { return fmt.Sprintf("topic.%07d", i) })
		for _, body := range []string{"", "t", "topic.", "topic.0000999", "topic.0000999 and more", "topic.0000x", "nothing like it"} {
			require.LessOrEqual(t, steps(body), len(body)+1, "%d topics, %q", total, body)
		}
		require.Greater(t, steps("topic.0000999"), 2)
	}
}

// TestManySubscribers has 1000 subscribers of one publisher: what all have asked for goes to all of them, once each, and what one has to that one alone.
func TestManySubscribers(t *testing.T) {
	const n = 1000
	for _, at := range places {
		if at.scheme == "ipc" {
			continue // as tcp, and it takes as long
		}
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t, socket.MaxSockets(n+1))
			pub, err := socket.NewXPub(rt)
			require.NoError(t, err)
			ep := bind(t, pub, at.fresh(t)).String()
			subs := make([]*socket.Sub, n)
			for i := range subs {
				subs[i] = newSub(t, rt, []string{"all", fmt.Sprintf("one.%03d", i)})
				connect(t, subs[i], ep)
			}
			for range n + 1 { // the first of all, and each of one, which comes after that of all
				_, err := pub.Recv(ctx)
				require.NoError(t, err)
			}
			require.NoError(t, pub.Send(ctx, socket.NewMessage("all of you")))
			require.NoError(t, pub.Send(ctx, socket.NewMessage("none")))
			require.NoError(t, pub.Send(ctx, socket.NewMessage("one.500")))
			require.NoError(t, pub.Send(ctx, socket.NewMessage("all: end")))
			for i, sub := range subs {
				wantMessage(t, sub, "all of you")
				if i == 500 {
					wantMessage(t, sub, "one.500")
				}
				wantMessage(t, sub, "all: end")
			}
			require.EqualValues(t, 2*n+1, pub.Stats().Out.Accepted)
		})
	}
}
