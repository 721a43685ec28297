package mailbox_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// marks are the marks that exactness is tested at.
var marks = []int{1, 5, 7, 1000}

// senderCounts are the numbers of concurrent senders that exactness is tested with.
var senderCounts = []int{1, 16}

// eachMark runs f for every mark and number of senders.
func eachMark(t *testing.T, f func(t *testing.T, mark, senders int)) {
	for _, mark := range marks {
		for _, senders := range senderCounts {
			t.Run(fmt.Sprintf("mark=%d/senders=%d", mark, senders), func(t *testing.T) { f(t, mark, senders) })
		}
	}
}

// TestTryPushAcceptsExactlyTheMark has senders push until they are refused, with nobody draining.
func TestTryPushAcceptsExactlyTheMark(t *testing.T) {
	eachMark(t, func(t *testing.T, mark, senders int) {
		for range 20 {
			q := mailbox.New(mailbox.Config[int]{Mark: mark})
			var accepted atomic.Int64
			var wg sync.WaitGroup
			for range senders {
				wg.Go(func() {
					for q.TryPush(1) == nil {
						accepted.Add(1)
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, mark, accepted.Load())
			require.Equal(t, mark, q.Len())
			require.Len(t, drain(q), mark)
		}
	})
}

// TestTryPushAllAcceptsExactlyTheMark is the same with batches of several sizes.
func TestTryPushAllAcceptsExactlyTheMark(t *testing.T) {
	eachMark(t, func(t *testing.T, mark, senders int) {
		q := mailbox.New(mailbox.Config[int]{Mark: mark})
		var accepted atomic.Int64
		var wg sync.WaitGroup
		for s := range senders {
			wg.Go(func() {
				for batch := make([]int, s*3+2); ; {
					n, err := q.TryPushAll(batch)
					accepted.Add(int64(n))
					if err != nil {
						return
					}
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, mark, accepted.Load())
		require.Len(t, drain(q), mark)
	})
}

// TestDropNewestHoldsExactlyTheMark has every push accepted, the mark's worth held and the rest counted.
func TestDropNewestHoldsExactlyTheMark(t *testing.T) {
	eachMark(t, func(t *testing.T, mark, senders int) {
		q := mailbox.New(mailbox.Config[int]{Mark: mark, Policy: mailbox.DropNewest})
		var wg sync.WaitGroup
		for range senders {
			wg.Go(func() {
				for range mark + 10 {
					if err := q.TryPush(1); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		l := q.Ledger()
		require.EqualValues(t, senders*(mark+10), l.Accepted)
		require.EqualValues(t, mark, l.Queued)
		require.EqualValues(t, l.Accepted-l.Queued, l.Dropped[mailbox.ReasonFull])
	})
}

// TestParkedPushAcceptsExactlyTheMark has senders push until all of them are parked, and then gives room to some.
func TestParkedPushAcceptsExactlyTheMark(t *testing.T) {
	eachMark(t, func(t *testing.T, mark, senders int) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			q := mailbox.New(mailbox.Config[int]{Mark: mark})
			var accepted atomic.Int64
			for range senders {
				go func() {
					for q.Push(ctx, 1) == nil {
						accepted.Add(1)
					}
				}()
			}
			synctest.Wait()
			require.EqualValues(t, mark, accepted.Load())
			require.Equal(t, mark, q.Len())

			low := (mark + 1) / 2
			for range low - 1 {
				q.Take()
			}
			synctest.Wait()
			require.EqualValues(t, mark, accepted.Load(), "shut until the low-water mark")
			q.Take()
			synctest.Wait()
			require.EqualValues(t, mark+low, accepted.Load(), "all the room that the drained items left")
			require.Equal(t, mark, q.Len())

			cancel()
			synctest.Wait()
			require.EqualValues(t, mark+low, accepted.Load())
			require.EqualValues(t, mark+low, q.Ledger().Accepted)
		})
	})
}

// TestBytesAreExact has 16 senders push items of 10 bytes against a limit of 95: the tenth item crosses it and is the last.
func TestBytesAreExact(t *testing.T) {
	for range 200 {
		q := mailbox.New(mailbox.Config[int]{Bytes: 95, Size: func(int) int { return 10 }})
		var accepted atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for q.TryPush(1) == nil {
					accepted.Add(1)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 10, accepted.Load())
		require.False(t, q.HasRoom())
		drain(q)
		require.True(t, q.HasRoom())
	}
}

// TestLowWaterMark checks after how many reads writing resumes, and how many items then fit: the table of libzmq.
func TestLowWaterMark(t *testing.T) {
	for _, c := range []struct{ mark, reads int }{
		{1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {6, 3}, {7, 4}, {8, 4}, {1000, 500}, {1001, 501},
	} {
		for _, policy := range lockFree {
			t.Run(fmt.Sprintf("mark=%d/%v", c.mark, policy), func(t *testing.T) {
				opened := 0
				q := mailbox.New(mailbox.Config[int]{Mark: c.mark, Policy: policy, OnRoom: func() { opened++ }})
				for i := range c.mark {
					require.True(t, q.HasRoom())
					require.NoError(t, q.TryPush(i))
				}
				for range c.reads {
					require.False(t, q.HasRoom(), "shut to everybody")
					if policy == mailbox.DropNewest {
						require.NoError(t, q.TryPush(-1))
					} else {
						require.ErrorIs(t, q.TryPush(-1), mailbox.ErrFull)
					}
					require.Zero(t, opened)
					q.Take()
				}
				require.Equal(t, 1, opened)
				for range c.reads {
					require.True(t, q.HasRoom())
					require.NoError(t, q.TryPush(0))
				}
				require.False(t, q.HasRoom())
				require.Equal(t, c.mark, q.Len())
			})
		}
	}
}

// TestDrainedRoomIsUsableAtOnce fills again what was drained, without reaching the mark before.
func TestDrainedRoomIsUsableAtOnce(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 5})
	push := func(n int) {
		for range n {
			require.NoError(t, q.TryPush(1))
		}
	}
	for range 10 {
		push(5)
		require.ErrorIs(t, q.TryPush(1), mailbox.ErrFull)
		require.Len(t, drain(q), 5)
	}
	push(3)
	q.Take()
	push(3)
	require.ErrorIs(t, q.TryPush(1), mailbox.ErrFull)
}

// TestItemsInHandKeepTheirRoom looks at items and advances: the queue stays full until they are done.
func TestItemsInHandKeepTheirRoom(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 4})
	n, err := q.TryPushAll([]int{1, 2, 3, 4, 5})
	require.Equal(t, 4, n)
	require.ErrorIs(t, err, mailbox.ErrFull)
	require.Equal(t, []int{1, 2, 3, 4}, q.Look(10))
	q.Advance(4)
	require.Nil(t, q.Look(10))
	require.False(t, q.HasRoom())
	require.Equal(t, 4, q.Rewind())
	require.Equal(t, []int{1, 2, 3, 4}, q.Look(10))
	q.Advance(3)
	q.Done(2)
	require.True(t, q.HasRoom())
	require.Equal(t, 2, q.Len())
	require.Equal(t, 1, q.Rewind())
	require.Equal(t, []int{3, 4}, q.Look(10))
}

// TestSetMark raises, lowers and lifts the mark of a full queue.
func TestSetMark(t *testing.T) {
	opened := 0
	q := mailbox.New(mailbox.Config[int]{Mark: 4, OnRoom: func() { opened++ }})
	fill := func() (n int) {
		for q.TryPush(1) == nil {
			n++
		}
		return n
	}
	require.Equal(t, 4, fill())
	q.SetMark(4)
	require.Zero(t, opened, "the same mark changes nothing")
	q.SetMark(6)
	require.Equal(t, 1, opened)
	require.Equal(t, 2, fill())
	q.SetMark(2)
	require.Equal(t, 6, q.Len(), "nothing is lost")
	for want := 5; want >= 2; want-- {
		q.Take()
		require.Equal(t, want, q.Len())
		require.False(t, q.HasRoom())
	}
	q.Take()
	require.Equal(t, 2, opened)
	require.Equal(t, 1, fill())
	q.SetMark(0)
	require.Equal(t, 3, opened)
	for range 5000 {
		require.NoError(t, q.TryPush(1))
	}
	q.SetMark(-3)
	require.Zero(t, q.Mark())
	q.SetMark(10)
	require.False(t, q.HasRoom())
	require.Len(t, drain(q), 5002)
	require.Equal(t, 10, fill())
}

// TestSetMarkIsExact changes the mark while 4 senders push: from its return on, nothing is accepted beyond it.
func TestSetMarkIsExact(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 1})
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for !stop.Load() {
				_ = q.TryPush(1)
			}
		})
	}
	for i := range 3000 {
		q.SetMark(100)
		n := 3 + i%50
		q.SetMark(n)
		held := q.Len()
		for range 3 {
			if now := q.Len(); now > max(held, n) {
				t.Errorf("%d items under a mark of %d, and %d when it was set", now, n, held)
			}
		}
		q.Discard("test")
	}
	stop.Store(true)
	wg.Wait()
	drain(q)
	l := q.Ledger()
	require.Equal(t, l.Accepted, balance(l))
}
