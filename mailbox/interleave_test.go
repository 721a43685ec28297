package mailbox

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// These tests carry out by hand, step by step, interleavings that chance brings about too seldom.

// TestDrainedBeforeTheGateWasUp has the consumer drain the queue between the claim that shuts it and the raising of gate:
// the one that shut it must open it.
func TestDrainedBeforeTheGateWasUp(t *testing.T) {
	opened := 0
	q := New(Config[int]{Mark: 2, OnRoom: func() { opened++ }})
	c := q.claim(2)
	require.Equal(t, shutBit, c.shut)
	q.fillAll(c.pos, []int{1, 2})
	q.Take()
	q.Take()
	require.False(t, q.HasRoom(), "the consumer could not know")
	require.Zero(t, opened)
	q.shut()
	require.True(t, q.HasRoom())
	require.Equal(t, 1, opened)
}

// TestShutAgainWhileOpening has a producer shut the queue between the opening and the lowering of gate: gate must be up at
// the end, or nobody would open the queue again.
func TestShutAgainWhileOpening(t *testing.T) {
	q := New(Config[int]{Mark: 1})
	require.NoError(t, q.TryPush(1))
	q.lowerGate()
	require.True(t, q.gate.Load())
	q.Take()
	require.True(t, q.HasRoom())
	require.False(t, q.gate.Load())
}

// TestStaleClaimFails prepares claims and has the tail change before them in each way that forbids them.
func TestStaleClaimFails(t *testing.T) {
	for name, change := range map[string]func(q *Queue[int]){
		"closed":     func(q *Queue[int]) { q.Close(nil) },
		"new mark":   func(q *Queue[int]) { q.SetMark(7) },
		"same place": func(q *Queue[int]) { _ = q.TryPush(1) },
		"full":       func(q *Queue[int]) { _, _ = q.TryPushAll(make([]int, 99)) },
	} {
		q := New(Config[int]{Mark: 5})
		w := q.tail.Load()
		change(q)
		require.False(t, q.tail.CompareAndSwap(w, advanced(w, claim{n: 1})), name)
	}
}

// TestCachedLimitDiesWithItsMark lowers the mark below a limit that producers have cached.
func TestCachedLimitDiesWithItsMark(t *testing.T) {
	q := New(Config[int]{Mark: 1000})
	require.NoError(t, q.TryPush(1))
	q.SetMark(3)
	limit, fresh := q.limitFor(q.tail.Load(), 1)
	require.True(t, fresh)
	require.EqualValues(t, 3, limit)
	n, err := q.TryPushAll(make([]int, 9))
	require.Equal(t, 2, n)
	require.ErrorIs(t, err, ErrFull)
}

// TestWakeThatNobodyHeardIsPassedOn wakes a waiter at the moment it leaves the line of its own accord.
func TestWakeThatNobodyHeardIsPassedOn(t *testing.T) {
	var l line
	first, second := l.join(), l.join()
	l.wakeOne()
	l.quit(first, false)
	require.Len(t, second.c, 1)
	require.Zero(t, l.n.Load())
	l.quit(second, false)
	require.Empty(t, second.c, "a waiter is kept without a wake in it")
}

// TestWaitersGoBackToTheirPlaces wakes three of four and lets them rejoin in the wrong order.
func TestWaitersGoBackToTheirPlaces(t *testing.T) {
	var l line
	var ws []*waiter
	for range 4 {
		ws = append(ws, l.join())
	}
	for range 3 {
		l.wakeOne()
	}
	for _, i := range []int{1, 2, 0} {
		<-ws[i].c
		l.rejoin(ws[i])
	}
	for i, w := range ws {
		require.Len(t, w.c, 0, i)
		l.wakeOne()
		require.Len(t, w.c, 1, i)
	}
	require.Nil(t, l.first)
	require.Nil(t, l.last)
}

// TestEarlyRefusalIsMadeGood refuses a push for bytes that another producer has admitted and then gives back: those who
// wait must hear of it although the queue was never shut.
func TestEarlyRefusalIsMadeGood(t *testing.T) {
	opened := 0
	q := New(Config[int]{Bytes: 10, Size: func(v int) int { return v }, OnRoom: func() { opened++ }})
	a := q.admit(10, nil)
	require.Equal(t, admission{n: 1, bytes: 10, reached: true}, a)
	require.False(t, q.HasRoom())
	require.ErrorIs(t, q.TryPush(1), ErrFull)
	require.Zero(t, opened)
	q.release(a.bytes)
	require.Equal(t, 1, opened)
	require.NoError(t, q.TryPush(1))
}

// TestAdmittedItemPassesTheBytesBit has the item that reaches the limit in bytes claim its place first: the one that was
// admitted before it must still get in, and after that nobody.
func TestAdmittedItemPassesTheBytesBit(t *testing.T) {
	q := New(Config[int]{Bytes: 10, Size: func(v int) int { return v }})
	w := q.tail.Load()
	early := q.admit(6, nil)
	require.NoError(t, q.TryPush(6))
	require.False(t, q.HasRoom())
	c, again := q.claimAdmitted(w, early)
	require.False(t, again)
	require.EqualValues(t, 1, c.n)
	require.ErrorIs(t, q.TryPush(1), ErrFull)
}

// TestAdmissionUnderOldLimits changes the limit between an admission and its claim: it must be made anew.
func TestAdmissionUnderOldLimits(t *testing.T) {
	q := New(Config[int]{Bytes: 10, Size: func(v int) int { return v }})
	w := q.tail.Load()
	a := q.admit(6, nil)
	q.SetBytes(7)
	_, again := q.claimAdmitted(w, a)
	require.True(t, again)
	require.Zero(t, q.Len())
}

// TestHintIsTakenOffALeftChunk points the hint at an old chunk, as a producer may that was late, and has the consumer
// leave that chunk.
func TestHintIsTakenOffALeftChunk(t *testing.T) {
	q := New(Config[int]{})
	require.NoError(t, q.TryPush(0))
	old := q.hint.Load()
	for i := range 500 {
		require.NoError(t, q.TryPush(i+1))
	}
	q.hint.Store(old)
	for i := range 501 {
		v, ok := q.Take()
		require.True(t, ok)
		require.Equal(t, i, v)
		require.GreaterOrEqual(t, q.hint.Load().base.Load(), q.headBase)
	}
	for i := range 500 {
		require.NoError(t, q.TryPush(i))
	}
	require.Equal(t, 500, q.Len())
}

// TestProducerHelpsWithTheBase links a chunk without storing its base, as a producer may that was stopped there, and has
// another one use it.
func TestProducerHelpsWithTheBase(t *testing.T) {
	q := New(Config[int]{})
	n, err := q.TryPushAll(make([]int, minSlots))
	require.Equal(t, minSlots, n)
	require.NoError(t, err)
	last := q.hint.Load()
	last.next.Store(&chunk[int]{vals: make([]int, minSlots), prev: last})
	require.NoError(t, q.TryPush(42))
	require.EqualValues(t, minSlots, q.hint.Load().base.Load())
	require.Equal(t, minSlots+1, q.Discard("test"))
}

// TestPushWhileGoingIdle pushes after the consumer has found nothing and before it arms the hook, and once more after it has
// armed: it must find the first by itself, and leave the second to the hook.
func TestPushWhileGoingIdle(t *testing.T) {
	for _, policy := range []Policy{Block, DropOldest, Conflate} {
		rung := 0
		q := New(Config[int]{Policy: policy})
		q.bell.armed.Store(0)
		q.SetOnReady(func() { rung++ })
		require.NoError(t, q.TryPush(1))
		require.False(t, q.goIdle())
		require.NoError(t, q.TryPush(2))
		require.Zero(t, rung, "the hook is not armed while the consumer looks")
		q.Discard("test")
		require.True(t, q.goIdle())
		require.NoError(t, q.TryPush(3))
		require.Equal(t, 1, rung)
	}
}

// TestPushBetweenLookAndPark pushes into a queue whose consumer has armed the bell: the token lets the next park return,
// and a token left over from a cancelled one does no harm.
func TestPushBetweenLookAndPark(t *testing.T) {
	q := New(Config[int]{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, q.park(ctx), context.Canceled)
	require.Zero(t, q.bell.armed.Load()&waitArmed, "a cancelled park disarms")
	q.bell.wakec <- struct{}{}
	require.NoError(t, q.TryPush(1))
	v, err := q.Pop(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, v)
	_, err = q.Pop(ctx)
	require.ErrorIs(t, err, context.Canceled)
}
