package supervisor_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
)

// TestNothingIsLostUnseen: random messages to a nested tree whose workers fail over many of them, under random
// strategies: each message accepted is handled, or is a dead letter, exactly once.
func TestNothingIsLostUnseen(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			m := &morgue{}
			bubble(t, func(t *testing.T, sys *actor.System) {
				done := &ledger{handled: make(map[int]int)}
				paths := []string{"1/a", "1/b", "2/a", "2/b", "2/c"}
				tree := start(t, sys, stormSpec(rng, done))
				sent := storm(t, rng, tree, paths)
				pass(60 * sec)
				require.NoError(t, tree.Stop(t.Context()))
				seen := done.handled
				for _, d := range m.take() {
					seen[d.Message.(parcel).id]++
				}
				for id := range sent {
					require.Equal(t, 1, seen[id], "message %d", id)
				}
				require.Len(t, seen, sent)
			}, m.option())
		})
	}
}

// A parcel is a message of the storm: handled after a number of failures.
type parcel struct {
	id   int
	bad  *int // failures left; owned by whoever handles the parcel
	hard bool // fails by a panic
}

// A ledger counts how often each parcel was handled without a failure.
type ledger struct {
	// Guarded by mu.

	mu      sync.Mutex
	handled map[int]int
}

// Receive implements actor.Actor: all workers of the storm are the ledger itself.
func (l *ledger) Receive(ctx *actor.Context[parcel]) error {
	p, ok := ctx.Message().(parcel)
	if !ok {
		return nil
	}
	if *p.bad > 0 {
		*p.bad--
		if p.hard {
			panic(errBroken)
		}
		return errBroken
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handled[p.id]++
	return nil
}

// stormSpec builds the tree of the storm, with random strategies that may escalate one level, not two.
func stormSpec(rng *rand.Rand, l *ledger) supervisor.Spec {
	strategy := func(most int) actor.Strategy {
		s := supervisor.OneForOne{
			Backoff:     supervisor.Backoff{Min: ms, Max: 100 * ms, Jitter: 0.5},
			MaxRestarts: most, Within: sec, InHand: actor.InHand(rng.IntN(2)),
		}
		return []actor.Strategy{s, supervisor.RestForOne(s), supervisor.AllForOne(s)}[rng.IntN(3)]
	}
	workers := func(names ...string) (cs []supervisor.Child) {
		for _, name := range names {
			cs = append(cs, supervisor.Worker(name, func() actor.Actor[parcel] { return l }, actor.WithMark(0)))
		}
		return cs
	}
	return supervisor.Spec{Name: "top", Strategy: strategy(0), Children: []supervisor.Child{
		under("1", strategy(1+rng.IntN(3)), workers("a", "b")...),
		under("2", strategy(1+rng.IntN(3)), workers("a", "b", "c")...),
	}}
}

// storm sends parcels to random workers on random lanes, and returns how many, numbered from 0. Those sent to a stale
// reference are dead letters, and count.
func storm(t *testing.T, rng *rand.Rand, tree *supervisor.Tree, paths []string) (sent int) {
	refs := make(map[string]actor.Ref[parcel])
	for _, path := range paths {
		ref, ok := supervisor.Lookup[parcel](tree, path)
		require.True(t, ok, path)
		refs[path] = ref
	}
	for sent < 500 {
		path := paths[rng.IntN(len(paths))]
		if ref, ok := supervisor.Lookup[parcel](tree, path); ok {
			refs[path] = ref
		}
		bad := max(0, rng.IntN(12)-8)
		p := parcel{id: sent, bad: &bad, hard: rng.IntN(2) == 0}
		var err error
		if rng.IntN(2) == 0 {
			err = refs[path].Tell(p)
		} else {
			err = refs[path].TrySend(p)
		}
		if err != nil {
			require.ErrorIs(t, err, actor.ErrStopped)
		}
		sent++
		if rng.IntN(10) == 0 {
			pass(10 * ms)
		}
	}
	return sent
}
