package supervisor_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
)

// errBroken and errFatal are the reasons that children fail with in these tests.
var (
	errBroken = errors.New("broken")
	errFatal  = errors.New("fatal")
)

// epoch is a moment for tests without a clock.
var epoch = time.Unix(1_000_000, 0)

// isFatal is a StopOn that picks errFatal.
func isFatal(reason error) bool { return errors.Is(reason, errFatal) }

// ago returns the moments that lie so long before epoch.
func ago(ds ...time.Duration) []time.Time {
	var at []time.Time
	for _, d := range ds {
		at = append(at, epoch.Add(-d))
	}
	return at
}

// TestDecide: each rule of the verdict, with its borders, on OneForOne.
func TestDecide(t *testing.T) {
	backoff := supervisor.Backoff{Min: 100 * ms, Max: sec, ResetAfter: 10 * sec}
	restart := func(after time.Duration) actor.Verdict {
		return actor.Verdict{Action: actor.Restart, After: after, Scope: actor.One}
	}
	afresh := restart(100 * ms)
	afresh.Reset = true
	stop, escalate := actor.Verdict{Action: actor.Stop}, actor.Verdict{Action: actor.Escalate}

	tests := []struct {
		name     string
		strategy supervisor.OneForOne
		history  actor.History
		reason   error
		want     actor.Verdict
	}{
		{
			"zero value",
			supervisor.OneForOne{},
			actor.History{Consecutive: 1000, Total: 1000},
			errBroken, restart(0),
		},
		{
			"first failure",
			supervisor.OneForOne{Backoff: backoff},
			actor.History{Started: epoch},
			errBroken, restart(100 * ms),
		},
		{
			"third in a row",
			supervisor.OneForOne{Backoff: backoff},
			actor.History{Consecutive: 2, Total: 9, Started: epoch},
			errBroken, restart(400 * ms),
		},
		{
			"up for just less than ResetAfter",
			supervisor.OneForOne{Backoff: backoff},
			actor.History{Consecutive: 2, Started: epoch.Add(1 - 10*sec)},
			errBroken, restart(400 * ms),
		},
		{
			"up for ResetAfter",
			supervisor.OneForOne{Backoff: backoff},
			actor.History{Consecutive: 2, Started: epoch.Add(-10 * sec)},
			errBroken, afresh,
		},
		{
			"clock set back",
			supervisor.OneForOne{Backoff: backoff},
			actor.History{Consecutive: 2, Started: epoch.Add(time.Hour)},
			errBroken, restart(400 * ms),
		},
		{
			"no ResetAfter, never afresh",
			supervisor.OneForOne{Backoff: supervisor.Backoff{Min: 100 * ms, Max: sec}},
			actor.History{Consecutive: 2, Started: epoch.Add(-time.Hour)},
			errBroken, restart(400 * ms),
		},
		{
			"StopOn picks",
			supervisor.OneForOne{StopOn: isFatal},
			actor.History{},
			errFatal, stop,
		},
		{
			"StopOn sees what is wrapped",
			supervisor.OneForOne{StopOn: isFatal},
			actor.History{},
			errors.Join(io.EOF, errFatal), stop,
		},
		{
			"StopOn passes",
			supervisor.OneForOne{StopOn: isFatal},
			actor.History{},
			errBroken, restart(0),
		},
		{
			"StopOn comes before the window",
			supervisor.OneForOne{StopOn: isFatal, MaxRestarts: -1},
			actor.History{},
			errFatal, stop,
		},
		{
			"negative MaxRestarts",
			supervisor.OneForOne{MaxRestarts: -1},
			actor.History{},
			errBroken, escalate,
		},
		{
			"MaxRestarts for life, not used up",
			supervisor.OneForOne{MaxRestarts: 2},
			actor.History{Total: 1, Recent: ago(time.Hour)},
			errBroken, restart(0),
		},
		{
			"MaxRestarts for life, used up",
			supervisor.OneForOne{MaxRestarts: 2},
			actor.History{Total: 2, Recent: ago(2*time.Hour, time.Hour)},
			errBroken, escalate,
		},
		{
			"window not full",
			supervisor.OneForOne{MaxRestarts: 2, Within: sec},
			actor.History{Total: 1, Recent: ago(ms)},
			errBroken, restart(0),
		},
		{
			"window full",
			supervisor.OneForOne{MaxRestarts: 2, Within: sec},
			actor.History{Total: 2, Recent: ago(sec-1, ms)},
			errBroken, escalate,
		},
		{
			"window just left by one",
			supervisor.OneForOne{MaxRestarts: 2, Within: sec},
			actor.History{Total: 2, Recent: ago(sec, ms)},
			errBroken, restart(0),
		},
		{
			"window full does not depend on health",
			supervisor.OneForOne{MaxRestarts: 1, Within: sec, Backoff: backoff},
			actor.History{Total: 1, Recent: ago(ms)},
			errBroken, escalate,
		},
		{
			"old restarts do not count",
			supervisor.OneForOne{MaxRestarts: 1, Within: sec},
			actor.History{Total: 5, Recent: ago(5*sec, 4*sec, 3*sec, 2*sec, sec)},
			errBroken, restart(0),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, tt.strategy.Decide(tt.history, tt.reason, epoch))
		})
	}
}

// TestDecideScope: the three strategies differ in whom a restart takes along, and in nothing else.
func TestDecideScope(t *testing.T) {
	plan := supervisor.OneForOne{
		Backoff:     supervisor.Backoff{Min: sec, Jitter: 0.5},
		MaxRestarts: 1,
		StopOn:      isFatal,
		InHand:      actor.Redeliver,
		Rand:        func() float64 { return 0.5 },
	}
	tests := []struct {
		name     string
		strategy actor.Strategy
		scope    actor.Scope
	}{
		{"one-for-one", plan, actor.One},
		{"rest-for-one", supervisor.RestForOne(plan), actor.Rest},
		{"all-for-one", supervisor.AllForOne(plan), actor.All},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t,
				actor.Verdict{Action: actor.Restart, After: 1250 * ms, Scope: tt.scope, InHand: actor.Redeliver},
				tt.strategy.Decide(actor.History{}, errBroken, epoch))
			require.Equal(t,
				actor.Verdict{Action: actor.Escalate},
				tt.strategy.Decide(actor.History{Total: 1}, errBroken, epoch))
			require.Equal(t,
				actor.Verdict{Action: actor.Stop},
				tt.strategy.Decide(actor.History{Total: 1}, errFatal, epoch))
		})
	}
}

// TestDecideQuiet: reasons that were to be expected are quiet, whatever the action.
func TestDecideQuiet(t *testing.T) {
	s := supervisor.OneForOne{StopOn: isFatal, QuietOn: func(err error) bool { return !errors.Is(err, errBroken) }}
	require.Equal(t, actor.Verdict{Action: actor.Stop, Quiet: true}, s.Decide(actor.History{}, errFatal, epoch))
	require.Equal(t, actor.Verdict{Action: actor.Restart, Quiet: true}, s.Decide(actor.History{}, io.EOF, epoch))
	require.Equal(t, actor.Verdict{Action: actor.Restart}, s.Decide(actor.History{}, errBroken, epoch))
}

// TestWindow: the kernel is asked to keep what Decide looks at, and no more.
func TestWindow(t *testing.T) {
	tests := []struct {
		name     string
		strategy supervisor.OneForOne
		max      int
		within   time.Duration
	}{
		{"no limit", supervisor.OneForOne{Within: sec}, 0, 0},
		{"no restarts", supervisor.OneForOne{MaxRestarts: -1, Within: sec}, 0, 0},
		{"limit for life", supervisor.OneForOne{MaxRestarts: 5}, 0, 0},
		{"window", supervisor.OneForOne{MaxRestarts: 5, Within: sec}, 5, sec},
		{"largest window", supervisor.OneForOne{MaxRestarts: 9999, Within: sec}, 1024, sec},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, s := range []actor.Windowed{
				tt.strategy, supervisor.RestForOne(tt.strategy), supervisor.AllForOne(tt.strategy),
			} {
				most, within := s.Window()
				require.Equal(t, tt.max, most)
				require.Equal(t, tt.within, within)
			}
		})
	}
}

// TestDecideLargestWindow: a limit above what the kernel keeps still ends a storm.
func TestDecideLargestWindow(t *testing.T) {
	s := supervisor.OneForOne{MaxRestarts: 9999, Within: sec}
	h := actor.History{Total: 5000, Recent: make([]time.Time, 1023)}
	for i := range h.Recent {
		h.Recent[i] = epoch
	}
	require.Equal(t, actor.Restart, s.Decide(h, errBroken, epoch).Action)
	h.Recent = append(h.Recent, epoch)
	require.Equal(t, actor.Escalate, s.Decide(h, errBroken, epoch).Action)
}

// TestDecideJitterIsRandomByDefault: without a Rand of the user's, delays differ and stay within the jitter.
func TestDecideJitterIsRandomByDefault(t *testing.T) {
	s := supervisor.OneForOne{Backoff: supervisor.Backoff{Min: sec, Jitter: 1}}
	seen := make(map[time.Duration]bool)
	for range 100 {
		after := s.Decide(actor.History{}, errBroken, epoch).After
		require.GreaterOrEqual(t, after, sec)
		require.LessOrEqual(t, after, 2*sec)
		seen[after] = true
	}
	require.Greater(t, len(seen), 90)
}

// TestDecideLeavesHistoryAlone: a strategy is pure; it writes nothing into what it was given.
func TestDecideLeavesHistoryAlone(t *testing.T) {
	h := actor.History{Child: "a", Consecutive: 3, Total: 3, Started: epoch, Recent: ago(3*sec, 2*sec, sec)}
	before := h
	before.Recent = append([]time.Time(nil), h.Recent...)
	s := supervisor.AllForOne{MaxRestarts: 5, Within: 10 * sec, Backoff: supervisor.Backoff{Min: sec, ResetAfter: 1}}
	first := s.Decide(h, errBroken, epoch)
	require.Equal(t, before, h)
	require.Equal(t, first, s.Decide(h, errBroken, epoch), "the same question has the same answer")
}
