package actor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// question is a message that wants an answer, or is answered by what it says.
type question struct {
	text  string
	reply actor.Reply[string]
}

// oracle answers "echo" at once, fails the ask over "refuse", keeps "keep", and fails itself over "fail".
type oracle struct {
	kept []actor.Reply[string]
}

// Receive implements actor.Actor.
func (o *oracle) Receive(ctx *actor.Context[*question]) error {
	q, ok := ctx.Message().(*question)
	if !ok {
		return actor.Unexpected(ctx.Message())
	}
	switch q.text {
	case "echo":
		q.reply.Send("echo")
		q.reply.Send("again")
	case "refuse":
		q.reply.Fail(errBoom)
	case "keep":
		o.kept = append(o.kept, q.reply)
	case "release":
		for _, r := range o.kept {
			r.Send("kept")
		}
		q.reply.Send("released")
	case "fail":
		return errBoom
	}
	return nil
}

// newOracle makes an oracle.
func newOracle() actor.Actor[*question] { return &oracle{} }

// ask asks the oracle.
func ask(ctx context.Context, ref actor.Ref[*question], text string) (string, error) {
	return actor.Ask(ctx, ref, func(r actor.Reply[string]) *question { return &question{text, r} })
}

// asked is the outcome of an ask.
type asked struct {
	answer string
	err    error
}

// askLater asks in a goroutine of its own.
func askLater(ctx context.Context, ref actor.Ref[*question], text string) <-chan asked {
	c := make(chan asked, 1)
	go func() {
		answer, err := ask(ctx, ref, text)
		c <- asked{answer, err}
	}()
	return c
}

// The answers an ask can have.
func TestAsk(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		ref, err := actor.Spawn(sys, "oracle", newOracle)
		require.NoError(t, err)
		answer, err := ask(t.Context(), ref, "echo")
		require.NoError(t, err)
		require.Equal(t, "echo", answer)
		_, err = ask(t.Context(), ref, "refuse")
		require.ErrorIs(t, err, errBoom)

		kept := askLater(t.Context(), ref, "keep")
		settle()
		answer, err = ask(t.Context(), ref, "release")
		require.NoError(t, err)
		require.Equal(t, "released", answer)
		require.Equal(t, asked{answer: "kept"}, <-kept)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = ask(ctx, ref, "keep")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = ask(t.Context(), ref, "release")
		require.NoError(t, err, "an answer nobody waits for harms nobody")
		require.NoError(t, ref.Tell(&question{text: "echo"}), "the zero Reply takes answers")
		settle()
	})
}

// An ask never outlives the actor: not when it is queued at the stop, not when it was received and not answered, not when
// it comes after.
func TestAskStopped(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		_, refs := underOracle(t, sys, actor.Verdict{After: time.Hour})
		ref := refs[0]
		kept := askLater(t.Context(), ref, "keep")
		settle()
		failed := askLater(t.Context(), ref, "fail")
		require.ErrorIs(t, (<-failed).err, errBoom, "in hand at the failure")
		require.ErrorIs(t, (<-kept).err, errBoom, "kept by the instance that failed")
		queued := askLater(t.Context(), ref, "echo")
		settle()
		require.NoError(t, ref.StopAndWait(t.Context()))
		require.ErrorIs(t, (<-queued).err, actor.ErrStopped)
		_, err := ask(t.Context(), ref, "echo")
		require.ErrorIs(t, err, actor.ErrStopped)
	})
}

// An ask that is kept fails when the actor stops.
func TestAskKeptAtStop(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		ref, err := actor.Spawn(sys, "oracle", newOracle)
		require.NoError(t, err)
		var kept []<-chan asked
		for range 50 {
			kept = append(kept, askLater(t.Context(), ref, "keep"))
		}
		settle()
		ref.Stop()
		for _, k := range kept {
			require.ErrorIs(t, (<-k).err, actor.ErrStopped)
		}
	})
}

// An ask in hand that is redelivered is answered by the next instance.
func TestAskRedelivered(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		failures := 0
		_, refs := underMake(t, sys, actor.Verdict{InHand: actor.Redeliver}, func() actor.Actor[*question] {
			return handler[*question](func(ctx *actor.Context[*question]) error {
				if q, ok := ctx.Message().(*question); ok {
					if failures++; failures < 3 {
						return errBoom
					}
					q.reply.Send("third time lucky")
				}
				return nil
			})
		})
		answer, err := ask(t.Context(), refs[0], "x")
		require.NoError(t, err)
		require.Equal(t, "third time lucky", answer)
	})
}

// underOracle starts an oracle under a supervisor that always decides v.
func underOracle(t *testing.T, sys *actor.System, v actor.Verdict) (actor.Ref[string], []actor.Ref[*question]) {
	t.Helper()
	return underMake(t, sys, v, newOracle)
}

// underMake starts one actor under a supervisor that always decides v.
func underMake[M any](t *testing.T, sys *actor.System, v actor.Verdict, build func() actor.Actor[M]) (actor.Ref[string], []actor.Ref[M]) {
	t.Helper()
	var refs []actor.Ref[M]
	sup := spawn(t, sys, "sup", func(ctx *actor.Context[string]) error {
		if _, ok := ctx.Message().(actor.Started); ok {
			ref, err := actor.Spawn(ctx, "c", build)
			refs = append(refs, ref)
			return err
		}
		return nil
	}, actor.WithStrategy(&fixed{verdict: v}))
	settle()
	return sup, refs
}

// Timers: they deliver, can be cancelled exactly, and end with the instance.
func TestAfter(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var cancels []func()
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			switch ctx.Message() {
			case "set":
				ctx.After(time.Second, "first")
				cancels = append(cancels, ctx.After(2*time.Second, "never"), ctx.After(3*time.Second, "last"))
			case "cancel":
				cancels[0]()
				cancels[0]()
			case "queue then cancel":
				cancel := ctx.After(0, "queued")
				pass := ctx.After(time.Hour, "far")
				<-time.After(time.Millisecond) // in fake time, only to let the first one fire
				cancel()
				pass()
			}
			return nil
		})
		require.NoError(t, ref.Tell("set"))
		pass(1500 * time.Millisecond)
		require.NoError(t, ref.Tell("cancel"))
		pass(time.Hour)
		require.NoError(t, ref.Tell("queue then cancel"))
		pass(2 * time.Hour)
		require.Equal(t, []string{"started", "set", "first", "cancel", "last", "queue then cancel"}, p.Trace())

		require.NoError(t, ref.Tell("set"))
		require.NoError(t, actortest.Fail(ref, errBoom))
		pass(time.Hour)
		require.Equal(t, []string{"set", "restarting: boom", "started"}, p.Trace()[6:])
	})
}

// A timer's message that the handler failed over may be redelivered, like any other.
func TestAfterRedelivered(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		failed := false
		p := actortest.NewProbe(func(ctx *actor.Context[string]) error {
			switch ctx.Message() {
			case "set":
				ctx.After(time.Second, "ring")
			case "ring":
				if !failed {
					failed = true
					return errBoom
				}
			}
			return nil
		})
		_, refs := underMake(t, sys, actor.Verdict{InHand: actor.Redeliver}, p.Make)
		require.NoError(t, refs[0].Tell("set"))
		pass(time.Minute)
		require.Equal(t, []string{"started", "set", "ring", "restarting: boom", "started", "ring"}, p.Trace())
	})
}
