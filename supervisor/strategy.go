package supervisor

import (
	"math/rand/v2"
	"time"

	"github.com/weirmq/weir/actor"
)

// mostRecent is the most restarts that the kernel keeps the times of; see [actor.Windowed].
const mostRecent = 1024

// OneForOne restarts the child that failed, and leaves its siblings alone. It is a pure value, safe for use by any
// number of supervisors at once.
//
// The zero value restarts at once, for ever, and gives the message in hand to the dead letters.
//
// A verdict is found in this order: a reason that StopOn picks stops the child; a child that has used up its restarts
// escalates; any other failure restarts it after the delay of Backoff.
type OneForOne struct {
	// Set before use, then read-only.

	// Backoff is the wait before each restart. The attempt it counts by is the number of failures since the child last
	// was healthy: it said so itself, or was up for Backoff.ResetAfter.
	Backoff Backoff

	// MaxRestarts is how many restarts each child has within any stretch of time of length Within; the failure after
	// the last of them escalates to the supervisor's own supervisor. Zero: no limit. Negative: none, so that each
	// failure escalates. With Within set, a limit above 1024 counts as 1024.
	MaxRestarts int

	// Within is the length of that stretch: a restart counts while it is less than Within ago. Zero or less: the
	// restarts of the child's whole life count.
	Within time.Duration

	// StopOn picks the reasons after which the child is stopped and not restarted; its siblings go on. It is called
	// with what Receive returned, or an *actor.PanicError, on the supervisor's goroutine: it must not wait, and must
	// be safe for concurrent use if the strategy is shared. Nil: no reason stops.
	StopOn func(reason error) bool

	// QuietOn picks the reasons that were to be expected, such as a lost connection, and are logged at Debug only. The
	// rules of StopOn hold for it, too. Nil: none is.
	QuietOn func(reason error) bool

	// InHand says what becomes of the message that the child was handling when it is restarted. Redeliver gives it to
	// the next instance once more; a message that always fails then fails for ever, unless MaxRestarts ends that.
	InHand actor.InHand

	// Rand returns a number from 0 to 1 for the jitter. Safe for concurrent use if the strategy is shared. Nil: a
	// random one.
	Rand func() float64
}

// RestForOne restarts the child that failed and all children started after it. They halt at once, so that none works
// with a broken sibling, and begin again in the order of their start, each once the Started of the one before has
// returned. References to them stay good, and what is queued for them waits.
//
// Its fields are those of [OneForOne], zero value included. Limits and delays go by each child's own failures: being
// restarted along with a sibling counts for nothing.
type RestForOne OneForOne

// AllForOne restarts all children of the supervisor when one fails, in the way of [RestForOne].
//
// Its fields are those of [OneForOne], zero value included. Limits and delays go by each child's own failures: being
// restarted along with a sibling counts for nothing.
type AllForOne OneForOne

// All three are strategies that look at the restarts within their window.
var (
	_ actor.Windowed = OneForOne{}
	_ actor.Windowed = RestForOne{}
	_ actor.Windowed = AllForOne{}
)

// Decide implements [actor.Strategy].
func (s OneForOne) Decide(h actor.History, reason error, now time.Time) actor.Verdict {
	return s.verdict(actor.One, h, reason, now)
}

// Window implements [actor.Windowed].
func (s OneForOne) Window() (max int, within time.Duration) {
	if s.Within <= 0 || s.MaxRestarts <= 0 {
		return 0, 0 // History.Total is all that Decide needs
	}
	return min(s.MaxRestarts, mostRecent), s.Within
}

// Decide implements [actor.Strategy].
func (s RestForOne) Decide(h actor.History, reason error, now time.Time) actor.Verdict {
	return OneForOne(s).verdict(actor.Rest, h, reason, now)
}

// Window implements [actor.Windowed].
func (s RestForOne) Window() (max int, within time.Duration) { return OneForOne(s).Window() }

// Decide implements [actor.Strategy].
func (s AllForOne) Decide(h actor.History, reason error, now time.Time) actor.Verdict {
	return OneForOne(s).verdict(actor.All, h, reason, now)
}

// Window implements [actor.Windowed].
func (s AllForOne) Window() (max int, within time.Duration) { return OneForOne(s).Window() }

// verdict decides for all three strategies; scope is whom a restart takes along. Pure but for the functions among the
// fields.
func (s OneForOne) verdict(scope actor.Scope, h actor.History, reason error, now time.Time) actor.Verdict {
	v := actor.Verdict{Quiet: s.QuietOn != nil && s.QuietOn(reason)}
	switch {
	case s.StopOn != nil && s.StopOn(reason):
		v.Action = actor.Stop
	case s.spent(h, now):
		v.Action = actor.Escalate
	default:
		v.Action, v.Scope, v.InHand = actor.Restart, scope, s.InHand
		attempt := h.Consecutive
		if s.Backoff.rested(now.Sub(h.Started)) {
			attempt, v.Reset = 0, true
		}
		v.After = s.Backoff.Delay(attempt, s.random())
	}
	return v
}

// spent reports whether the child of history h has no restart left at time now.
func (s OneForOne) spent(h actor.History, now time.Time) bool {
	switch {
	case s.MaxRestarts == 0:
		return false
	case s.MaxRestarts < 0:
		return true
	case s.Within <= 0:
		return h.Total >= s.MaxRestarts
	}
	recent := 0
	for _, at := range h.Recent {
		if now.Sub(at) < s.Within {
			recent++
		}
	}
	return recent >= min(s.MaxRestarts, mostRecent)
}

// random returns the number that sets the jitter. From 0 to 1.
func (s OneForOne) random() float64 {
	if s.Rand != nil {
		return s.Rand()
	}
	return rand.Float64()
}
