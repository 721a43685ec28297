package supervisor

import (
	"math"
	"time"
)

// A Backoff says how long to wait before a restart. It is a pure value, safe for use by any number of goroutines.
//
// The zero value restarts at once, every time. Backoff{Min: d} always waits d; with a Max beside it the delay starts at
// Min and doubles up to Max.
//
// A dialer builds one from the socket's reconnect options: Min is ZMQ_RECONNECT_IVL, Max is ZMQ_RECONNECT_IVL_MAX.
type Backoff struct {
	// Set before use, then read-only.

	// Min is the delay before the first restart. Zero or less: every delay is zero.
	Min time.Duration

	// Max caps the delay before jitter is added, Min included. Zero or less: no cap.
	Max time.Duration

	// Factor is what each further attempt multiplies the delay by. Zero means 2 when there is a Max to grow to, and 1
	// (no growth) when there is none; so unbounded growth has to be asked for. Any other value below 1 counts as 1.
	Factor float64

	// Jitter is the largest share of the delay that is added to it at random, so that many actors which failed together
	// do not come back together: 0.5 adds up to a half. Zero or less: none.
	Jitter float64

	// ResetAfter is how long a child must have been up for its next failure to count as the first again. Zero or less:
	// only a child that reports itself healthy starts afresh.
	ResetAfter time.Duration
}

// Delay returns how long to wait before restart number attempt, counted from 0, which is
//
//	min(Max, Min · Factor^attempt) · (1 + Jitter·rnd)
//
// with the fields read as they are documented. rnd is a random number of the caller's, from 0 to 1; a value outside is
// moved to the nearer end. The result is never negative, and saturates at the largest Duration. A negative attempt
// counts as 0.
//
// The cap comes before the jitter, so actors that have all reached Max still spread out; the longest delay is
// Max · (1+Jitter).
func (b Backoff) Delay(attempt int, rnd float64) time.Duration {
	if b.Min <= 0 {
		return 0
	}
	delay := float64(b.Min) * math.Pow(b.factor(), float64(max(attempt, 0)))
	if b.Max > 0 {
		delay = min(delay, float64(b.Max))
	}
	if b.Jitter > 0 && rnd > 0 {
		delay *= 1 + b.Jitter*min(rnd, 1)
	}
	return saturate(delay)
}

// factor returns the factor in force: Factor, or what its zero value stands for. At least 1.
func (b Backoff) factor() float64 {
	switch {
	case b.Factor > 1:
		return b.Factor
	case b.Factor == 0 && b.Max > 0:
		return 2
	default:
		return 1
	}
}

// rested reports whether a child that was up for the given time has earned a fresh count of attempts.
func (b Backoff) rested(up time.Duration) bool {
	return b.ResetAfter > 0 && up >= b.ResetAfter
}

// saturate turns nanoseconds, not negative and perhaps infinite, into a Duration no larger than the largest there is.
func saturate(ns float64) time.Duration {
	// The float next to MaxInt64 is 2^63, one too many; so equal is too large as well.
	if ns >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(ns)
}
