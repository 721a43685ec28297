package actor_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
)

// A helper is an actor that takes what is in a lent queue, and notes whether it did so in the goroutine of who put it there.
func helper(q *mailbox.Queue[int], hand func(ctx *actor.Context[string], v int) error) handler[string] {
	return func(ctx *actor.Context[string]) error {
		switch ctx.Message().(type) {
		case actor.Started:
			ctx.OpenData(q)
		case actor.DataReady:
			if v, ok := q.Take(); ok {
				return hand(ctx, v)
			}
		case string:
			if ctx.Borrowed() {
				return errors.New("a producer's goroutine handles what is not of its lane")
			}
		}
		return nil
	}
}

// TestRingHereHandles wants who rings to handle what it pushed, if the actor is idle, before RingHere returns; and the actor to be idle afterwards, and to be
// woken as ever.
func TestRingHereHandles(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var got []int
		borrowed := 0
		q := mailbox.New(mailbox.Config[int]{})
		ref := spawn(t, sys, "a", helper(q, func(ctx *actor.Context[string], v int) error {
			got = append(got, v)
			if ctx.Borrowed() {
				borrowed++
			}
			return nil
		}))
		settle()
		for v := range 10 {
			require.NoError(t, q.TryPushQuietly(v))
			q.RingHere()
			require.Len(t, got, v+1, "it is done")
		}
		require.Equal(t, 10, borrowed)
		require.NoError(t, q.TryPush(10))
		settle()
		require.Len(t, got, 11)
		require.Equal(t, 10, borrowed)
		require.NoError(t, ref.Tell("more"))
		settle()
		require.NoError(t, q.TryPushQuietly(11))
		q.RingHere()
		require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, got)
		require.Equal(t, 11, borrowed)
	})
}

// TestRingHereHandlesNoMore wants what the handler tells its own actor to be handled in the actor's own time, and so what is left in the lane.
func TestRingHereHandlesNoMore(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var got []int
		borrowed := 0
		q := mailbox.New(mailbox.Config[int]{})
		spawn(t, sys, "a", helper(q, func(ctx *actor.Context[string], v int) error {
			got = append(got, v)
			if ctx.Borrowed() {
				borrowed++
			}
			return ctx.Self().Tell("later")
		}))
		settle()
		for v := range 5 {
			require.NoError(t, q.TryPushQuietly(v))
		}
		q.RingHere()
		settle()
		require.Equal(t, []int{0, 1, 2, 3, 4}, got)
		require.Equal(t, 1, borrowed)
	})
}

// TestRingHereWhileBusy wants who rings for an actor that is at work not to wait for it.
func TestRingHereWhileBusy(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		var got []int
		q := mailbox.New(mailbox.Config[int]{})
		spawn(t, sys, "a", helper(q, func(ctx *actor.Context[string], v int) error {
			if v == 0 {
				<-gate
			}
			require.False(t, ctx.Borrowed())
			got = append(got, v)
			return nil
		}))
		settle()
		require.NoError(t, q.TryPush(0))
		settle()
		require.NoError(t, q.TryPushQuietly(1))
		q.RingHere()
		close(gate)
		settle()
		require.Equal(t, []int{0, 1}, got)
	})
}

// TestRingHereFails wants an error, a panic and a Goexit in a handler to be the actor's failure, whoever's goroutine it runs in, and a new instance to go on.
func TestRingHereFails(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error":  func() error { return errBoom },
		"panic":  func() error { panic(errBoom) },
		"goexit": func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, sys *actor.System) {
				var got []int
				q := mailbox.New(mailbox.Config[int]{})
				spawn(t, sys, "a", helper(q, func(_ *actor.Context[string], v int) error {
					if got = append(got, v); v == 1 {
						return fail()
					}
					return nil
				}))
				settle()
				done := make(chan struct{})
				go func() {
					defer close(done)
					_ = q.TryPushQuietly(1)
					q.RingHere()
				}()
				<-done
				pass(time.Second)
				require.NoError(t, q.TryPushQuietly(2))
				q.RingHere()
				settle()
				require.Equal(t, []int{1, 2}, got)
			})
		})
	}
}

// TestRingHereTakesNoOrder stops an actor while a producer rings for it: its last message is never handled in the producer's goroutine.
func TestRingHereTakesNoOrder(t *testing.T) {
	sys := actortest.NewSystem(t)
	for range 500 {
		borrowed := false
		q := mailbox.New(mailbox.Config[int]{})
		started := make(chan struct{})
		ref := spawn(t, sys, "a", handler[string](func(ctx *actor.Context[string]) error {
			switch ctx.Message().(type) {
			case actor.Started:
				ctx.OpenData(q)
				close(started)
			case actor.DataReady:
				q.Take()
			case actor.Stopping:
				borrowed = ctx.Borrowed()
			}
			return nil
		}))
		<-started
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 50 {
				_ = q.TryPushQuietly(1)
				q.RingHere()
			}
		}()
		ref.Stop()
		<-ref.Done()
		<-done
		require.False(t, borrowed)
	}
}
