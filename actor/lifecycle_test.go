package actor_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// The whole life of an actor without trouble.
func TestLifecycle(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		p, ref := probe[string](t, sys, "a", nil)
		require.NoError(t, ref.Tell("one"))
		require.NoError(t, ref.Tell("two"))
		settle()
		require.NoError(t, ref.StopAndWait(t.Context()))
		require.Equal(t, []string{"started", "one", "two", "stopping"}, p.Trace())
		require.ErrorIs(t, ref.Tell("three"), actor.ErrStopped)
		require.ErrorIs(t, ref.Send(t.Context(), "three"), actor.ErrStopped)
		require.ErrorIs(t, ref.TrySend("three"), actor.ErrStopped)
		require.NoError(t, ref.StopAndWait(t.Context()), "a second stop is no error")
	})
}

// The zero Ref is that of a stopped actor.
func TestZeroRef(t *testing.T) {
	var ref actor.Ref[string]
	require.ErrorIs(t, ref.Tell("m"), actor.ErrStopped)
	require.ErrorIs(t, ref.Send(t.Context(), "m"), actor.ErrStopped)
	require.ErrorIs(t, ref.TrySend("m"), actor.ErrStopped)
	require.NoError(t, ref.StopAndWait(t.Context()))
	require.NoError(t, ref.Drain(t.Context()))
	require.Empty(t, ref.Path())
	require.Zero(t, ref.Stats())
	_, open := <-ref.Done()
	require.False(t, open)
	_, err := actor.Ask(t.Context(), ref, func(actor.Reply[int]) string { return "" })
	require.ErrorIs(t, err, actor.ErrStopped)
	require.True(t, ref == actor.Ref[string]{}, "comparable")
	require.ErrorIs(t, actortest.Panic(ref, "v"), actor.ErrStopped)
}

// Names: unique among siblings, numbered if empty, free again once the actor has stopped.
func TestNames(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		a := spawn[string](t, sys, "a/b", func(*actor.Context[string]) error { return nil })
		require.Equal(t, "a/b", a.Path())
		_, err := actor.Spawn(sys, "a/b", func() actor.Actor[string] { return nil })
		require.Error(t, err, "a nil instance")
		_, err = actor.Spawn(sys, "a/b", actortest.NewProbe[string](nil).Make)
		require.ErrorIs(t, err, actor.ErrNameTaken)

		parent := spawn(t, sys, "a", func(ctx *actor.Context[string]) error {
			if m, ok := ctx.Message().(string); ok {
				_, err := actor.Spawn(ctx, m, actortest.NewProbe[string](nil).Make)
				return err
			}
			return nil
		}, actor.WithStrategy(&fixed{}))
		_ = parent
		require.NoError(t, parent.Tell("c"))
		settle()
		_, err = actor.Spawn(sys, "a/c", actortest.NewProbe[string](nil).Make)
		require.ErrorIs(t, err, actor.ErrNameTaken, "the path would be that of a's child c")

		one := spawn[string](t, sys, "", func(*actor.Context[string]) error { return nil })
		two := spawn[string](t, sys, "", func(*actor.Context[string]) error { return nil })
		require.NotEqual(t, one.Path(), two.Path())
		require.NotEmpty(t, one.Path())

		require.NoError(t, a.StopAndWait(t.Context()))
		again := spawn[string](t, sys, "a/b", func(*actor.Context[string]) error { return nil })
		require.True(t, a != again)
	})
}

// What the context says.
func TestContext(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var self actor.Ref[string]
		ref := spawn(t, sys, "top", func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); !ok {
				return nil
			}
			self = ctx.Self()
			require.Equal(t, "top", ctx.Name())
			require.Equal(t, "top", ctx.Path())
			require.NotNil(t, ctx.Logger())
			require.Empty(t, ctx.Children())
			require.False(t, ctx.StopChild("x"))
			for _, name := range []string{"x/y", "z", "w"} {
				_, err := actor.Spawn(ctx, name, actortest.NewProbe[int](nil).Make)
				require.NoError(t, err)
			}
			_, err := actor.Spawn(ctx, "z", actortest.NewProbe[int](nil).Make)
			require.ErrorIs(t, err, actor.ErrNameTaken)
			require.Equal(t, []string{"x/y", "z", "w"}, ctx.Children())
			return nil
		})
		settle()
		require.True(t, ref == self)
	})
}

// ChildStopped comes after what the child had told, and frees the name.
func TestChildStopped(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		child := func(parent actor.Ref[string], last string) func() actor.Actor[string] {
			return func() actor.Actor[string] {
				return handler[string](func(ctx *actor.Context[string]) error {
					if ctx.Message() == (actor.Stopping{}) {
						return parent.Tell(last)
					}
					return nil
				})
			}
		}
		p, ref := probe(t, sys, "p", func(ctx *actor.Context[string]) error {
			switch m := ctx.Message().(type) {
			case actor.Started:
				_, err := actor.Spawn(ctx, "c", child(ctx.Self(), "last words"))
				return err
			case string:
				if m == "stop it" {
					require.True(t, ctx.StopChild("c"))
				}
				if m == "last words" {
					_, err := actor.Spawn(ctx, "c", child(ctx.Self(), ""))
					require.ErrorIs(t, err, actor.ErrNameTaken, "not before ChildStopped")
				}
			case actor.ChildStopped:
				require.Equal(t, actor.ChildStopped{Name: "c", Path: "p/c"}, m)
				require.Empty(t, ctx.Children())
				_, err := actor.Spawn(ctx, "c", child(actor.Ref[string]{}, ""))
				require.NoError(t, err)
			}
			return nil
		})
		require.NoError(t, ref.Tell("stop it"))
		settle()
		require.Equal(t, []string{"started", "stop it", "last words", "child stopped: c"}, p.Trace())
	})
}

// An actor that stops itself, and one that is poisoned through protoactor, stop after the message at hand.
func TestStopSelf(t *testing.T) {
	var dead letters
	bubble(t, func(t *testing.T, sys *actor.System) {
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "stop" {
				ctx.Stop()
				require.NoError(t, ctx.Self().Tell("queued"))
			}
			return nil
		})
		require.NoError(t, ref.Tell("stop"))
		<-ref.Done()
		require.Equal(t, []string{"started", "stop", "stopping"}, p.Trace())
		require.Equal(t, []actor.DeadLetter{{To: "a", Message: "queued", Reason: actor.ErrStopped}}, dead.taken())
	}, dead.option())
}

// A handler that panics, returns an error or ends its goroutine over its last message does not keep the actor from
// stopping; nor does that of a child.
func TestLastMessageFails(t *testing.T) {
	for name, last := range map[string]func() error{
		"error":  func() error { return errBoom },
		"panic":  func() error { panic("boom") },
		"goexit": func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, sys *actor.System) {
				h := func(ctx *actor.Context[string]) error {
					switch ctx.Message().(type) {
					case actor.Stopping, actor.Restarting:
						return last()
					}
					return nil
				}
				cp := actortest.NewProbe[string](h)
				p, ref := probe(t, sys, "p", func(ctx *actor.Context[string]) error {
					if _, ok := ctx.Message().(actor.Started); ok {
						_, err := actor.Spawn(ctx, "c", cp.Make)
						return err
					}
					return h(ctx)
				})
				settle()
				require.NoError(t, actortest.Fail(ref, errBoom))
				pass(time.Second)
				require.NoError(t, ref.StopAndWait(t.Context()))
				require.Equal(t, []string{"started", "restarting: boom", "started", "stopping"}, p.Trace())
				require.Equal(t, []string{"started", "stopping", "started", "stopping"}, cp.Trace())
			})
		})
	}
}

// A spawn is refused while the parent goes, and after a shutdown; a make function that panics starts nothing.
func TestSpawnErrors(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var spawned error
		ref := spawn(t, sys, "a", func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Stopping); ok {
				_, spawned = actor.Spawn(ctx, "c", actortest.NewProbe[string](nil).Make)
			}
			return nil
		})
		require.NoError(t, ref.StopAndWait(t.Context()))
		require.ErrorIs(t, spawned, actor.ErrStopped)

		_, err := actor.Spawn(sys, "b", func() actor.Actor[string] { panic("no") })
		var p *actor.PanicError
		require.ErrorAs(t, err, &p)
		require.Equal(t, "no", p.Value)
		require.NotEmpty(t, p.Stack)
		spawn[string](t, sys, "b", func(*actor.Context[string]) error { return nil })

		require.NoError(t, sys.Shutdown(t.Context()))
		_, err = actor.Spawn(sys, "c", actortest.NewProbe[string](nil).Make)
		require.ErrorIs(t, err, actor.ErrStopped)
	})
}

// Shutdown stops the top-level actors last first, each from the leaves up, one after the other.
func TestShutdownOrder(t *testing.T) {
	var j journal
	bubble(t, func(t *testing.T, sys *actor.System) {
		for _, top := range []string{"a", "b"} {
			spawn(t, sys, top, func(ctx *actor.Context[string]) error {
				_ = scribe(&j)(ctx)
				if _, ok := ctx.Message().(actor.Started); ok {
					for _, c := range []string{"1", "2"} {
						_, err := actor.Spawn(ctx, top+c, func() actor.Actor[string] { return scribe(&j) })
						require.NoError(t, err)
					}
				}
				return nil
			})
			settle()
		}
		j.take()
		require.NoError(t, sys.Shutdown(t.Context()))
		require.Equal(t, []string{
			"b stopping", "b2 stopping", "b1 stopping",
			"a stopping", "a2 stopping", "a1 stopping",
		}, j.take())
		require.NoError(t, sys.Shutdown(t.Context()), "twice is no error")
	})
}

// A Shutdown that runs out of time names who is running, has told everybody to stop, and can be continued.
func TestShutdownDeadline(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		release := make(chan struct{})
		quick := spawn[string](t, sys, "quick", func(*actor.Context[string]) error { return nil })
		spawn(t, sys, "stuck", func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Stopping); ok {
				<-release
			}
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := sys.Shutdown(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "stuck")
		settle()
		<-quick.Done()
		close(release)
		require.NoError(t, sys.Shutdown(t.Context()))
	})
}
