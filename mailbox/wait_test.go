package mailbox_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// TestWaitersComeInOrder parks ten senders one after the other and gives room to one at a time.
func TestWaitersComeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := mailbox.New(mailbox.Config[int]{Mark: 1})
		require.NoError(t, q.TryPush(0))
		for i := range 10 {
			go func() {
				if err := q.Push(t.Context(), i+1); err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		for i := range 11 {
			v, ok := q.Take()
			require.True(t, ok)
			require.Equal(t, i, v)
			synctest.Wait()
		}
	})
}

// TestOneOpeningWakesAllThatFit opens a queue of ten with ten senders in line: the wake is passed on from one to the next.
func TestOneOpeningWakesAllThatFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := mailbox.New(mailbox.Config[int]{Mark: 10})
		n, _ := q.TryPushAll(make([]int, 10))
		require.Equal(t, 10, n)
		var pushed atomic.Int64
		for i := range 10 {
			go func() {
				if q.Push(t.Context(), i+1) == nil {
					pushed.Add(1)
				}
			}()
			synctest.Wait()
		}
		for range 10 {
			q.Take()
		}
		synctest.Wait()
		require.EqualValues(t, 10, pushed.Load())
		require.Equal(t, 10, q.Len())
	})
}

// TestPushTakesCancelledContextOnlyWhenFull checks what an ended ctx does and does not do.
func TestPushTakesCancelledContextOnlyWhenFull(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 2})
	require.NoError(t, q.Push(ended, 1))
	n, err := q.PushAll(ended, []int{2, 3})
	require.Equal(t, 1, n)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, q.Push(ended, 4), context.Canceled)
	require.Equal(t, []int{1, 2}, drain(q))
}

// TestRejectNeverWaits has Push answer ErrFull at once.
func TestRejectNeverWaits(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 1, Policy: mailbox.Reject})
	require.NoError(t, q.Push(within(t), 1))
	require.ErrorIs(t, q.Push(within(t), 2), mailbox.ErrFull)
	n, err := q.PushAll(within(t), []int{3})
	require.Zero(t, n)
	require.ErrorIs(t, err, mailbox.ErrFull)
}

// TestCancelledWaiterPassesItsWakeOn wakes a sender and cancels it at the same moment, many times: the one behind it must
// get the room if the first did not.
func TestCancelledWaiterPassesItsWakeOn(t *testing.T) {
	for range 300 {
		q := mailbox.New(mailbox.Config[int]{Mark: 1})
		require.NoError(t, q.TryPush(0))
		ctx, cancel := context.WithCancel(t.Context())
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- q.Push(ctx, 1) }()
		go func() { second <- q.Push(within(t), 2) }()
		var wg sync.WaitGroup
		wg.Go(cancel)
		wg.Go(func() { q.Take() })
		wg.Wait()
		if err := <-first; err == nil {
			v, err := q.Pop(within(t)) // may be either of the two
			require.NoError(t, err)
			require.Contains(t, []int{1, 2}, v)
		}
		require.NoError(t, <-second)
	}
}

// TestCancelTellsTheTruth has senders push under contexts that are cancelled at random moments. What Push said was
// accepted arrives, once and in order for each sender, and nothing else does.
func TestCancelTellsTheTruth(t *testing.T) {
	const senders, pushes = 8, 400
	for _, mark := range []int{1, 3, 10} {
		q := mailbox.New(mailbox.Config[[2]int]{Mark: mark})
		var accepted [senders][]int
		var wg sync.WaitGroup
		for s := range senders {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(s), uint64(mark)))
				for i := range pushes {
					if pushCancelled(q, r, [2]int{s, i}) {
						accepted[s] = append(accepted[s], i)
					}
				}
			})
		}
		go func() {
			wg.Wait()
			q.Close(nil)
		}()
		var got [senders][]int
		for v, err := q.Pop(within(t)); err == nil; v, err = q.Pop(within(t)) {
			got[v[0]] = append(got[v[0]], v[1])
		}
		require.Equal(t, accepted, got)
		require.Zero(t, q.Len())
	}
}

// pushCancelled pushes v under a context that another goroutine cancels, now or soon, and reports whether it was accepted.
func pushCancelled(q *mailbox.Queue[[2]int], r *rand.Rand, v [2]int) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	switch r.IntN(3) {
	case 0:
		cancel()
	case 1:
		go cancel()
	default:
		stop := context.AfterFunc(ctx, func() {})
		defer stop()
		go func() { // after a detour, so that the push has time to park
			c := make(chan struct{})
			go close(c)
			<-c
			cancel()
		}()
	}
	if r.IntN(4) == 0 {
		n, err := q.PushAll(ctx, [][2]int{v})
		return n == 1 && err == nil
	}
	return q.Push(ctx, v) == nil
}

// TestPushAllCancelledSaysHowMany cancels a batch that is half in.
func TestPushAllCancelledSaysHowMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		q := mailbox.New(mailbox.Config[int]{Mark: 4})
		batch := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
		n, err := 0, error(nil)
		go func() { n, err = q.PushAll(ctx, batch) }()
		synctest.Wait()
		require.Equal(t, []int{0, 1, 2, 3}, drain(q))
		synctest.Wait()
		cancel()
		synctest.Wait()
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, batch[4:n], drain(q))
		require.Greater(t, n, 4)
	})
}

// TestCloseWakesEverybody closes a queue on which senders and a consumer of another one are parked.
func TestCloseWakesEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("gone")
		q, empty := mailbox.New(mailbox.Config[int]{Mark: 1}), mailbox.New(mailbox.Config[int]{})
		require.NoError(t, q.TryPush(0))
		errs := make(chan error, 20)
		for range 10 {
			go func() { errs <- q.Push(t.Context(), 1) }()
		}
		go func() {
			_, err := empty.Pop(t.Context())
			errs <- err
		}()
		synctest.Wait()
		require.Empty(t, errs)
		q.Close(gone)
		empty.Close(gone)
		q.Close(errors.New("later"))
		synctest.Wait()
		require.Len(t, errs, 11)
		for range 11 {
			require.Equal(t, gone, <-errs)
		}
		require.Equal(t, gone, q.TryPush(1))
		require.Equal(t, []int{0}, drain(q), "what was accepted stays")
		require.Equal(t, gone, q.Wait(t.Context()))
	})
}

// TestNothingIsAcceptedAfterClose closes a queue under 16 senders: what they were told and what it holds agree at once.
func TestNothingIsAcceptedAfterClose(t *testing.T) {
	for _, policy := range allPolicies {
		t.Run(policy.String(), func(t *testing.T) {
			for range 100 {
				closeRace(t, policy)
			}
		})
	}
}

// closeRace is one round of TestNothingIsAcceptedAfterClose.
func closeRace(t *testing.T, policy mailbox.Policy) {
	q := mailbox.New(mailbox.Config[int]{Mark: 50, Policy: policy})
	var accepted atomic.Uint64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 16 {
		wg.Go(func() {
			<-start
			for {
				switch err := q.TryPush(1); {
				case err == nil:
					accepted.Add(1)
				case errors.Is(err, mailbox.ErrClosed):
					return
				}
			}
		})
	}
	close(start)
	for range 30 {
		q.Take()
	}
	q.Close(nil)
	before := q.Ledger()
	left := q.Discard(mailbox.ReasonClosed)
	require.Zero(t, q.Len(), "Discard waits for claims that are being filled")
	wg.Wait()
	after := q.Ledger()
	require.Equal(t, accepted.Load(), after.Accepted)
	require.Equal(t, after.Accepted, balance(after))
	require.EqualValues(t, left, after.Dropped[mailbox.ReasonClosed])
	if policy == mailbox.Block || policy == mailbox.Reject { // the others count a drop after the act
		require.Equal(t, before.Accepted, after.Accepted)
	}
	require.Equal(t, mailbox.ErrClosed, q.Wait(within(t)))
}
