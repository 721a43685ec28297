package supervisor_test

import (
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
)

// always escalates each failure.
var always = supervisor.OneForOne{MaxRestarts: -1}

// under declares a supervisor.
func under(name string, s actor.Strategy, children ...supervisor.Child) supervisor.Child {
	return supervisor.Supervisor(supervisor.Spec{Name: name, Strategy: s, Children: children})
}

// TestEscalationRestartsTheSupervisor: a failure that escalates restarts the supervisor: its children are stopped, last
// first, and started anew. Its siblings are left alone. The workers are new actors then, found under the old paths.
func TestEscalationRestartsTheSupervisor(t *testing.T) {
	for _, failure := range failures {
		t.Run(failure.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, sys *actor.System) {
				j := &journal{}
				tree := start(t, sys, supervisor.Spec{
					Name: "top", Strategy: supervisor.OneForOne{},
					Children: []supervisor.Child{
						j.worker("a"), under("mid", always, j.workers("b", "c", "d")...), j.worker("e"),
					},
				})
				j.take()
				b, d := at(t, tree, "mid/b"), at(t, tree, "mid/d")

				require.NoError(t, failure.fail(at(t, tree, "mid/c")))
				lines := j.take()
				require.Equal(t, []string{"-d", "-c", "-b"}, lines[:3])
				require.ElementsMatch(t, []string{"+b", "+c", "+d"}, lines[3:])
				require.NotEqual(t, b, at(t, tree, "mid/b"))
				require.Equal(t, b.Path(), at(t, tree, "mid/b").Path())
				require.ErrorIs(t, d.Tell(order{say: "lost"}), actor.ErrStopped)
				tell(t, tree, "mid/d", order{say: "here"})
				require.Equal(t, []string{"d:here"}, j.take())
			})
		})
	}
}

// TestEscalationWindow: a worker has its restarts within the window, and the failure after the last escalates. Once the
// window has moved on it has them again.
func TestEscalationWindow(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		mid := under("mid", supervisor.OneForOne{MaxRestarts: 2, Within: sec}, j.workers("b", "c")...)
		tree := start(t, sys, supervisor.Spec{
			Name: "top", Strategy: supervisor.OneForOne{},
			Children: []supervisor.Child{mid},
		})
		j.take()
		fails := func() []string {
			tell(t, tree, "mid/b", order{fails: errBroken})
			return j.take()
		}
		require.Equal(t, []string{"~b", "+b"}, fails())
		pass(sec / 2)
		require.Equal(t, []string{"~b", "+b"}, fails())
		pass(sec / 2)
		require.Equal(t, []string{"~b", "+b"}, fails(), "the first has left the window")
		require.Equal(t, []string{"-c", "-b"}, fails()[:2], "two are in it: escalates")
		require.Equal(t, []string{"~b", "+b"}, fails(), "the new supervisor counts afresh")
	})
}

// TestEscalationWindowIsPerChild: restarts of one child do not use up those of another, nor does being restarted along.
func TestEscalationWindowIsPerChild(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		tree := start(t, sys, supervisor.Spec{
			Name: "top", Strategy: supervisor.AllForOne{MaxRestarts: 1}, Children: j.workers("a", "b", "c"),
		})
		j.take()
		for _, path := range []string{"a", "b", "c"} {
			tell(t, tree, path, order{fails: errBroken})
			lines := j.take()
			require.ElementsMatch(t, []string{"~a", "~b", "~c"}, lines[:3])
			require.Equal(t, []string{"+a", "+b", "+c"}, lines[3:])
		}
		select {
		case <-tree.Done():
			require.Fail(t, "escalated")
		default:
		}
	})
}

// TestEscalationThroughLevels: a failure climbs until a strategy deals with it, and that strategy's scope decides who
// is restarted along.
func TestEscalationThroughLevels(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		tree := start(t, sys, supervisor.Spec{
			Name: "top", Strategy: supervisor.RestForOne{},
			Children: []supervisor.Child{
				j.worker("a"),
				under("1", always, j.worker("b"), under("2", always, j.worker("c"), under("3", always, j.worker("d")))),
				j.worker("e"),
			},
		})
		j.take()
		tell(t, tree, "1/2/3/d", order{fails: errBroken})
		lines := j.take()
		require.NotContains(t, lines, "~a")
		require.Len(t, lines, 8)
		require.ElementsMatch(t, []string{"-d", "-c", "-b", "~e"}, lines[:4])
		require.Equal(t, []string{"-d", "-c", "-b"}, without("~e", lines[:4]))
		require.ElementsMatch(t, []string{"+b", "+c", "+d", "+e"}, lines[4:])
		tell(t, tree, "1/2/3/d", order{say: "here"})
		require.Equal(t, []string{"d:here"}, j.take())
	})
}

// without returns lines without the given one.
func without(line string, lines []string) []string {
	kept := []string{}
	for _, l := range lines {
		if l != line {
			kept = append(kept, l)
		}
	}
	return kept
}

// TestEscalationToTheSystem: what nobody deals with stops its tree and is reported with the first reason. Other trees,
// and the process, go on.
func TestEscalationToTheSystem(t *testing.T) {
	var reports []actor.Failure // one tree fails, once; synctest.Wait comes between writing and reading
	report := actor.WithReport(func(f actor.Failure) { reports = append(reports, f) })
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		bad := start(t, sys, supervisor.Spec{
			Name: "bad", Strategy: always,
			Children: []supervisor.Child{under("mid", always, j.workers("a", "b")...)},
		})
		good := start(t, sys, supervisor.Spec{Name: "good", Strategy: always, Children: j.workers("c")})
		j.take()
		tell(t, bad, "mid/a", order{panic: errFatal})
		<-bad.Done()
		require.Equal(t, []string{"-b", "-a"}, j.take())
		_, ok := supervisor.Lookup[order](bad, "mid/b")
		require.False(t, ok)
		tell(t, good, "c", order{say: "here"})
		require.Equal(t, []string{"c:here"}, j.take())

		require.Len(t, reports, 1)
		require.Equal(t, "bad", reports[0].Path)
		require.Equal(t, actor.Stop, reports[0].Verdict.Action)
		var panicked *actor.PanicError
		require.ErrorAs(t, reports[0].Reason, &panicked)
		require.Equal(t, errFatal, panicked.Value)
		require.NotEmpty(t, panicked.Stack)
	}, report, actor.WithLogger(slog.New(slog.DiscardHandler)))
}

// TestFailureInStarted: a worker that fails while it starts is supervised like any other; Start does not wait for it.
func TestFailureInStarted(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		starts := 0 // owned by the worker, one instance after the other
		stubborn := supervisor.Worker("a", func() actor.Actor[order] {
			starts++
			return &failsToStart{fails: starts < 4}
		})
		tree := start(t, sys, supervisor.Spec{
			Name: "top", Strategy: supervisor.OneForOne{Backoff: supervisor.Backoff{Min: sec}},
			Children: []supervisor.Child{stubborn},
		})
		ref := at(t, tree, "a")
		pass(3 * sec)
		synctest.Wait()
		require.Equal(t, 4, starts)
		require.Equal(t, ref, at(t, tree, "a"))
	})
}

// A failsToStart fails in Started if it is told to.
type failsToStart struct{ fails bool }

// Receive implements actor.Actor.
func (f *failsToStart) Receive(ctx *actor.Context[order]) error {
	if _, ok := ctx.Message().(actor.Started); ok && f.fails {
		return errBroken
	}
	return nil
}
