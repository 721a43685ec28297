package actor_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
)

// Control goes before data, whatever was sent first.
func TestControlBeforeData(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); ok {
				<-gate
			}
			return nil
		})
		for _, m := range []string{"d1", "d2"} {
			require.NoError(t, ref.TrySend(m))
		}
		for _, m := range []string{"c1", "c2"} {
			require.NoError(t, ref.Tell(m))
		}
		close(gate)
		settle()
		require.Equal(t, []string{"started", "c1", "c2", "d1", "d2"}, p.Trace())
	})
}

// The mark of the data lane is exact, the message at hand counts, and the control lane is outside of it.
func TestMark(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		ref := spawn(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "hold" {
				<-gate
			}
			return nil
		}, actor.WithMark(3), actor.WithPolicy(mailbox.Block))
		require.NoError(t, ref.TrySend("hold"))
		settle()
		require.NoError(t, ref.TrySend("2"))
		require.NoError(t, ref.TrySend("3"))
		require.ErrorIs(t, ref.TrySend("4"), mailbox.ErrFull)
		for range 100 {
			require.NoError(t, ref.Tell("control"))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, ref.Send(ctx, "4"), context.DeadlineExceeded)
		require.Equal(t, uint64(3), ref.Stats().Queued)
		close(gate)
		require.NoError(t, ref.Send(t.Context(), "4"))
		settle()
		require.Equal(t, uint64(4), ref.Stats().Delivered)
	})
}

// A policy that drops counts what it dropped.
func TestPolicy(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "hold" {
				<-gate
			}
			return nil
		}, actor.WithPolicy(mailbox.Conflate))
		require.NoError(t, ref.TrySend("hold"))
		settle()
		for _, m := range []string{"1", "2", "3"} {
			require.NoError(t, ref.TrySend(m))
		}
		close(gate)
		settle()
		require.Equal(t, []string{"started", "hold", "3"}, p.Trace())
		require.Equal(t, uint64(2), ref.Stats().Dropped[mailbox.ReasonReplaced])
	})
}

// A message failed over under a policy that replaces is the dead letter, not the one that came meanwhile.
func TestInHandOfConflating(t *testing.T) {
	var dead letters
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "bad" {
				<-gate
				return errBoom
			}
			return nil
		}, actor.WithPolicy(mailbox.Conflate))
		require.NoError(t, ref.TrySend("bad"))
		settle()
		require.NoError(t, ref.TrySend("newer"))
		close(gate)
		pass(time.Second)
		require.Equal(t, []string{"started", "bad", "restarting: boom", "started", "newer"}, p.Trace())
		require.Equal(t, []actor.DeadLetter{{To: "a", Message: "bad", Reason: errBoom}}, dead.taken())
		require.Equal(t, map[mailbox.Reason]uint64{actor.ReasonFailed: 1}, ref.Stats().Dropped)
	}, dead.option())
}

// taker is an actor that takes what is in a lent queue, one item at each DataReady.
func taker(q *mailbox.Queue[int], got *[]int) handler[string] {
	return func(ctx *actor.Context[string]) error {
		switch m := ctx.Message().(type) {
		case actor.Started:
			ctx.OpenData(q)
		case actor.DataReady:
			if v, ok := q.Take(); ok {
				*got = append(*got, v)
			}
		case string:
			if m == "close" {
				ctx.CloseData()
			}
			if m == "open" {
				ctx.OpenData(q)
			}
		}
		return nil
	}
}

// A lent lane wakes the actor as long as it is open, for what was there before too.
func TestLentLane(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var got []int
		q := mailbox.New(mailbox.Config[int]{})
		require.NoError(t, q.TryPush(1))
		require.NoError(t, q.TryPush(2))
		ref := spawn(t, sys, "a", taker(q, &got))
		settle()
		require.Equal(t, []int{1, 2}, got)
		require.NoError(t, q.TryPush(3))
		settle()
		require.Equal(t, []int{1, 2, 3}, got)
		require.NoError(t, ref.Tell("close"))
		settle()
		require.NoError(t, q.TryPush(4))
		settle()
		require.Equal(t, []int{1, 2, 3}, got)
		require.NoError(t, ref.Tell("open"))
		settle()
		require.Equal(t, []int{1, 2, 3, 4}, got)
		require.NoError(t, ref.StopAndWait(t.Context()))
		require.NoError(t, q.TryPush(5))
		require.Equal(t, 1, q.Len(), "the lane is its owner's, and was only released")
	})
}

// A lent lane outlives the instance: what was in hand is there for the next to look, at a failure and at a stop.
func TestLentLaneIsRewound(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		q := mailbox.New(mailbox.Config[int]{})
		var looks [][]int
		ref := spawn(t, sys, "a", func(ctx *actor.Context[string]) error {
			switch ctx.Message().(type) {
			case actor.Started:
				ctx.OpenData(q)
			case actor.DataReady:
				vs := append([]int(nil), q.Look(10)...)
				looks = append(looks, vs)
				q.Advance(len(vs))
				if len(looks) == 1 {
					q.Done(1)
					return errBoom
				}
			}
			return nil
		})
		for v := range 3 {
			require.NoError(t, q.TryPush(v))
		}
		pass(time.Second)
		last := looks[len(looks)-1]
		require.Equal(t, []int{1, 2}, last[len(last)-2:])
		require.NoError(t, ref.StopAndWait(t.Context()))
		require.Equal(t, []int{1, 2}, q.Look(10))
	})
}

// Both data lanes are served, in turn, and control before either.
func TestBothDataLanes(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		q := mailbox.New(mailbox.Config[int]{})
		gate := make(chan struct{})
		var got []int
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "hold" {
				<-gate
			}
			return taker(q, &got)(ctx)
		})
		require.NoError(t, ref.Tell("hold"))
		settle()
		for v := range 3 {
			require.NoError(t, q.TryPush(v))
			require.NoError(t, ref.TrySend("own"))
		}
		require.NoError(t, ref.Tell("control"))
		close(gate)
		settle()
		trace := p.Trace()
		require.Equal(t, []string{"started", "hold", "control"}, trace[:3])
		require.Len(t, trace, 9)
		for i := 3; i < 9; i += 2 {
			require.ElementsMatch(t, []string{"own", "data ready"}, trace[i:i+2])
		}
	})
}

// No wake-up is lost between an actor going idle and a push into one of its lanes: many producers, all lanes, real time.
func TestWakeups(t *testing.T) {
	const producers, each = 8, 3000
	sys := actortest.NewSystem(t)
	q := mailbox.New(mailbox.Config[int]{Mark: 4})
	var handled sync.WaitGroup
	handled.Add(3 * producers * each)
	ref := spawn(t, sys, "a", func(ctx *actor.Context[int]) error {
		switch ctx.Message().(type) {
		case actor.Started:
			ctx.OpenData(q)
		case actor.DataReady:
			for _, ok := q.Take(); ok; _, ok = q.Take() {
				handled.Done()
			}
		case int:
			handled.Done()
		}
		return nil
	}, actor.WithMark(2))
	ctx := shortly(t)
	for range producers {
		go func() {
			for i := range each {
				if ref.Tell(i) != nil || ref.Send(ctx, i) != nil || q.Push(ctx, i) != nil {
					t.Error("refused")
				}
			}
		}()
	}
	done := make(chan struct{})
	go func() { handled.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		t.Error("a wake-up was lost")
	}
}

// Drain handles what is queued, takes no more, and stops.
func TestDrain(t *testing.T) {
	var dead letters
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "hold" {
				<-gate
			}
			return nil
		})
		require.NoError(t, ref.Tell("hold"))
		settle()
		require.NoError(t, ref.TrySend("1"))
		require.NoError(t, ref.Tell("control"))
		drained := make(chan error)
		go func() { drained <- ref.Drain(t.Context()) }()
		settle()
		require.ErrorIs(t, ref.TrySend("2"), actor.ErrStopped)
		close(gate)
		require.NoError(t, <-drained)
		require.Equal(t, []string{"started", "hold", "control", "1", "stopping"}, p.Trace())
		require.Equal(t, []actor.DeadLetter{{To: "a", Message: "2", Reason: actor.ErrStopped}}, dead.taken())
	}, dead.option())
}

// A Drain whose ctx ends stops the actor at once.
func TestDrainDeadline(t *testing.T) {
	var dead letters
	bubble(t, func(t *testing.T, sys *actor.System) {
		_, refs := under(t, sys, &fixed{verdict: actor.Verdict{After: time.Hour}}, scribe(&journal{}), "c")
		require.NoError(t, refs[0].Tell("fail"))
		settle()
		require.NoError(t, refs[0].TrySend("m"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, refs[0].Drain(ctx), context.DeadlineExceeded)
		<-refs[0].Done()
		require.Len(t, dead.taken(), 2)
	}, dead.option())
}

// Drain also stops an actor that nothing was ever sent to.
func TestDrainIdle(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		p, ref := probe[string](t, sys, "a", nil)
		settle()
		require.NoError(t, ref.Drain(t.Context()))
		require.Equal(t, []string{"started", "stopping"}, p.Trace())
		require.ErrorIs(t, ref.TrySend("m"), actor.ErrStopped, "the lane is made, and shut at once")
	})
}

// What is queued at a stop is dead letters, on both lanes, in order; nothing is counted as delivered.
func TestStopWithQueued(t *testing.T) {
	var dead letters
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		ref := spawn(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "hold" {
				<-gate
			}
			return nil
		})
		require.NoError(t, ref.Tell("hold"))
		settle()
		for _, m := range []string{"1", "2"} {
			require.NoError(t, ref.Tell("c"+m))
			require.NoError(t, ref.TrySend("d"+m))
		}
		ref.Stop()
		close(gate)
		<-ref.Done()
		var got []any
		for _, d := range dead.taken() {
			require.ErrorIs(t, d.Reason, actor.ErrStopped)
			require.Equal(t, "a", d.To)
			got = append(got, d.Message)
		}
		require.Equal(t, []any{"c1", "c2", "d1", "d2"}, got)
		require.Equal(t, map[mailbox.Reason]uint64{mailbox.ReasonClosed: 2}, ref.Stats().Dropped)
		require.Zero(t, ref.Stats().Delivered)
	}, dead.option())
}

// A sender that waits at the mark is woken by the stop.
func TestStopWakesSender(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		ref := spawn(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "hold" {
				<-gate
			}
			return nil
		}, actor.WithMark(1))
		require.NoError(t, ref.TrySend("hold"))
		sent := make(chan error)
		go func() { sent <- ref.Send(t.Context(), "waits") }()
		settle()
		ref.Stop()
		close(gate)
		// The message at hand is done before the stop, so there may have been room for the one that waited.
		if err := <-sent; err != nil {
			require.ErrorIs(t, err, actor.ErrStopped)
		}
		<-ref.Done()
		l := ref.Stats()
		require.Zero(t, l.Queued)
		require.Equal(t, l.Accepted, l.Delivered+l.Dropped[mailbox.ReasonClosed])
	})
}
