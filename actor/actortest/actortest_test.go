package actortest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// TestMain fails the run if a goroutine is left at its end.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A probe records all instances; faults come in turn, and look like the handler's.
func TestFaults(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		sys := actortest.NewSystem(t)
		p := actortest.NewProbe[string](nil)
		ref, err := actor.Spawn(sys, "a", p.Make)
		require.NoError(t, err)
		boom := errors.New("boom")
		require.NoError(t, ref.Tell("before"))
		require.NoError(t, actortest.Fail(ref, boom))
		require.NoError(t, actortest.Panic(ref, "oh no"))
		require.NoError(t, ref.Tell("after"))
		<-time.After(time.Second)
		synctest.Wait()
		require.NoError(t, ref.StopAndWait(t.Context()))
		require.ErrorIs(t, actortest.Fail(ref, boom), actor.ErrStopped)
		require.Equal(t, []string{
			"started", "before", "restarting: boom", "started", "restarting: panic: oh no", "started", "after", "stopping",
		}, p.Trace())
	})
}

// Next returns the record in order, waits for what is to come, and gives up with its ctx.
func TestProbeNext(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		p := actortest.NewProbe(func(ctx *actor.Context[int]) error {
			if ctx.Message() == 7 {
				ctx.Stop()
			}
			return nil
		})
		ref, err := actor.Spawn(actortest.NewSystem(t), "a", p.Make)
		require.NoError(t, err)
		go func() {
			<-time.After(time.Minute)
			_ = ref.Tell(7)
		}()
		for _, want := range []any{actor.Started{}, 7, actor.Stopping{}} {
			m, err := p.Next(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, m)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err = p.Next(ctx)
		require.ErrorIs(t, err, ctx.Err())
		require.Len(t, p.Messages(), 3)
	})
}

// The words of a trace.
func TestTrace(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		p := actortest.NewProbe(func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); ok {
				for _, name := range []string{"fails", "stops"} {
					_, err := actor.Spawn(ctx, name, func() actor.Actor[string] { return ending(name) })
					require.NoError(t, err)
				}
			}
			return nil
		})
		_, err := actor.Spawn(actortest.NewSystem(t), "a", p.Make, actor.WithStrategy(stop{}))
		require.NoError(t, err)
		synctest.Wait()
		require.ElementsMatch(t, []string{"started", "child stopped: fails: no", "child stopped: stops"}, p.Trace())
	})
}

// ending is an actor that ends as its name says.
type ending string

// Receive implements actor.Actor.
func (e ending) Receive(ctx *actor.Context[string]) error {
	if _, ok := ctx.Message().(actor.Started); !ok {
		return nil
	}
	if e == "fails" {
		return errors.New("no")
	}
	ctx.Stop()
	return nil
}

// stop is a strategy that stops what fails.
type stop struct{}

// Decide implements actor.Strategy.
func (stop) Decide(actor.History, error, time.Time) actor.Verdict {
	return actor.Verdict{Action: actor.Stop}
}
