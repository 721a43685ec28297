package socket_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// bytesInUse is what the heap holds once all garbage is gone.
func bytesInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what finalizers have let go of
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// subscriptionCost is the most that a publisher may hold for a subscription, in bytes: 170 to 210 with a topic of 13, as the README says, and room for what
// the two readings do not tell apart. -v prints what it is.
const subscriptionCost = 256

// TestManySubscriptionsMemory has a million subscriptions on one XPub, of one peer, and fewer of a thousand, and counts what each costs the publisher. Messages
// find those they match, and those alone.
func TestManySubscriptionsMemory(t *testing.T) {
	for peers, total := range map[int]int{1: manyTopics, 1000: manyTopics / 5} {
		t.Run(fmt.Sprintf("peers=%d", peers), func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t, socket.MaxSockets(2000))
			xpub, err := socket.NewXPub(rt)
			require.NoError(t, err)
			ep := inprocName(t)
			bind(t, xpub, ep)
			subs := make([]*socket.Sub, peers)
			for i := range subs {
				subs[i] = newSub(t, rt, nil)
			}
			for i := range total { // each keeps its own, connected or not
				require.NoError(t, subs[i%peers].Subscribe(fmt.Sprintf("topic.%07d", i)))
			}
			before := bytesInUse()
			for _, sub := range subs {
				connect(t, sub, ep)
			}
			for range total {
				m, err := xpub.Recv(ctx)
				require.NoError(t, err)
				m.Release()
			}
			each := float64(bytesInUse()-before) / float64(total)
			t.Logf("%d subscriptions of %d peers: %.0f bytes each", total, peers, each)
			require.Less(t, each, float64(subscriptionCost*memoryOverhead))

			for i := range total / 1000 { // one for everybody, or for nobody
				topic := fmt.Sprintf("topic.%07d", i*1000+i%1000)
				require.NoError(t, xpub.Send(ctx, socket.NewMessage("topic.x")))
				require.NoError(t, xpub.Send(ctx, socket.NewMessage(topic+" and more")))
				wantMessage(t, subs[(i*1000+i%1000)%peers], topic+" and more")
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
