package supervisor_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
)

// A morgue keeps dead letters. Safe for use by any number of goroutines.
type morgue struct {
	// Guarded by mu.

	mu      sync.Mutex
	letters []actor.DeadLetter
}

// option makes a system bring its dead letters here.
func (m *morgue) option() actor.SystemOption {
	return actor.WithDeadLetters(func(d actor.DeadLetter) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.letters = append(m.letters, d)
	})
}

// take returns the letters since the last take, once everything in the bubble has come to rest.
func (m *morgue) take() []actor.DeadLetter {
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	letters := m.letters
	m.letters = nil
	return letters
}

// A flaky worker writes each message that it receives into the journal, and fails over a message the first few times.
type flaky struct {
	// Set before Started, then read-only.

	journal *journal
	left    map[string]int // failures left for each message; owned by the worker, one instance after the other
}

// Receive implements actor.Actor.
func (f *flaky) Receive(ctx *actor.Context[string]) error {
	m, ok := ctx.Message().(string)
	if !ok {
		return nil
	}
	f.journal.add(m)
	if f.left[m] > 0 {
		f.left[m]--
		return fmt.Errorf("over %s: %w", m, errBroken)
	}
	return nil
}

// lane is how a message is sent: on the control lane or on the data lane.
type lane struct {
	name string
	send func(t *testing.T, to actor.Ref[string], m string)
}

// lanes are both.
var lanes = []lane{
	{"control", func(t *testing.T, to actor.Ref[string], m string) { require.NoError(t, to.Tell(m)) }},
	{"data", func(t *testing.T, to actor.Ref[string], m string) { require.NoError(t, to.Send(t.Context(), m)) }},
}

// TestInHand: what becomes of the message that a worker failed over, on both lanes and under each strategy.
func TestInHand(t *testing.T) {
	dead := supervisor.OneForOne{InHand: actor.ToDeadLetters, Backoff: supervisor.Backoff{Min: sec}}
	again := dead
	again.InHand = actor.Redeliver
	tests := []struct {
		name     string
		strategy actor.Strategy
		want     []string // received
		lost     int      // dead letters of "2"
	}{
		{"one-for-one, dead letters", dead, []string{"1", "2", "3"}, 1},
		{"rest-for-one, dead letters", supervisor.RestForOne(dead), []string{"1", "2", "3"}, 1},
		{"all-for-one, dead letters", supervisor.AllForOne(dead), []string{"1", "2", "3"}, 1},
		{"one-for-one, redeliver", again, []string{"1", "2", "2", "2", "3"}, 0},
		{"rest-for-one, redeliver", supervisor.RestForOne(again), []string{"1", "2", "2", "2", "3"}, 0},
		{"all-for-one, redeliver", supervisor.AllForOne(again), []string{"1", "2", "2", "2", "3"}, 0},
	}
	for _, tt := range tests {
		for _, l := range lanes {
			t.Run(tt.name+", "+l.name, func(t *testing.T) {
				m := &morgue{}
				bubble(t, func(t *testing.T, sys *actor.System) {
					j := &journal{}
					tree, ref := startFlaky(t, sys, j, tt.strategy, map[string]int{"2": 2})
					l.send(t, ref, "1")
					l.send(t, ref, "2")
					l.send(t, ref, "3")
					pass(2 * sec)
					require.Equal(t, tt.want, j.take())
					requireLost(t, m.take(), "2", tt.lost, errBroken)
					require.NoError(t, tree.Stop(t.Context()))
					require.Empty(t, m.take())
				}, m.option())
			})
		}
	}
}

// startFlaky starts a tree of one flaky worker.
func startFlaky(
	t *testing.T, sys *actor.System, j *journal, s actor.Strategy, left map[string]int,
) (*supervisor.Tree, actor.Ref[string]) {
	t.Helper()
	tree := start(t, sys, supervisor.Spec{Name: "top", Strategy: s, Children: []supervisor.Child{
		supervisor.Worker("a", func() actor.Actor[string] { return &flaky{journal: j, left: left} }),
	}})
	ref, ok := supervisor.Lookup[string](tree, "a")
	require.True(t, ok)
	return tree, ref
}

// requireLost checks that there are n dead letters, all of the given message to top/a, for the given reason.
func requireLost(t *testing.T, letters []actor.DeadLetter, message string, n int, reason error) {
	t.Helper()
	require.Len(t, letters, n)
	for _, d := range letters {
		require.Equal(t, "top/a", d.To)
		require.Equal(t, message, d.Message)
		require.ErrorIs(t, d.Reason, reason)
	}
}

// TestPoisonMessage: a message that always fails is given again for as long as the window lets it; then it is a dead
// letter, and nothing that was queued behind it is lost unseen.
func TestPoisonMessage(t *testing.T) {
	for _, l := range lanes {
		t.Run(l.name, func(t *testing.T) {
			m := &morgue{}
			bubble(t, func(t *testing.T, sys *actor.System) {
				j := &journal{}
				s := supervisor.OneForOne{InHand: actor.Redeliver, MaxRestarts: 3, Backoff: supervisor.Backoff{Min: sec}}
				tree, ref := startFlaky(t, sys, j, s, map[string]int{"poison": 1 << 30})
				l.send(t, ref, "poison")
				l.send(t, ref, "behind")
				<-tree.Done()
				require.Equal(t, []string{"poison", "poison", "poison", "poison"}, j.take())
				var lost []any
				for _, d := range m.take() {
					require.Equal(t, "top/a", d.To)
					require.Error(t, d.Reason)
					lost = append(lost, d.Message)
				}
				require.ElementsMatch(t, []any{"poison", "behind"}, lost)
			}, m.option())
		})
	}
}

// TestDeadLettersAtStop: what is queued for a worker that waits for its restart when the tree stops becomes dead
// letters, lane by lane in order, and so does what is sent afterwards.
func TestDeadLettersAtStop(t *testing.T) {
	for _, l := range lanes {
		t.Run(l.name, func(t *testing.T) {
			m := &morgue{}
			bubble(t, func(t *testing.T, sys *actor.System) {
				s := supervisor.OneForOne{Backoff: supervisor.Backoff{Min: sec}}
				tree, ref := startFlaky(t, sys, &journal{}, s, map[string]int{"bad": 1})
				l.send(t, ref, "bad")
				requireLost(t, m.take(), "bad", 1, errBroken)
				l.send(t, ref, "1")
				l.send(t, ref, "2")
				require.Empty(t, m.take())
				require.NoError(t, tree.Stop(t.Context()))
				letters := m.take()
				require.Len(t, letters, 2)
				requireLost(t, letters[:1], "1", 1, actor.ErrStopped)
				requireLost(t, letters[1:], "2", 1, actor.ErrStopped)

				require.ErrorIs(t, ref.Tell("late"), actor.ErrStopped)
				require.ErrorIs(t, ref.TrySend("late"), actor.ErrStopped)
				requireLost(t, m.take(), "late", 2, actor.ErrStopped)
			}, m.option())
		})
	}
}
