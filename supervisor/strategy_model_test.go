package supervisor_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
)

// A childModel is what a kernel keeps of one child, in the plainest way: all of it.
type childModel struct {
	history  actor.History
	now      time.Time
	attempts int // failures in a row since the child last was healthy or was up for ResetAfter
}

// fails lets the child fail after the given time up, checks the strategy's verdict against plain counting, and carries
// it out. It returns false when the failure escalated.
func (c *childModel) fails(t *testing.T, s supervisor.OneForOne, up time.Duration) bool {
	c.now = c.history.Started.Add(up)
	if s.Backoff.ResetAfter > 0 && up >= s.Backoff.ResetAfter {
		c.attempts = 0
	}
	v := s.Decide(c.history, errBroken, c.now)

	inWindow := 0
	for _, at := range c.history.Recent {
		if at.After(c.now.Add(-s.Within)) {
			inWindow++
		}
	}
	if inWindow >= s.MaxRestarts {
		require.Equal(t, actor.Escalate, v.Action, "%d restarts in the window", inWindow)
		return false
	}
	require.Equal(t, actor.Restart, v.Action, "%d restarts in the window", inWindow)
	require.Equal(t, s.Backoff.Delay(c.attempts, 0.25), v.After, "attempt %d after %v up", c.attempts, up)

	if v.Reset {
		c.history.Consecutive = 0
	}
	c.attempts++
	c.history.Consecutive++
	c.history.Total++
	c.history.Started = c.now.Add(v.After)
	c.history.Recent = append(c.history.Recent, c.history.Started)
	return true
}

// healthy lets the child report itself healthy.
func (c *childModel) healthy() {
	c.attempts, c.history.Consecutive = 0, 0
}

// TestStrategyModel: long random lives of children, failure by failure, against plain counting: the delay follows the
// failures since the child was last healthy or up long enough, and not one restart more is given than the window has.
func TestStrategyModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	escalated, survived := 0, 0
	for range 500 {
		s := supervisor.OneForOne{
			Backoff: supervisor.Backoff{
				Min: time.Duration(rng.Int64N(int64(sec))), Max: 4 * sec, Jitter: rng.Float64(),
				ResetAfter: time.Duration(rng.IntN(3)) * sec,
			},
			MaxRestarts: 1 + rng.IntN(6),
			Within:      time.Duration(1+rng.IntN(10)) * sec,
			Rand:        func() float64 { return 0.25 },
		}
		c := &childModel{history: actor.History{Child: "c", Started: epoch}}
		alive := true
		for life := 0; alive && life < 40; life++ {
			if rng.IntN(5) == 0 {
				c.healthy()
			}
			alive = c.fails(t, s, time.Duration(rng.Int64N(int64(5*sec))))
		}
		if alive {
			survived++
		} else {
			escalated++
		}
	}
	require.Greater(t, escalated, 50, "the model must see both ends")
	require.Greater(t, survived, 50, "the model must see both ends")
}

// TestResetAfterStaysReset: after a long time up the delays start at the bottom again, and climb from there, instead of
// jumping back to where they were.
func TestResetAfterStaysReset(t *testing.T) {
	s := supervisor.OneForOne{
		Backoff:     supervisor.Backoff{Min: sec, Max: 8 * sec, ResetAfter: time.Minute},
		MaxRestarts: 100, Within: time.Hour,
		Rand: func() float64 { return 0.25 },
	}
	c := &childModel{history: actor.History{Started: epoch}}
	var delays []time.Duration
	for _, up := range []time.Duration{ms, ms, ms, ms, time.Minute, ms, ms} {
		failed := c.history.Started.Add(up)
		require.True(t, c.fails(t, s, up))
		delays = append(delays, c.history.Started.Sub(failed))
	}
	require.Equal(t, []time.Duration{sec, 2 * sec, 4 * sec, 8 * sec, sec, 2 * sec, 4 * sec}, delays)
}
