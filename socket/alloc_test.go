//go:build !race

// The race detector would slow these down, and has nothing to find that other tests do not show it.

package socket_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// most is how many allocations a message may cost, both ends together.
const most = 0.05

// allocations counts the allocations of the whole process while f runs. Others allocate too (timers, the collector): the least of several runs is
// what f costs.
func allocations(f func()) uint64 {
	least := ^uint64(0)
	var before, after runtime.MemStats
	for range 5 {
		runtime.GC()
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	return least
}

// stream sends n messages of 100 bytes, which share a body, and receives them.
func stream(t *testing.T, ctx context.Context, from socket.Sender, to socket.Receiver, n int) {
	t.Helper()
	body := make([]byte, 100)
	var g errgroup.Group
	g.Go(func() error {
		for range n {
			if err := from.Send(ctx, socket.MessageOf(body)); err != nil {
				return err
			}
		}
		return nil
	})
	for range n {
		m, err := to.Recv(ctx)
		if err != nil || len(m.Bytes()) != len(body) {
			require.NoError(t, err)
			require.Len(t, m.Bytes(), len(body))
		}
	}
	require.NoError(t, g.Wait())
}

// TestAllocationsOfAStream wants a message of 100 bytes to cost fewer than 0.05 allocations, sender and receiver together; bodies made by the caller
// are not counted.
func TestAllocationsOfAStream(t *testing.T) {
	const n = 50_000
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			push, pull := newPush(t, rt), newPull(t, rt)
			join(t, at.fresh(t), pull, push)
			stream(t, ctx, push, pull, n)
			each := float64(allocations(func() { stream(t, ctx, push, pull, n) })) / n
			require.Less(t, each, most)
			t.Logf("%.4f allocations a message", each)
		})
	}
}

// TestAllocationsOfAFanOut wants the same of messages that go to several subscribers, each counted.
func TestAllocationsOfAFanOut(t *testing.T) {
	const n, subs = 10_000, 4
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			pub := newPub(t, rt, socket.XPubNoDrop(true))
			ep := bind(t, pub, at.fresh(t)).String()
			var all []*socket.Sub
			for i := range subs {
				all = append(all, newSub(t, rt, []string{"\x00", "\x00\x00", "\x00\x00\x00"}))
				connect(t, all[i], ep)
				require.NoError(t, pub.WaitTopic(ctx, "\x00\x00\x00", i+1))
			}
			flood := func() {
				var g errgroup.Group
				for _, s := range all[1:] {
					g.Go(func() error {
						for range n {
							if _, err := s.Recv(ctx); err != nil {
								return err
							}
						}
						return nil
					})
				}
				stream(t, ctx, pub, all[0], n)
				require.NoError(t, g.Wait())
			}
			flood()
			each := float64(allocations(flood)) / n / subs
			require.Less(t, each, most)
			t.Logf("%.4f allocations a message and subscriber", each)
		})
	}
}

// TestAllocationsOfATry wants sending and receiving without a wait to allocate nothing but what the queue's storage costs now and then.
func TestAllocationsOfATry(t *testing.T) {
	rt := newRuntime(t)
	push, pull := newPush(t, rt), newPull(t, rt)
	join(t, inprocName(t), pull, push)
	m := socket.NewMessage("x")
	each := testing.AllocsPerRun(10_000, func() {
		if push.TrySend(m) != nil {
			t.Error("no room")
		}
		if _, err := pull.TryRecv(); err != nil {
			t.Error(err)
		}
	})
	require.Zero(t, each) // rounded down
}

// TestMemoryOfLargeSealedBodies wants large bodies that are sealed, sent, opened and released to be written in memory that is used again, whether the
// queue runs empty after each or not.
func TestMemoryOfLargeSealedBodies(t *testing.T) {
	const n = 100
	for _, size := range []int{70_000, 100_000, 1 << 20} {
		for _, burst := range []int{1, 10} {
			ctx := within(t)
			rt := newRuntime(t)
			server, client := curveSides(t)
			push, pull := newPush(t, rt, client...), newPull(t, rt, server...)
			join(t, places[0].fresh(t), pull, push)
			f := func() {
				for range n / burst {
					for range burst {
						require.NoError(t, push.Send(ctx, socket.NewBody(size)))
					}
					for range burst {
						m, err := pull.Recv(ctx)
						require.NoError(t, err)
						require.Len(t, m.Bytes(), size)
						m.Release()
					}
				}
			}
			f()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f()
			runtime.ReadMemStats(&after)
			each := float64(after.TotalAlloc-before.TotalAlloc) / n / float64(size)
			require.Less(t, each, 0.3, "bodies of memory a message, of %d bytes, in bursts of %d", size, burst)
			t.Logf("%.3f bodies a message, of %d bytes, in bursts of %d", each, size, burst)
		}
	}
}

// TestAllocationsOfARoundTrip wants a request of 100 bytes and its reply to cost no more than what holds their frames behind the delimiter, once where each is
// made and once where it is cut from the connection.
func TestAllocationsOfARoundTrip(t *testing.T) {
	const n = 10_000
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			req, rep := newReq(t, rt), newRep(t, rt)
			join(t, at.fresh(t), rep, req)
			body := make([]byte, 100)
			ask := func(n int) {
				var g errgroup.Group
				g.Go(func() error { return echo(ctx, rep, n) })
				for range n {
					err := req.Send(ctx, socket.MessageOf(body))
					if err == nil {
						_, err = req.Recv(ctx)
					}
					if err != nil {
						require.NoError(t, err)
					}
				}
				require.NoError(t, g.Wait())
			}
			ask(n)
			each := float64(allocations(func() { ask(n) })) / n
			t.Logf("%.4f allocations a round trip", each)
			require.Less(t, each, 4.1)
		})
	}
}
