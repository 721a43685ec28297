//go:build !race

package mailbox_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// The race detector allocates on its own account, so these tests are built without it.

// TestAllocsOfPushAndTake pushes and takes through many chunks, with queues that stay short and that grow long, and
// expects a reused chunk each time. A garbage collection in between may take the spare chunks: one allocation in ten
// items would be a chunk for each eight.
func TestAllocsOfPushAndTake(t *testing.T) {
	for _, depth := range []int{1, 7, 100, 1000} {
		q := mailbox.New(mailbox.Config[[6]uint64]{Mark: 1000})
		round := func() {
			for range depth {
				if q.TryPush([6]uint64{}) != nil {
					t.Error("no room")
				}
			}
			for range depth {
				q.Take()
			}
		}
		round()
		allocs := testing.AllocsPerRun(max(10, 2000/depth), round) / float64(depth)
		require.Less(t, allocs, 0.02, "allocations per item at depth %d", depth)
	}
}

// TestAllocsOfBatches does the same with batches on both sides, and goes idle after each.
func TestAllocsOfBatches(t *testing.T) {
	q := mailbox.New(mailbox.Config[[6]uint64]{Mark: 1000})
	batch := make([][6]uint64, 50)
	round := func() {
		_, _ = q.TryPushAll(batch)
		for vs := q.Look(256); vs != nil; vs = q.Look(256) {
			q.Advance(len(vs))
			q.Done(len(vs))
		}
		q.Idle()
	}
	round()
	require.Less(t, testing.AllocsPerRun(200, round), 1.0, "allocations per batch of 50")
}

// TestAllocsOfDropOldest pushes and takes through the ring.
func TestAllocsOfDropOldest(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 5, Policy: mailbox.DropOldest})
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for range 20 {
			_ = q.TryPush(1)
		}
		for range 5 {
			q.Take()
		}
	}))
}

// TestIdleQueueIsSmall fills and drains many queues, and measures what each holds on to when the garbage collector has run:
// the queue itself and one chunk.
func TestIdleQueueIsSmall(t *testing.T) {
	const queues, chunk = 200, 4096 + 512
	fresh := make([]*mailbox.Queue[[6]uint64], queues)
	before := heap()
	for i := range fresh {
		fresh[i] = mailbox.New(mailbox.Config[[6]uint64]{Mark: 1000})
	}
	require.Less(t, (heap()-before)/queues, uint64(600), "bytes of a queue that was never used")
	for _, q := range fresh {
		for range 1000 {
			_ = q.TryPush([6]uint64{})
		}
		drain(q)
		require.True(t, q.Idle())
	}
	require.Less(t, (heap()-before)/queues, uint64(600+chunk), "bytes of a queue that was full once")
	runtime.KeepAlive(fresh)
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
