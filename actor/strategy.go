package actor

import (
	"math/rand/v2"
	"time"
)

// A Strategy decides what becomes of a failed child. Strategies are values: everything they need comes in, and the
// kernel carries out what comes out. Decide runs on the parent's goroutine and must not wait; a strategy that several
// parents share must be safe for use by several goroutines. A panic in Decide counts as [Escalate].
//
// Set one with [WithStrategy]: it supervises the children of the actor that it is set on.
type Strategy interface {
	Decide(h History, reason error, now time.Time) Verdict
}

// A Windowed strategy looks at more, or at fewer, of the child's past restarts than the newest 16.
type Windowed interface {
	Strategy

	// Window returns how many of the newest restarts History.Recent has to hold, at most 1024, and how old the oldest of
	// them may be; 0 is any age.
	Window() (max int, within time.Duration)
}

// Limits of History.Recent.
const (
	recentDefault = 16   // restarts kept for a strategy that is not Windowed
	recentMax     = 1024 // restarts kept at most
)

// History is what the kernel knows of a child that has failed.
type History struct {
	// Child is the child's name.
	Child string

	// Consecutive is the number of failures before this one since the child last was healthy: since it called
	// [Context.Healthy], or a verdict had Reset set. 0 at the first.
	Consecutive int

	// Total is the number of restarts that failures of this child have caused.
	Total int

	// Started is when this instance was started.
	Started time.Time

	// Recent holds the times of the newest of those restarts, newest last. Read-only, and valid during Decide only.
	Recent []time.Time
}

// An Action is what a verdict does.
type Action uint8

// The actions. Restart is the zero value.
const (
	// Restart replaces the instance by a new one, after Verdict.After.
	Restart Action = iota

	// Stop stops the actor.
	Stop

	// Escalate makes the supervisor fail with the same reason, so that its own supervisor decides. The child handles
	// nothing meanwhile. What escalates to the system is reported there, and the top-level actor that it came through is
	// stopped.
	Escalate
)

// String returns the name of the action in lower case.
func (a Action) String() string {
	switch a {
	case Restart:
		return "restart"
	case Stop:
		return "stop"
	case Escalate:
		return "escalate"
	default:
		return "unknown action"
	}
}

// A Scope says which children a verdict is about. Order is the order in which they were started.
type Scope uint8

// The scopes. One is the zero value.
const (
	// One is the child that failed.
	One Scope = iota

	// Rest is the child that failed and all that were started after it.
	Rest

	// All is all children.
	All
)

// String returns the name of the scope in lower case.
func (s Scope) String() string {
	switch s {
	case One:
		return "one"
	case Rest:
		return "rest"
	case All:
		return "all"
	default:
		return "unknown scope"
	}
}

// InHand says what becomes of the message that was being handled when the handler failed. It does not concern lent lanes
// (see [Context.OpenData]): those are rewound in any case.
type InHand uint8

// What becomes of it. ToDeadLetters is the zero value.
const (
	// ToDeadLetters: the next instance does not see it. The ledger counts it as dropped under [ReasonFailed].
	ToDeadLetters InHand = iota

	// Redeliver: the next instance receives it first, before anything else on its lane.
	Redeliver
)

// A Verdict is what a strategy decides. The zero value restarts the child at once.
type Verdict struct {
	// Action is what to do.
	Action Action

	// After is how long to wait before the new instance is made; for Restart. Zero and less: not at all.
	After time.Duration

	// Scope says which children to restart or stop; it is without meaning for Escalate.
	Scope Scope

	// InHand says what becomes of the message in hand of each actor in Scope; for Restart.
	InHand InHand

	// Reset says that the child had been up for long enough: this failure is counted as the first in a row.
	Reset bool

	// Quiet says that the failure was to be expected, as that of a connection is: it is logged at Debug only. Panics
	// are logged all the same.
	Quiet bool
}

// A Failure is what the system reports to the function set by [WithReport]: the failure of a top-level actor, its own or
// one that escalated to it, and what was decided.
type Failure struct {
	// Path is the path of the top-level actor.
	Path string

	// Reason is what the handler that failed returned, or a *PanicError.
	Reason error

	// Verdict is the decision. Its Action is Stop for what escalated.
	Verdict Verdict

	// Time is when it was decided.
	Time time.Time
}

// The default strategy's delays: the first restart comes after about defaultMin, each further one in a row after twice
// as long, up to defaultMax. A child that was up for defaultReset counts as healthy.
const (
	defaultMin   = 10 * time.Millisecond
	defaultMax   = 5 * time.Second
	defaultReset = 30 * time.Second
)

// defaultStrategy restarts the one that failed, for ever, with a capped, jittered, exponential backoff. It supervises the
// children of actors without a strategy of their own, and the top-level actors.
type defaultStrategy struct{}

// Decide implements [Strategy].
func (defaultStrategy) Decide(h History, _ error, now time.Time) Verdict {
	reset := now.Sub(h.Started) >= defaultReset
	attempt := h.Consecutive
	if reset {
		attempt = 0
	}
	d := defaultMax
	if attempt < 10 {
		d = min(defaultMax, defaultMin<<attempt)
	}
	return Verdict{After: d/2 + time.Duration(rand.Float64()*float64(d/2)), Reset: reset}
}

// decide asks s, and takes a panic in it for Escalate; then err is that panic, else nil.
func decide(s Strategy, h History, reason error, now time.Time) (v Verdict, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = Verdict{Action: Escalate}, newPanicError(r)
		}
	}()
	return s.Decide(h, reason, now), nil
}
