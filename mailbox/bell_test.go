package mailbox_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// eachPolicy runs f with a queue of every policy, without a mark, and a count of the calls of its OnReady hook.
func eachPolicy(t *testing.T, f func(t *testing.T, q *mailbox.Queue[int], rung *int)) {
	for _, policy := range allPolicies {
		t.Run(policy.String(), func(t *testing.T) {
			rung := 0
			f(t, mailbox.New(mailbox.Config[int]{Policy: policy, OnReady: func() { rung++ }}), &rung)
		})
	}
}

// TestOnReadyRingsOnceAnIdle checks when the hook is called: once for the first push, and once after each Idle.
func TestOnReadyRingsOnceAnIdle(t *testing.T) {
	eachPolicy(t, func(t *testing.T, q *mailbox.Queue[int], rung *int) {
		require.NoError(t, q.TryPush(1))
		require.NoError(t, q.TryPush(2))
		require.Equal(t, 1, *rung, "a new queue is idle")
		require.False(t, q.Idle())
		q.Advance(len(q.Look(5)))
		require.True(t, q.Idle(), "what is in hand is not looked for")
		require.True(t, q.Idle())
		_, err := q.TryPushAll([]int{3, 4})
		require.NoError(t, err)
		require.Equal(t, 2, *rung)
		require.NoError(t, q.TryPush(5))
		require.Equal(t, 2, *rung, "nobody went idle")
		require.False(t, q.Idle())
		q.Rewind()
		require.False(t, q.Idle())
		q.Discard("test")
		require.True(t, q.Idle())
		q.Close(nil)
		require.Equal(t, 2, *rung, "Close does not ring")
	})
}

// TestSetOnReady replaces the hook of an idle queue, and takes it away.
func TestSetOnReady(t *testing.T) {
	eachPolicy(t, func(t *testing.T, q *mailbox.Queue[int], rung *int) {
		other := 0
		q.SetOnReady(func() { other++ })
		require.NoError(t, q.TryPush(1))
		require.Equal(t, 0, *rung)
		require.Equal(t, 1, other)
		q.Take()
		require.True(t, q.Idle())
		q.SetOnReady(nil)
		require.NoError(t, q.TryPush(2))
		require.Equal(t, 1, other)
	})
}

// TestIdleLosesNoWake drives a consumer by the hook alone, as an actor is: it runs until Idle is true and then waits for
// the hook. If a push came between the two unheard, the test would hang.
func TestIdleLosesNoWake(t *testing.T) {
	const items, senders = 4000, 4
	for _, policy := range []mailbox.Policy{mailbox.Block, mailbox.DropOldest} {
		t.Run(policy.String(), func(t *testing.T) {
			ctx := within(t)
			q := mailbox.New(mailbox.Config[int]{Policy: policy})
			wake := make(chan struct{}, 1)
			q.SetOnReady(func() { wake <- struct{}{} }) // blocks, and hangs the test, if it rings more than once an idle
			var wg sync.WaitGroup
			for range senders {
				wg.Go(func() {
					for i := range items {
						if err := q.TryPush(i); err != nil {
							t.Error(err)
						}
					}
				})
			}
			for got := 0; got < items*senders; {
				select {
				case <-wake:
				case <-ctx.Done():
					require.NoError(t, ctx.Err(), "after %d items", got)
				}
				for again := true; again; again = !q.Idle() {
					got += len(drain(q))
				}
			}
			wg.Wait()
		})
	}
}

// TestWaitAndHookAreIndependent rings both for one push.
func TestWaitAndHookAreIndependent(t *testing.T) {
	for _, policy := range allPolicies {
		t.Run(policy.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var rung atomic.Int64
				q := mailbox.New(mailbox.Config[int]{Policy: policy, OnReady: func() { rung.Add(1) }})
				require.True(t, q.Idle())
				var err error
				go func() { err = q.Wait(t.Context()) }()
				synctest.Wait()
				require.NoError(t, q.TryPush(1))
				synctest.Wait()
				require.NoError(t, err)
				require.EqualValues(t, 1, rung.Load())
				require.NoError(t, q.Wait(t.Context()), "what is there is not waited for")
			})
		})
	}
}

// TestWaitEnds ends a Wait by its context, and then one by Close, and checks that a later push is still seen.
func TestWaitEnds(t *testing.T) {
	for _, policy := range allPolicies {
		t.Run(policy.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := mailbox.New(mailbox.Config[int]{Policy: policy})
				ctx, cancel := context.WithCancel(t.Context())
				errs := make(chan error, 1)
				go func() { errs <- q.Wait(ctx) }()
				synctest.Wait()
				cancel()
				require.ErrorIs(t, <-errs, context.Canceled)

				require.NoError(t, q.TryPush(7))
				v, err := q.Pop(t.Context())
				require.NoError(t, err)
				require.Equal(t, 7, v)

				go func() { errs <- q.Wait(t.Context()) }()
				synctest.Wait()
				gone := errors.New("gone")
				q.Close(gone)
				require.Equal(t, gone, <-errs)
			})
		})
	}
}

// TestOnRoomIsNeverMissed has senders that wait for OnRoom alone, as a socket does: refused, they wait for the next call
// of the hook since before their attempt. If an opening went unheard, the test would hang.
func TestOnRoomIsNeverMissed(t *testing.T) {
	for _, cfg := range []mailbox.Config[int]{
		{Mark: 1},
		{Mark: 7},
		{Bytes: 50, Size: func(v int) int { return v % 30 }},
		{Mark: 5, Bytes: 50, Size: func(v int) int { return v % 30 }},
	} {
		onRoomRun(t, cfg)
	}
}

// onRoomRun is one case of TestOnRoomIsNeverMissed. A third party changes the limits now and then.
func onRoomRun(t *testing.T, cfg mailbox.Config[int]) {
	const items, senders = 1500, 6
	ctx := within(t)
	var mu sync.Mutex
	opened := make(chan struct{})
	cfg.OnRoom = func() {
		mu.Lock()
		defer mu.Unlock()
		close(opened)
		opened = make(chan struct{})
	}
	q := mailbox.New(cfg)
	push := func(v int) bool {
		for {
			mu.Lock()
			c := opened
			mu.Unlock()
			if q.TryPush(v) == nil {
				return true
			}
			select {
			case <-c:
			case <-ctx.Done():
				return false
			}
		}
	}
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for i := range items {
				if !push(i) {
					t.Error("an opening went unheard")
					return
				}
			}
		})
	}
	wg.Go(func() {
		for i := range 300 {
			q.SetMark(cfg.Mark + i%2)
			q.SetBytes(cfg.Bytes + int64(i%3))
		}
	})
	for range items * senders {
		if _, err := q.Pop(ctx); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	require.Zero(t, q.Len())
}
