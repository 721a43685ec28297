package actor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// job is a message of the stress test. Each is handled, failed over, or a dead letter: exactly one of them, once.
type job struct {
	fail  bool // the handler fails over it
	panic bool // by a panic
	reply actor.Reply[bool]
	done  atomic.Int32 // how often it has come to an end
}

// jobber handles jobs.
type jobber struct {
	refs *sync.Map // path → actor.Ref[*job] of the present incarnation
	rng  func(int) int
}

// Receive implements actor.Actor.
func (b *jobber) Receive(ctx *actor.Context[*job]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		b.refs.Store(ctx.Path(), ctx.Self())
		if b.rng(20) == 0 {
			return errBoom
		}
	case *job:
		if m.panic {
			panic("job")
		}
		if m.fail {
			return errBoom
		}
		m.done.Add(1)
		if b.rng(2) == 0 {
			m.reply.Send(true)
		}
		if b.rng(100) == 0 {
			ctx.Stop()
		}
		if b.rng(10) == 0 {
			ctx.Healthy()
		}
	}
	return nil
}

// random is a strategy that decides anything but Escalate and delays worth waiting for.
type random struct{ rng func(int) int }

// Decide implements actor.Strategy.
func (s random) Decide(actor.History, error, time.Time) actor.Verdict {
	v := actor.Verdict{Scope: actor.Scope(s.rng(3)), After: time.Duration(s.rng(3)) * 100 * time.Microsecond}
	if s.rng(30) == 0 {
		v.Action = actor.Escalate
	}
	return v
}

// branch starts some jobbers, and starts them again when they stop.
type branch struct {
	refs *sync.Map
	rng  func(int) int
}

// Receive implements actor.Actor.
func (b *branch) Receive(ctx *actor.Context[*job]) error {
	start := func(name string) error {
		_, err := actor.Spawn(ctx, name, func() actor.Actor[*job] { return &jobber{b.refs, b.rng} }, actor.WithMark(4))
		return err
	}
	switch m := ctx.Message().(type) {
	case actor.Started:
		for i := range 4 {
			if err := start(fmt.Sprint("leaf", i)); err != nil {
				return err
			}
		}
	case actor.ChildStopped:
		return start(m.Name)
	}
	return nil
}

// newTrunk starts branches for ever.
func newTrunk(refs *sync.Map, rng func(int) int) func() actor.Actor[*job] {
	return func() actor.Actor[*job] {
		return handler[*job](func(ctx *actor.Context[*job]) error {
			if _, ok := ctx.Message().(actor.Started); !ok {
				return nil
			}
			for i := range 3 {
				_, err := actor.Spawn(ctx, fmt.Sprint("branch", i), func() actor.Actor[*job] { return &branch{refs, rng} },
					actor.WithStrategy(random{rng}))
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// Failures, restarts, stops and escalations at random, in real time, under load from many goroutines: no message is lost
// or seen twice, no ask hangs, and the shutdown comes to an end.
func TestStress(t *testing.T) {
	var refs sync.Map
	dead := func(d actor.DeadLetter) { d.Message.(*job).done.Add(1) }
	sys := actortest.NewSystem(t, actor.WithDeadLetters(dead), actor.WithLogger(slog.New(slog.DiscardHandler)))
	_, err := actor.Spawn(sys, "trunk", newTrunk(&refs, rand.IntN), actor.WithStrategy(always{}))
	require.NoError(t, err)

	const senders, each = 6, 3000
	var jobs [senders][]*job
	var sending sync.WaitGroup
	for s := range senders {
		sending.Go(func() {
			for i := range each {
				jobs[s] = append(jobs[s], sendJob(t, &refs, i))
			}
		})
	}
	sending.Wait()
	require.NoError(t, sys.Shutdown(shortly(t)))
	for s := range jobs {
		for i, j := range jobs[s] {
			if j != nil {
				require.Equal(t, int32(1), j.done.Load(), "job %d of sender %d", i, s)
			}
		}
	}
}

// always restarts at once, so that the trunk does not back off for long.
type always struct{}

// Decide implements actor.Strategy.
func (always) Decide(actor.History, error, time.Time) actor.Verdict { return actor.Verdict{} }

// sendJob sends a job to a random leaf on one of the ways there are; nil if there is none, or the job was not accepted.
func sendJob(t *testing.T, refs *sync.Map, i int) *job {
	v, ok := refs.Load(fmt.Sprintf("trunk/branch%d/leaf%d", rand.IntN(3), rand.IntN(4)))
	if !ok {
		return nil
	}
	ref := v.(actor.Ref[*job])
	j := &job{fail: rand.IntN(20) == 0, panic: rand.IntN(40) == 0}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	switch i % 4 {
	case 0, 1:
		_ = ref.Tell(j)
	case 2:
		if err := ref.TrySend(j); err != nil && !errors.Is(err, actor.ErrStopped) {
			return nil
		}
	case 3:
		j.reply = actor.Reply[bool]{}
		ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		_, _ = actor.Ask(ctx, ref, func(r actor.Reply[bool]) *job { j.reply = r; return j })
	}
	if rand.IntN(200) == 0 {
		ref.Stop()
	}
	return j
}
