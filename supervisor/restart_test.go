package supervisor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/supervisor"
)

// failures are the ways in which a worker fails: by what its handler does, or made to from outside.
var failures = []struct {
	name string
	fail func(ref actor.Ref[order]) error
}{
	{"error", func(ref actor.Ref[order]) error { return ref.Tell(order{fails: errBroken}) }},
	{"panic", func(ref actor.Ref[order]) error { return ref.Tell(order{panic: "broken"}) }},
	{"panic with an error", func(ref actor.Ref[order]) error { return ref.Tell(order{panic: errBroken}) }},
	{"error injected", func(ref actor.Ref[order]) error { return actortest.Fail(ref, errBroken) }},
	{"panic injected", func(ref actor.Ref[order]) error { return actortest.Panic(ref, "broken") }},
}

// TestRestartScope: each strategy restarts the right children, in the right order, whichever of them fails and however.
func TestRestartScope(t *testing.T) {
	one, rest, all := supervisor.OneForOne{}, supervisor.RestForOne{}, supervisor.AllForOne{}
	tests := []struct {
		name     string
		strategy actor.Strategy
		fails    string
		halt     []string // at once, so in any order
		begin    []string // in this order
	}{
		{"one-for-one, first", one, "a", []string{"~a"}, []string{"+a"}},
		{"one-for-one, middle", one, "b", []string{"~b"}, []string{"+b"}},
		{"one-for-one, last", one, "d", []string{"~d"}, []string{"+d"}},
		{"rest-for-one, first", rest, "a", []string{"~a", "~b", "~c", "~d"}, []string{"+a", "+b", "+c", "+d"}},
		{"rest-for-one, middle", rest, "b", []string{"~b", "~c", "~d"}, []string{"+b", "+c", "+d"}},
		{"rest-for-one, last", rest, "d", []string{"~d"}, []string{"+d"}},
		{"all-for-one, first", all, "a", []string{"~a", "~b", "~c", "~d"}, []string{"+a", "+b", "+c", "+d"}},
		{"all-for-one, middle", all, "b", []string{"~a", "~b", "~c", "~d"}, []string{"+a", "+b", "+c", "+d"}},
		{"all-for-one, last", all, "d", []string{"~a", "~b", "~c", "~d"}, []string{"+a", "+b", "+c", "+d"}},
	}
	for _, tt := range tests {
		for _, failure := range failures {
			t.Run(tt.name+", "+failure.name, func(t *testing.T) {
				bubble(t, func(t *testing.T, sys *actor.System) {
					j := &journal{}
					tree := start(t, sys, supervisor.Spec{
						Name: "top", Strategy: tt.strategy, Children: j.workers("a", "b", "c", "d"),
					})
					refs := [2]actor.Ref[order]{at(t, tree, "a"), at(t, tree, "d")}
					require.ElementsMatch(t, []string{"+a", "+b", "+c", "+d"}, j.take())

					require.NoError(t, failure.fail(at(t, tree, tt.fails)))
					lines := j.take()
					require.Len(t, lines, len(tt.halt)+len(tt.begin))
					require.ElementsMatch(t, tt.halt, lines[:len(tt.halt)])
					require.Equal(t, tt.begin, lines[len(tt.halt):])
					require.Equal(t, refs, [2]actor.Ref[order]{at(t, tree, "a"), at(t, tree, "d")}, "references stay good")
				})
			})
		}
	}
}

// TestMessagesWaitOutARestart: what is sent to a child that waits for its restart, on either lane, is handled after it,
// in order; so is what is sent to siblings that are restarted along.
func TestMessagesWaitOutARestart(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		tree := start(t, sys, supervisor.Spec{
			Name:     "top",
			Strategy: supervisor.AllForOne{Backoff: supervisor.Backoff{Min: sec}},
			Children: j.workers("a", "b"),
		})
		j.take()
		tell(t, tree, "a", order{fails: errBroken})
		require.ElementsMatch(t, []string{"~a", "~b"}, j.take())

		tell(t, tree, "a", order{say: "1"})
		tell(t, tree, "a", order{say: "2"})
		require.NoError(t, at(t, tree, "b").Send(t.Context(), order{say: "1"}))
		require.NoError(t, at(t, tree, "b").Send(t.Context(), order{say: "2"}))
		pass(sec - 1)
		require.Empty(t, j.take(), "not before the delay is over")
		pass(1)
		lines := j.take()
		require.Equal(t, []string{"+a", "a:1", "a:2"}, only("a", lines))
		require.Equal(t, []string{"+b", "b:1", "b:2"}, only("b", lines))
	})
}

// only returns the lines of the worker of that name, which is one letter.
func only(name string, lines []string) []string {
	var kept []string
	for _, line := range lines {
		if line[:1] == name || line[1:] == name {
			kept = append(kept, line)
		}
	}
	return kept
}

// pass lets time pass in a bubble.
func pass(d time.Duration) { <-time.After(d) }

// delays lets the worker at path fail as often as there are entries in ups, after so long up each, and returns how long
// it was down each time.
func delays(t *testing.T, tree *supervisor.Tree, j *clockedJournal, ups ...time.Duration) []time.Duration {
	t.Helper()
	var down []time.Duration
	for _, up := range ups {
		pass(up)
		failed := time.Now()
		tell(t, tree, "a", order{fails: errBroken})
		down = append(down, (<-j.startedc).Sub(failed))
	}
	return down
}

// A clockedJournal declares a worker that tells when it starts.
type clockedJournal struct{ startedc chan time.Time }

// worker declares worker a, which also sends the time of each start to startedc.
func (j *clockedJournal) worker() supervisor.Child {
	return supervisor.Worker("a", func() actor.Actor[order] { return &clockedWorker{startedc: j.startedc} })
}

// A clockedWorker tells when it starts, and does as it is told.
type clockedWorker struct {
	worker
	startedc chan time.Time
}

// Receive implements actor.Actor.
func (w *clockedWorker) Receive(ctx *actor.Context[order]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		w.startedc <- time.Now()
		return nil
	case order:
		return w.obey(ctx, m)
	default:
		return actor.Unexpected(m)
	}
}

// clocked runs f on a tree of one clocked worker under the given strategy.
func clocked(t *testing.T, s actor.Strategy, f func(t *testing.T, tree *supervisor.Tree, j *clockedJournal)) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &clockedJournal{startedc: make(chan time.Time, 1)}
		tree := start(t, sys, supervisor.Spec{Name: "top", Strategy: s, Children: []supervisor.Child{j.worker()}})
		<-j.startedc
		f(t, tree, j)
	})
}

// TestRestartDelays: the delays of a worker that fails again and again are those of its Backoff, to the nanosecond.
func TestRestartDelays(t *testing.T) {
	s := supervisor.OneForOne{Backoff: supervisor.Backoff{Min: 100 * ms, Max: sec}}
	clocked(t, s, func(t *testing.T, tree *supervisor.Tree, j *clockedJournal) {
		require.Equal(t,
			[]time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, sec, sec},
			delays(t, tree, j, 0, 0, 0, 0, time.Hour, 0))
	})
}

// TestRestartDelaysReset: after ResetAfter up they begin at the bottom again, and climb from there.
func TestRestartDelaysReset(t *testing.T) {
	s := supervisor.OneForOne{Backoff: supervisor.Backoff{Min: 100 * ms, Max: sec, ResetAfter: 10 * sec}}
	clocked(t, s, func(t *testing.T, tree *supervisor.Tree, j *clockedJournal) {
		require.Equal(t,
			[]time.Duration{100 * ms, 200 * ms, 400 * ms, 100 * ms, 200 * ms, 400 * ms, 100 * ms},
			delays(t, tree, j, 0, 0, 10*sec-1, 10*sec, 0, 10*sec-1, time.Hour))
	})
}

// TestRestartDelaysHealthy: a worker that reports itself healthy starts afresh, however short it was up.
func TestRestartDelaysHealthy(t *testing.T) {
	s := supervisor.OneForOne{Backoff: supervisor.Backoff{Min: 100 * ms, Max: sec}}
	clocked(t, s, func(t *testing.T, tree *supervisor.Tree, j *clockedJournal) {
		require.Equal(t, []time.Duration{100 * ms, 200 * ms}, delays(t, tree, j, 0, 0))
		tell(t, tree, "a", order{well: true})
		require.Equal(t, []time.Duration{100 * ms, 200 * ms}, delays(t, tree, j, 0, 0))
	})
}

// TestRestartJitter: the jitter of the strategy reaches the delay.
func TestRestartJitter(t *testing.T) {
	s := supervisor.RestForOne{
		Backoff: supervisor.Backoff{Min: 100 * ms, Jitter: 0.5},
		Rand:    func() float64 { return 0.5 },
	}
	clocked(t, s, func(t *testing.T, tree *supervisor.Tree, j *clockedJournal) {
		require.Equal(t, []time.Duration{125 * ms, 125 * ms}, delays(t, tree, j, 0, 0))
	})
}

// TestStopDuringDelay: a tree whose children wait for their restart stops at once; they do not come back.
func TestStopDuringDelay(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		tree := start(t, sys, supervisor.Spec{
			Name:     "top",
			Strategy: supervisor.AllForOne{Backoff: supervisor.Backoff{Min: time.Hour}},
			Children: j.workers("a", "b"),
		})
		j.take()
		tell(t, tree, "b", order{fails: errBroken})
		synctest.Wait()
		before := time.Now()
		require.NoError(t, tree.Stop(t.Context()))
		require.Zero(t, time.Since(before))
		pass(2 * time.Hour)
		require.ElementsMatch(t, []string{"~a", "~b"}, j.take())
	})
}

// TestStopOn: a reason that stops ends that child alone, under each strategy; it is not found any more.
func TestStopOn(t *testing.T) {
	plan := supervisor.OneForOne{StopOn: isFatal}
	for name, s := range map[string]actor.Strategy{
		"one-for-one": plan, "rest-for-one": supervisor.RestForOne(plan), "all-for-one": supervisor.AllForOne(plan),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, sys *actor.System) {
				j := &journal{}
				tree := start(t, sys, supervisor.Spec{Name: "top", Strategy: s, Children: j.workers("a", "b", "c")})
				j.take()
				tell(t, tree, "b", order{panic: errFatal})
				require.Equal(t, []string{"-b"}, j.take())
				_, ok := supervisor.Lookup[order](tree, "b")
				require.False(t, ok)
				tell(t, tree, "a", order{say: "here"})
				require.Equal(t, []string{"a:here"}, j.take())
				tell(t, tree, "c", order{say: "here"})
				require.Equal(t, []string{"c:here"}, j.take())
			})
		})
	}
}
