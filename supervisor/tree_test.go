package supervisor_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
)

// TestTreeLifecycle: children come up in order and go down in the opposite one, and are found by path in between, from
// the moment that Start returns.
func TestTreeLifecycle(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		tree := start(t, sys, supervisor.Spec{Name: "top", Children: []supervisor.Child{
			j.worker("a"),
			supervisor.Supervisor(supervisor.Spec{Name: "mid", Children: j.workers("b", "c")}),
			j.worker("d"),
		}})
		require.Equal(t, "top/a", at(t, tree, "a").Path())
		require.Equal(t, "top/mid/b", at(t, tree, "mid/b").Path())
		require.Equal(t, "top/mid/c", at(t, tree, "mid/c").Path())
		require.Equal(t, "top/d", at(t, tree, "d").Path())
		require.ElementsMatch(t, []string{"+a", "+b", "+c", "+d"}, j.take())
		select {
		case <-tree.Started():
		default:
			require.Fail(t, "Started is not closed")
		}

		require.NoError(t, tree.Stop(t.Context()))
		require.Equal(t, []string{"-d", "-c", "-b", "-a"}, j.take())
		select {
		case <-tree.Done():
		default:
			require.Fail(t, "Done is not closed")
		}
		_, ok := supervisor.Lookup[order](tree, "mid/b")
		require.False(t, ok, "a stopped worker is not found")
		require.NoError(t, tree.Stop(t.Context()), "stopping twice is no error")
	})
}

// TestLookupMisses: what Lookup does not find.
func TestLookupMisses(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		tree := start(t, sys, supervisor.Spec{Name: "top", Children: []supervisor.Child{
			j.worker("a"),
			supervisor.Supervisor(supervisor.Spec{Name: "mid", Children: j.workers("b")}),
		}})
		for _, path := range []string{"", "/", "top", "top/a", "b", "mid", "mid/", "/a", "a/", "A"} {
			_, ok := supervisor.Lookup[order](tree, path)
			require.False(t, ok, "%q", path)
		}
		ref, ok := supervisor.Lookup[string](tree, "a")
		require.False(t, ok, "another message type")
		require.Zero(t, ref)

		at(t, tree, "a").Stop()
		synctest.Wait()
		_, ok = supervisor.Lookup[order](tree, "a")
		require.False(t, ok, "a worker that stopped")
		tell(t, tree, "mid/b", order{say: "here"})
		require.Contains(t, j.take(), "b:here")
	})
}

// TestSpecStartsTwice: one Spec can stand at several places of a tree.
func TestSpecStartsTwice(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		spec := supervisor.Spec{Name: "pair", Children: j.workers("a", "b")}
		one := start(t, sys, supervisor.Spec{Name: "one", Children: []supervisor.Child{supervisor.Supervisor(spec)}})
		two := start(t, sys, supervisor.Spec{Name: "two", Children: []supervisor.Child{supervisor.Supervisor(spec)}})
		require.NotEqual(t, at(t, one, "pair/a"), at(t, two, "pair/a"))
		require.NoError(t, one.Stop(t.Context()))
		tell(t, two, "pair/b", order{say: "here"})
		require.Contains(t, j.take(), "b:here")
	})
}

// TestStartNameTaken: the name of a tree is unique under its parent, and free again once the tree has stopped.
func TestStartNameTaken(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		spec := supervisor.Spec{Name: "top"}
		tree := start(t, sys, spec)
		_, err := supervisor.Start(sys, spec)
		require.ErrorIs(t, err, actor.ErrNameTaken)
		require.ErrorContains(t, err, "top")
		require.NoError(t, tree.Stop(t.Context()))
		synctest.Wait()
		start(t, sys, spec)
	})
}

// TestStartAfterShutdown: a system that was shut down starts nothing.
func TestStartAfterShutdown(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		require.NoError(t, sys.Shutdown(t.Context()))
		_, err := supervisor.Start(sys, supervisor.Spec{Name: "top"})
		require.ErrorIs(t, err, actor.ErrStopped)
	})
}

// TestStartIsAllOrNothing: when a child deep in the tree cannot be made, Start returns the reason, and what had started
// has stopped.
func TestStartIsAllOrNothing(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		broken := supervisor.Worker("c", func() actor.Actor[order] { panic(errBroken) })
		spec := supervisor.Spec{Name: "top", Children: []supervisor.Child{
			j.worker("a"),
			supervisor.Supervisor(supervisor.Spec{Name: "mid", Children: []supervisor.Child{j.worker("b"), broken}}),
		}}
		tree, err := supervisor.Start(sys, spec)
		require.Nil(t, tree)
		var panicked *actor.PanicError
		require.ErrorAs(t, err, &panicked)
		require.ErrorIs(t, err, errBroken, "an error that make panicked with can be told")
		require.ErrorContains(t, err, "start supervisor top: start child c: ")
		require.ElementsMatch(t, []string{"+a", "+b", "-b", "-a"}, balanced(j.take()))

		spec.Children = j.workers("a")
		synctest.Wait()
		start(t, sys, spec)
		require.Equal(t, []string{"+a"}, j.take(), "the name is free again")
	})
}

// TestStartFailsAtTheTop: Start does not wait for supervisors that will never come up, because a child before them in
// the Spec could not be made; nor does Started.
func TestStartFailsAtTheTop(t *testing.T) {
	spec := supervisor.Spec{Name: "top", Children: []supervisor.Child{
		supervisor.Worker("a", func() actor.Actor[order] { panic(errBroken) }),
		supervisor.Supervisor(supervisor.Spec{Name: "mid"}),
	}}
	t.Run("under a system", func(t *testing.T) {
		bubble(t, func(t *testing.T, sys *actor.System) {
			_, err := supervisor.Start(sys, spec)
			require.ErrorIs(t, err, errBroken)
		})
	})
	t.Run("under an actor", func(t *testing.T) {
		bubble(t, func(t *testing.T, sys *actor.System) {
			_, h := spawnHost(t, sys, spec)
			tree := <-h.treec
			<-tree.Started()
			_, ok := supervisor.Lookup[order](tree, "a")
			require.False(t, ok)
		})
	})
}

// balanced replaces each ~ by -, since whether a supervisor that fails to start is restarted before it is stopped is
// not the point.
func balanced(lines []string) []string {
	for i, line := range lines {
		if line[0] == '~' {
			lines[i] = "-" + line[1:]
		}
	}
	return lines
}

// A host is an actor that owns a tree.
type host struct {
	// Set before Started, then read-only.

	spec  supervisor.Spec
	treec chan *supervisor.Tree // of one
}

// Receive implements actor.Actor.
func (h *host) Receive(ctx *actor.Context[order]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		tree, err := supervisor.Start(ctx, h.spec)
		if err == nil {
			h.treec <- tree
		}
		return err
	case order:
		return m.fails
	default:
		return actor.Unexpected(m)
	}
}

// spawnHost starts a host of spec and returns it with its tree, once that is up.
func spawnHost(t *testing.T, sys *actor.System, spec supervisor.Spec) (actor.Ref[order], *host) {
	t.Helper()
	h := &host{spec: spec, treec: make(chan *supervisor.Tree, 1)}
	ref, err := actor.Spawn(sys, "host", func() actor.Actor[order] { return h })
	require.NoError(t, err)
	return ref, h
}

// TestStartUnderAnActor: a tree can belong to an actor. Start does not wait there, Started tells when the tree is up,
// and the tree ends with its owner.
func TestStartUnderAnActor(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		ref, h := spawnHost(t, sys, supervisor.Spec{Name: "top", Children: j.workers("a", "b")})
		tree := <-h.treec
		<-tree.Started()
		require.Equal(t, "host/top/a", at(t, tree, "a").Path())
		require.ElementsMatch(t, []string{"+a", "+b"}, j.take())

		require.NoError(t, ref.StopAndWait(t.Context()))
		require.Equal(t, []string{"-b", "-a"}, j.take())
		<-tree.Done()
	})
}

// TestRestartOfTheOwner: when the actor that owns a tree is restarted, its Started starts a tree anew.
func TestRestartOfTheOwner(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		ref, h := spawnHost(t, sys, supervisor.Spec{Name: "top", Children: j.workers("a")})
		before := <-h.treec
		require.Equal(t, []string{"+a"}, j.take())
		require.NoError(t, ref.Tell(order{fails: errBroken}))
		<-before.Done()
		after := <-h.treec
		<-after.Started()
		require.Equal(t, []string{"-a", "+a"}, j.take())
		_, ok := supervisor.Lookup[order](before, "a")
		require.False(t, ok)
		tell(t, after, "a", order{say: "here"})
		require.Equal(t, []string{"a:here"}, j.take())
	})
}

// TestStopHonoursContext: Stop returns when its ctx ends, although a worker is stuck, and the tree goes on stopping.
func TestStopHonoursContext(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		release := make(chan struct{})
		stuck := supervisor.Worker("stuck", func() actor.Actor[order] { return waiter{release} })
		tree := start(t, sys, supervisor.Spec{Name: "top", Children: []supervisor.Child{stuck}})
		tell(t, tree, "stuck", order{})
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), sec)
		defer cancel()
		err := tree.Stop(ctx)
		require.True(t, errors.Is(err, context.DeadlineExceeded), "%v", err)
		close(release)
		<-tree.Done()
	})
}

// A waiter breaks the rule that handlers never wait: it handles an order once released.
type waiter struct{ release chan struct{} }

// Receive implements actor.Actor.
func (w waiter) Receive(ctx *actor.Context[order]) error {
	if _, ok := ctx.Message().(order); ok {
		<-w.release
	}
	return nil
}
