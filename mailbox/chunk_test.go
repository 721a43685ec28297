package mailbox

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// TestReadyRun publishes runs of slots over the borders of words and reads them back.
func TestReadyRun(t *testing.T) {
	for _, c := range []struct{ i, n int }{{0, 1}, {0, 64}, {0, 128}, {5, 3}, {60, 8}, {63, 1}, {63, 2}, {64, 64}, {127, 1}, {1, 127}} {
		ch := &chunk[int]{vals: make([]int, maxSlots)}
		ch.publish(c.i, c.n)
		require.Equal(t, c.n, ch.readyRun(c.i), "%v", c)
		if c.i > 0 {
			require.Zero(t, ch.readyRun(c.i-1), "%v", c)
			ch.publishOne(uint64(c.i - 1))
			require.Equal(t, c.n+1, ch.readyRun(c.i-1), "%v", c)
		}
	}
	odd := &chunk[int]{vals: make([]int, 85)}
	odd.publish(0, 85)
	require.Equal(t, 85, odd.readyRun(0))
	require.Zero(t, odd.readyRun(85))
}

// TestHoleStopsTheConsumer claims two places and fills the second first: nothing may be seen before the first is filled.
func TestHoleStopsTheConsumer(t *testing.T) {
	q := New(Config[int]{})
	first, second := q.claim(1), q.claim(1)
	require.Equal(t, uint64(1), second.pos)
	q.fillAll(second.pos, []int{2})
	require.Nil(t, q.Look(9))
	require.True(t, q.Idle())
	require.Equal(t, 2, q.Len(), "claimed is accepted")
	q.fillAll(first.pos, []int{1})
	require.Equal(t, []int{1, 2}, q.Look(9))
}

// TestLateFillGoesBack fills a place that lies before the chunk of the hint, and one many chunks behind it.
func TestLateFillGoesBack(t *testing.T) {
	q := New(Config[int]{})
	late := q.claim(3)
	for i := range 1000 {
		require.NoError(t, q.TryPush(i))
	}
	require.Nil(t, q.Look(1))
	q.fillAll(late.pos, []int{-3, -2, -1})
	for i := range 1003 {
		v, ok := q.Take()
		require.True(t, ok)
		require.Equal(t, i-3, v)
	}
}

// TestWalkerKeepsChunksFromReuse has a producer that is on its way stop a chunk from being recycled.
func TestWalkerKeepsChunksFromReuse(t *testing.T) {
	q := New(Config[int]{})
	cycle := func() {
		for range 3 * minSlots {
			require.NoError(t, q.TryPush(1))
			q.Take()
		}
	}
	q.walkers.Add(1)
	cycle()
	require.Nil(t, q.rack.Load())
	q.walkers.Add(-1)
	cycle()
	require.NotNil(t, q.rack.Load())
}

// TestHintNeverNamesALeftChunk checks after each item that the hint is not behind the consumer's head.
func TestHintNeverNamesALeftChunk(t *testing.T) {
	q := New(Config[int]{})
	for i := range 2000 {
		for range i % 7 {
			require.NoError(t, q.TryPush(1))
		}
		for range i % 11 {
			q.Take()
		}
		require.GreaterOrEqual(t, q.hint.Load().base.Load(), q.headBase)
	}
}

// TestSlotsAreCleared checks that a delivered item is not kept alive by its slot.
func TestSlotsAreCleared(t *testing.T) {
	q := New(Config[*int]{})
	for range 5 {
		require.NoError(t, q.TryPush(new(int)))
	}
	slots := q.hint.Load().vals[:5]
	q.Take()
	q.Look(4)
	q.Advance(4)
	q.Done(2)
	require.Equal(t, []bool{true, true, true, false, false},
		[]bool{slots[0] == nil, slots[1] == nil, slots[2] == nil, slots[3] == nil, slots[4] == nil})
}

// TestPositionsNearTheEnd runs a queue through the carry of the position's bits and checks words at the highest position.
func TestPositionsNearTheEnd(t *testing.T) {
	w := limitWord(maxPos, shutBit|3*epochOne)
	require.Equal(t, maxPos, position(w))
	require.Equal(t, 3*epochOne, w&lowMask, "a limit has an epoch and no other bit")
	require.Equal(t, limitWord(maxPos, 0), limitWord(maxPos+5, 0), "a limit never runs over")
	last := tailWord(7)<<posShift | epochMask | closedBit
	require.Equal(t, tailWord(7)<<posShift|closedBit, nextEpoch(last), "the epoch wraps within its bits")
}

// TestLayout checks that producers and the consumer write to different cache lines, and that a queue stays small.
func TestLayout(t *testing.T) {
	const cacheLine = 64
	var q Queue[int]
	require.GreaterOrEqual(t, unsafe.Offsetof(q.gate)-unsafe.Offsetof(q.bell), uintptr(cacheLine))
	require.LessOrEqual(t, unsafe.Sizeof(q), uintptr(384))
	t.Logf("a queue has %d bytes, the consumer's begin at %d", unsafe.Sizeof(q), unsafe.Offsetof(q.gate))
}

// TestMostSlots checks the size of chunks for small, large and empty items.
func TestMostSlots(t *testing.T) {
	require.Equal(t, maxSlots, mostSlots[struct{}]())
	require.Equal(t, maxSlots, mostSlots[[4]uint64]())
	require.Equal(t, 85, mostSlots[[6]uint64]())
	require.Equal(t, minSlots, mostSlots[[1000]uint64]())
}
