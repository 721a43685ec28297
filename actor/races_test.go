package actor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// The tests of this file force orders of events that happen by chance only.

// lateLane is a lane that has nothing until the moment at which its consumer has found that out.
type lateLane struct {
	ready func()
	late  func(l *lateLane) // called once, between the look and the return of Idle
	items int
}

// SetOnReady implements actor.Lane.
func (l *lateLane) SetOnReady(f func()) { l.ready = f }

// Idle implements actor.Lane.
func (l *lateLane) Idle() bool {
	if l.items > 0 {
		return false
	}
	if f := l.late; f != nil {
		l.late = nil
		f(l)
	}
	return true
}

// A message that comes when the actor has found a lane empty, and is not idle yet, wakes it, on whichever lane it comes.
func TestWakeupWhileGoingIdle(t *testing.T) {
	for lane, push := range map[string]func(ref actor.Ref[string], l *lateLane){
		"system":  func(ref actor.Ref[string], _ *lateLane) { ref.Stop() },
		"control": func(ref actor.Ref[string], _ *lateLane) { _ = ref.Tell("late") },
		"data":    func(ref actor.Ref[string], _ *lateLane) { _ = ref.TrySend("late") },
		"lent":    func(_ actor.Ref[string], l *lateLane) { l.items++; l.ready() },
	} {
		t.Run(lane, func(t *testing.T) {
			bubble(t, func(t *testing.T, sys *actor.System) {
				l := &lateLane{}
				p, _ := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
					switch ctx.Message().(type) {
					case actor.Started:
						self := ctx.Self()
						l.late = func(l *lateLane) { push(self, l) }
						ctx.OpenData(l)
					case actor.DataReady:
						l.items--
					}
					return nil
				})
				settle()
				want := map[string]string{"system": "stopping", "control": "late", "data": "late", "lent": "data ready"}
				require.Equal(t, []string{"started", want[lane]}, p.Trace())
			})
		})
	}
}

// A lane that was closed may call its old hook once more: that wakes the actor for nothing, and harms nobody.
func TestWakeupOfClosedLane(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		l := &lateLane{}
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "open" {
				ctx.OpenData(l)
			}
			return nil
		})
		require.NoError(t, ref.Tell("open"))
		settle()
		old := l.ready
		require.NoError(t, ref.StopAndWait(t.Context()))
		require.Nil(t, l.ready)
		old()
		settle()
		require.Equal(t, []string{"started", "open", "stopping"}, p.Trace())
	})
}

// gated is a supervisor's handler that starts a and b, fails over "fail", and holds over "hold" until gate is closed.
func gated(gate chan struct{}, child handler[string]) handler[string] {
	return func(ctx *actor.Context[string]) error {
		switch ctx.Message() {
		case any(actor.Started{}):
			for _, name := range []string{"a", "b"} {
				if _, err := actor.Spawn(ctx, name, func() actor.Actor[string] { return child }); err != nil {
					return err
				}
			}
		case "hold":
			<-gate
		case "fail":
			return errBoom
		}
		return nil
	}
}

// Two children that fail at once under all-for-one are restarted once: the second failure belongs to the same restart.
func TestFailuresAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		s := &fixed{verdict: actor.Verdict{Scope: actor.All}}
		gate := make(chan struct{})
		var kids roster
		sup := spawn(t, sys, "sup", gated(gate, func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); ok {
				kids.put(ctx)
			}
			return scribe(&j)(ctx)
		}), actor.WithStrategy(s))
		settle()
		j.take()
		require.NoError(t, sup.Tell("hold"))
		settle()
		require.NoError(t, kids.get("a").Tell("fail"))
		settle()
		require.NoError(t, kids.get("b").Tell("fail"))
		settle()
		close(gate)
		settle()
		require.Len(t, s.histories(), 1)
		require.Equal(t, []string{"a started", "b started"}, started(j.take()))
	})
}

// The note that a child has stopped does not reach an instance that never had that child, and does not free the name that
// the new instance has given to its own.
func TestStaleChildStopped(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		var kids roster
		var listed []string
		h := gated(gate, func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); ok {
				kids.put(ctx)
			}
			return nil
		})
		p, sup := probe(t, sys, "sup", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "list" {
				listed = ctx.Children()
				_, err := actor.Spawn(ctx, "a", actortest.NewProbe[string](nil).Make)
				require.ErrorIs(t, err, actor.ErrNameTaken)
			}
			return h(ctx)
		})
		settle()
		require.NoError(t, sup.Tell("hold"))
		settle()
		require.NoError(t, sup.Tell("fail"))
		require.NoError(t, kids.get("a").StopAndWait(t.Context()))
		close(gate)
		pass(time.Second)
		require.NoError(t, sup.Tell("list"))
		settle()
		require.Equal(t, []string{"started", "hold", "fail", "restarting: boom", "started", "list"}, p.Trace())
		require.Equal(t, []string{"a", "b"}, listed)
	})
}

// A sibling in scope that is stopping takes no part in a restart, and does not hold it up if its parent stopped it. If
// somebody else did, the parent has not heard of it, and waits for its answer; its end is one.
func TestScopeWithStoppingSibling(t *testing.T) {
	for name, want := range map[string][]string{"parent": {"a started", "c started"}, "other": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, sys *actor.System) {
				var j journal
				gate := make(chan struct{})
				var kids roster
				child := func(ctx *actor.Context[string]) error {
					switch ctx.Message().(type) {
					case actor.Started:
						kids.put(ctx)
					case actor.Stopping:
						if ctx.Name() == "b" {
							<-gate
						}
					}
					return scribe(&j)(ctx)
				}
				sup := spawn(t, sys, "sup", func(ctx *actor.Context[string]) error {
					switch ctx.Message() {
					case any(actor.Started{}):
						for _, name := range []string{"a", "b", "c"} {
							_, err := actor.Spawn(ctx, name, func() actor.Actor[string] { return handler[string](child) })
							require.NoError(t, err)
						}
					case "stop b":
						ctx.StopChild("b")
					}
					return nil
				}, actor.WithStrategy(&fixed{verdict: actor.Verdict{Scope: actor.All}}))
				pass(time.Second)
				if name == "parent" {
					require.NoError(t, sup.Tell("stop b"))
				} else {
					kids.get("b").Stop()
				}
				settle()
				j.take()
				require.NoError(t, kids.get("a").Tell("fail"))
				settle()
				before := started(j.take())
				require.Equal(t, want, before)
				close(gate)
				settle()
				require.Equal(t, []string{"a started", "c started"}, append(before, started(j.take())...))
			})
		})
	}
}

// perChild is a strategy with a delay for each child, all for the rest.
type perChild map[string]time.Duration

// Decide implements actor.Strategy.
func (s perChild) Decide(h actor.History, _ error, _ time.Time) actor.Verdict {
	return actor.Verdict{Scope: actor.Rest, After: s[h.Child]}
}

// When a restart grows, because an earlier sibling fails too, the longer delay counts.
func TestDelaysJoin(t *testing.T) {
	for _, delay := range []time.Duration{time.Second, 20 * time.Second} {
		bubble(t, func(t *testing.T, sys *actor.System) {
			var j journal
			_, refs := under(t, sys, perChild{"a": delay, "b": 10 * time.Second}, scribe(&j), "a", "b")
			require.NoError(t, refs[1].Tell("fail"))
			settle()
			require.NoError(t, refs[0].Tell("fail"))
			settle()
			j.take()
			pass(max(delay, 10*time.Second) - 1)
			require.Empty(t, j.take())
			pass(1)
			require.Equal(t, []string{"a started", "b started"}, j.take())
		})
	}
}

// growing is a strategy that restarts one, but for b's failure all.
type growing map[string]time.Duration

// Decide implements actor.Strategy.
func (s growing) Decide(h actor.History, _ error, _ time.Time) actor.Verdict {
	v := actor.Verdict{After: s[h.Child]}
	if h.Child == "b" {
		v.Scope = actor.All
	}
	return v
}

// When a restart takes in several that are under way, they become one: nobody begins by an older, shorter delay.
func TestRestartsJoin(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		s := growing{"a": time.Second, "c": 5 * time.Second, "b": 10 * time.Second}
		_, refs := under(t, sys, s, scribe(&j), "a", "b", "c")
		for _, i := range []int{0, 2, 1} {
			require.NoError(t, refs[i].Tell("fail"))
			settle()
		}
		j.take()
		pass(10*time.Second - 1)
		require.Empty(t, j.take())
		pass(1)
		require.Equal(t, []string{"a started", "b started", "c started"}, j.take())
	})
}

// A timer that fired just before its restart got a new delay does not end that delay.
func TestLateTimer(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		gate := make(chan struct{})
		var kids roster
		sup := spawn(t, sys, "sup", gated(gate, func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); ok {
				kids.put(ctx)
			}
			return scribe(&j)(ctx)
		}), actor.WithStrategy(perChild{"a": time.Second, "b": time.Second}))
		settle()
		require.NoError(t, kids.get("b").Tell("fail"))
		settle()
		require.NoError(t, sup.Tell("hold"))
		settle()
		require.NoError(t, kids.get("a").Tell("fail"))
		pass(time.Second) // the timer of b's restart fires, behind the failure of a
		close(gate)
		settle()
		j.take()
		pass(time.Second - 1)
		require.Empty(t, j.take())
		pass(1)
		require.Equal(t, []string{"a started", "b started"}, j.take())
	})
}

// A child that fails while its supervisor stops is no case for the strategy.
func TestFailureWhileClosing(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		s := &fixed{}
		sup, refs := under(t, sys, s, func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Stopping); ok && ctx.Name() == "b" {
				<-gate
			}
			return scribe(&journal{})(ctx)
		}, "a", "b")
		sup.Stop()
		settle()
		require.NoError(t, refs[0].Tell("fail"))
		settle()
		close(gate)
		<-sup.Done()
		require.Empty(t, s.histories())
	})
}

// While a supervisor stops, the end of one member of a restart does not begin another.
func TestNoBeginWhileClosing(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		gate := make(chan struct{})
		sup, refs := under(t, sys, &fixed{verdict: actor.Verdict{Scope: actor.All}}, func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Restarting); ok && ctx.Name() == "b" {
				<-gate
			}
			return scribe(&j)(ctx)
		}, "a", "b")
		j.take()
		require.NoError(t, refs[0].Tell("fail"))
		settle()
		sup.Stop()
		settle()
		close(gate)
		<-sup.Done()
		require.Equal(t, []string{"a restarting", "b restarting"}, j.take())
	})
}
