package actor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// The scopes: who is restarted, in what order they are halted and begun.
func TestScopes(t *testing.T) {
	for _, tt := range []struct {
		scope actor.Scope
		want  []string
	}{
		{actor.One, []string{"b restarting", "b started"}},
		{actor.Rest, []string{"b restarting", "c restarting", "b started", "c started"}},
		{actor.All, []string{"a restarting", "b restarting", "c restarting", "a started", "b started", "c started"}},
	} {
		t.Run(tt.scope.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T, sys *actor.System) {
				var j journal
				_, refs := under(t, sys, &fixed{verdict: actor.Verdict{Scope: tt.scope, After: time.Second}}, scribe(&j), "a", "b", "c")
				j.take()
				require.NoError(t, refs[1].Tell("fail"))
				settle()
				halted := j.take()
				require.ElementsMatch(t, tt.want[:len(tt.want)/2], halted, "at once")
				pass(time.Second)
				require.Equal(t, tt.want[len(tt.want)/2:], j.take(), "in order of start")
			})
		})
	}
}

// A sibling in scope handles nothing between its halt and its Started, and keeps what it was told.
func TestScopeKeepsMessages(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		_, refs := under(t, sys, &fixed{verdict: actor.Verdict{Scope: actor.All, After: time.Second}}, scribe(&j), "a", "b")
		require.NoError(t, refs[0].Tell("fail"))
		settle()
		j.take()
		require.NoError(t, refs[1].Tell("m"))
		settle()
		require.Empty(t, j.take())
		pass(time.Second)
		require.Equal(t, []string{"a started", "b started", "b m"}, j.take())
	})
}

// The next in scope begins only when Started of the one before has returned, and waits out a failure in it.
func TestScopeBeginsOneAfterTheOther(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		starts := 0
		h := func(ctx *actor.Context[string]) error {
			_ = scribe(&j)(ctx)
			if _, ok := ctx.Message().(actor.Started); ok && ctx.Name() == "a" {
				if starts++; starts == 2 {
					return errBoom
				}
			}
			if ctx.Message() == "go" {
				return errBoom
			}
			return nil
		}
		s := &fixed{verdict: actor.Verdict{Scope: actor.Rest, After: time.Second}}
		_, refs := under(t, sys, s, h, "a", "b")
		j.take()
		require.NoError(t, refs[0].Tell("go"))
		settle()
		require.ElementsMatch(t, []string{"a go", "a restarting", "b restarting"}, j.take())
		pass(time.Second)
		require.Equal(t, []string{"a started", "a restarting"}, j.take(), "b does not begin before a works")
		pass(time.Second)
		require.Equal(t, []string{"a started", "b started"}, j.take())
	})
}

// A member of a restart that stops lets the others go on.
func TestScopeMemberStops(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		_, refs := under(t, sys, &fixed{verdict: actor.Verdict{Scope: actor.All, After: time.Second}}, scribe(&j), "a", "b", "c")
		j.take()
		require.NoError(t, refs[1].Tell("fail"))
		settle()
		j.take()
		require.NoError(t, refs[0].StopAndWait(t.Context()))
		pass(time.Second)
		require.Equal(t, []string{"b started", "c started"}, j.take())
	})
}

// Stop as a verdict: the scope is stopped, the parent is told why.
func TestVerdictStop(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var refs []actor.Ref[string]
		p, _ := probe(t, sys, "sup", func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); ok {
				for _, name := range []string{"a", "b", "c"} {
					ref, err := actor.Spawn(ctx, name, actortest.NewProbe[string](nil).Make)
					require.NoError(t, err)
					refs = append(refs, ref)
				}
			}
			return nil
		}, actor.WithStrategy(&fixed{verdict: actor.Verdict{Action: actor.Stop, Scope: actor.Rest}}))
		settle()
		require.NoError(t, actortest.Fail(refs[1], errBoom))
		settle()
		require.ElementsMatch(t, []string{"started", "child stopped: b: boom", "child stopped: c: boom"}, p.Trace())
		require.NoError(t, refs[0].Tell("still there"))
	})
}

// An escalated failure is one of the supervisor, for its own supervisor to decide; the whole branch is restarted.
func TestEscalate(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		var leaf actor.Ref[string]
		middle := func() actor.Actor[string] {
			return handler[string](func(ctx *actor.Context[string]) (err error) {
				_ = scribe(&j)(ctx)
				if _, ok := ctx.Message().(actor.Started); ok {
					leaf, err = actor.Spawn(ctx, "leaf", func() actor.Actor[string] { return scribe(&j) })
				}
				return err
			})
		}
		s := &fixed{}
		spawn(t, sys, "top", func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); ok {
				_, err := actor.Spawn(ctx, "middle", middle, actor.WithStrategy(&fixed{verdict: actor.Verdict{Action: actor.Escalate}}))
				return err
			}
			return nil
		}, actor.WithStrategy(s))
		settle()
		require.Equal(t, []string{"middle started", "leaf started"}, j.take())
		old := leaf
		require.NoError(t, old.Tell("fail"))
		settle()
		require.Equal(t, []string{"middle restarting", "leaf stopping", "middle started", "leaf started"}, j.take())
		require.True(t, old != leaf)
		require.ErrorIs(t, old.Tell("m"), actor.ErrStopped)
		require.Len(t, s.histories(), 1)
	})
}

// History, Healthy and Reset.
func TestHistory(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		s := &fixed{}
		_, refs := under(t, sys, s, func(ctx *actor.Context[string]) error {
			switch ctx.Message() {
			case "fail":
				return errBoom
			case "healthy":
				ctx.Healthy()
			}
			return nil
		}, "c")
		fail := func() actor.History {
			require.NoError(t, refs[0].Tell("fail"))
			settle()
			h := s.histories()
			return h[len(h)-1]
		}
		first := time.Now()
		h := fail()
		require.Equal(t, actor.History{Child: "c", Started: first}, h)
		pass(time.Second)
		h = fail()
		require.Equal(t, actor.History{Child: "c", Consecutive: 1, Total: 1, Started: first, Recent: []time.Time{first}}, h)
		pass(time.Second)
		require.NoError(t, refs[0].Tell("healthy"))
		h = fail()
		require.Zero(t, h.Consecutive)
		require.Equal(t, 2, h.Total)
		require.Equal(t, first.Add(time.Second), h.Started)
		require.Equal(t, 1, fail().Consecutive)
		s.verdict.Reset = true
		require.Equal(t, 2, fail().Consecutive, "reset by this failure's verdict, which counts as the first")
		require.Equal(t, 1, fail().Consecutive)
	})
}

// windowed keeps a window of restarts.
type windowed struct {
	fixed

	most   int
	within time.Duration
}

// Window implements actor.Windowed.
func (w *windowed) Window() (int, time.Duration) { return w.most, w.within }

// Recent holds what the strategy asks for, and no more than that, however often the child fails.
func TestHistoryRecent(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		run := func(name string, s actor.Strategy, asked func() []actor.History, want int) {
			var ref actor.Ref[string]
			sup := spawn(t, sys, name, func(ctx *actor.Context[string]) (err error) {
				if _, ok := ctx.Message().(actor.Started); ok {
					ref, err = actor.Spawn(ctx, "c", actortest.NewProbe[string](nil).Make)
				}
				return err
			}, actor.WithStrategy(s))
			settle()
			for range 100 {
				require.NoError(t, actortest.Fail(ref, errBoom))
				pass(time.Second)
			}
			last := asked()[99]
			require.Len(t, last.Recent, want, name)
			require.Equal(t, 99, last.Total)
			for i, at := range last.Recent {
				require.Equal(t, last.Recent[0].Add(time.Duration(i)*time.Second), at)
			}
			require.NoError(t, sup.StopAndWait(t.Context()))
		}
		plain := &fixed{}
		run("default", plain, plain.histories, 16)
		wide := &windowed{most: 50}
		run("wide", wide, wide.histories, 50)
		short := &windowed{most: 50, within: 10 * time.Second}
		run("short", short, short.histories, 11)
	})
}

// A strategy that panics escalates; the process lives.
func TestStrategyPanics(t *testing.T) {
	var reports []actor.Failure
	bubble(t, func(t *testing.T, sys *actor.System) {
		sup, kids := under(t, sys, panicky{}, scribe(&journal{}), "c")
		require.NoError(t, kids[0].Tell("fail"))
		<-sup.Done()
		require.Len(t, reports, 1)
		require.Equal(t, "sup", reports[0].Path)
		require.ErrorIs(t, reports[0].Reason, errBoom)
		require.Equal(t, actor.Stop, reports[0].Verdict.Action)
	}, actor.WithReport(func(f actor.Failure) { reports = append(reports, f) }))
}

// panicky is a strategy that panics.
type panicky struct{}

// Decide implements actor.Strategy.
func (panicky) Decide(actor.History, error, time.Time) actor.Verdict { panic("no idea") }

// The default strategy: doubling delays from 10 ms to 5 s, jittered down by at most half; forgets after half a minute.
func TestDefaultStrategy(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		p, ref := probe[string](t, sys, "a", nil)
		delay := func() time.Duration {
			settle()
			n := len(p.Messages())
			failed := time.Now()
			require.NoError(t, actortest.Fail(ref, errBoom))
			settle()
			for len(p.Messages()) < n+2 {
				pass(time.Millisecond)
			}
			return time.Since(failed)
		}
		want := 10 * time.Millisecond
		for range 12 {
			got := delay()
			require.GreaterOrEqual(t, got, want/2)
			require.LessOrEqual(t, got, want+time.Millisecond)
			want = min(2*want, 5*time.Second)
		}
		pass(30 * time.Second)
		require.LessOrEqual(t, delay(), 11*time.Millisecond, "up for long enough")
		require.LessOrEqual(t, delay(), 21*time.Millisecond)
	})
}
