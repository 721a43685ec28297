package actor_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// under starts a supervisor with that strategy and children that do h; it returns the children.
func under(t *testing.T, sys *actor.System, s actor.Strategy, h handler[string], names ...string) (actor.Ref[string], []actor.Ref[string]) {
	t.Helper()
	var refs []actor.Ref[string]
	sup := spawn(t, sys, "sup", func(ctx *actor.Context[string]) error {
		if _, ok := ctx.Message().(actor.Started); !ok {
			return nil
		}
		refs = nil
		for _, name := range names {
			ref, err := actor.Spawn(ctx, name, func() actor.Actor[string] { return h })
			if err != nil {
				return err
			}
			refs = append(refs, ref)
		}
		return nil
	}, actor.WithStrategy(s))
	settle()
	return sup, refs
}

// An error, a panic and a Goexit all reach the strategy, with the reason; the next instance gets what was queued.
func TestFailureReachesStrategy(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error":  func() error { return errBoom },
		"panic":  func() error { panic(errBoom) },
		"goexit": func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			var dead letters
			bubble(t, func(t *testing.T, sys *actor.System) {
				p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
					if ctx.Message() == "bad" {
						return fail()
					}
					return nil
				})
				for _, m := range []string{"good", "bad", "later"} {
					require.NoError(t, ref.Tell(m))
				}
				pass(time.Second)
				got := p.Messages()
				require.Len(t, got, 6)
				require.Equal(t, []any{actor.Started{}, "good", "bad"}, got[:3])
				require.Equal(t, []any{actor.Started{}, "later"}, got[4:])
				reason := got[3].(actor.Restarting).Reason
				if name != "goexit" {
					require.ErrorIs(t, reason, errBoom)
				}
				if name != "error" {
					var pe *actor.PanicError
					require.ErrorAs(t, reason, &pe)
					require.Contains(t, string(pe.Stack), "failure_test.go")
				}
				require.Equal(t, []actor.DeadLetter{{To: "a", Message: "bad", Reason: reason}}, dead.taken())
			}, dead.option())
		})
	}
}

// A failure in Started, and one in make, is a failure like any other, and the instance that failed is told.
func TestFailureInStarted(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		failures := 3
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); ok && failures > 0 {
				failures--
				if failures == 1 {
					panic("boom")
				}
				return errBoom
			}
			return nil
		})
		require.NoError(t, ref.Tell("m"))
		pass(time.Second)
		require.Equal(t, []string{
			"started", "restarting: boom", "started", "restarting: panic: boom", "started", "restarting: boom", "started", "m",
		}, p.Trace())
	})
}

// A make function that fails at a restart is tried again; no instance, so nobody is told of the failure.
func TestFailureInMake(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		p := actortest.NewProbe[string](nil)
		made := 0
		ref, err := actor.Spawn(sys, "a", func() actor.Actor[string] {
			made++
			switch made {
			case 2:
				panic("make")
			case 3:
				return nil
			case 4:
				runtime.Goexit()
			}
			return p.Make()
		})
		require.NoError(t, err)
		settle()
		require.NoError(t, actortest.Fail(ref, errBoom))
		pass(time.Second)
		require.Equal(t, 5, made)
		require.Equal(t, []string{"started", "restarting: boom", "started"}, p.Trace())
	})
}

// Redeliver gives the message in hand to the next instance, ahead of the others, on both lanes; a ledger stays right.
func TestInHand(t *testing.T) {
	for _, lane := range []string{"control", "data"} {
		for _, inHand := range []actor.InHand{actor.ToDeadLetters, actor.Redeliver} {
			t.Run(lane, func(t *testing.T) {
				var dead letters
				bubble(t, func(t *testing.T, sys *actor.System) {
					var j journal
					life := 0
					_, refs := under(t, sys, &fixed{verdict: actor.Verdict{InHand: inHand}}, func(ctx *actor.Context[string]) error {
						switch m := ctx.Message().(type) {
						case actor.Started:
							life++
						case string:
							if life == 1 && m == "1" {
								return errBoom
							}
							j.note(m)
						}
						return nil
					}, "c")
					send := refs[0].Tell
					if lane == "data" {
						send = refs[0].TrySend
					}
					for _, m := range []string{"0", "1", "2"} {
						require.NoError(t, send(m))
					}
					settle()
					if inHand == actor.Redeliver {
						require.Equal(t, []string{"0", "1", "2"}, j.take())
						require.Empty(t, dead.taken())
					} else {
						require.Equal(t, []string{"0", "2"}, j.take())
						require.Equal(t, []actor.DeadLetter{{To: "sup/c", Message: "1", Reason: errBoom}}, dead.taken())
					}
					if lane == "data" {
						l := refs[0].Stats()
						lost := uint64(len(dead.taken()))
						require.Equal(t, uint64(3), l.Accepted)
						require.Equal(t, 3-lost, l.Delivered)
						require.Equal(t, lost, l.Dropped[actor.ReasonFailed])
						require.Zero(t, l.Queued)
					}
				}, dead.option())
			})
		}
	}
}

// During the delay there is no instance; what is told waits for the next one; the delay is that of the verdict.
func TestDelayedRestart(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		_, refs := under(t, sys, &fixed{verdict: actor.Verdict{After: time.Minute}}, scribe(&j), "c")
		for _, m := range []string{"fail", "a"} {
			require.NoError(t, refs[0].Tell(m))
		}
		require.NoError(t, refs[0].TrySend("z"))
		settle()
		require.Equal(t, []string{"c started", "c restarting"}, j.take())
		pass(time.Minute - 1)
		require.NoError(t, refs[0].Tell("b"))
		settle()
		require.Empty(t, j.take())
		pass(1)
		require.Equal(t, []string{"c started", "c a", "c b", "c z"}, j.take())
	})
}

// An actor can be stopped during the delay: by itself being told, by its parent, by its grandparent, by the system. No
// instance comes again, nobody is told Stopping, and what was queued is dead letters.
func TestStopDuringDelay(t *testing.T) {
	for name, stop := range map[string]func(t *testing.T, sys *actor.System, sup, c actor.Ref[string]){
		"stop": func(t *testing.T, _ *actor.System, _, c actor.Ref[string]) {
			require.NoError(t, c.StopAndWait(t.Context()))
		},
		"parent": func(t *testing.T, _ *actor.System, sup, _ actor.Ref[string]) {
			require.NoError(t, sup.StopAndWait(t.Context()))
		},
		"restart": func(t *testing.T, _ *actor.System, sup, _ actor.Ref[string]) {
			require.NoError(t, actortest.Fail(sup, errBoom))
		},
		"shutdown": func(t *testing.T, sys *actor.System, _, _ actor.Ref[string]) {
			require.NoError(t, sys.Shutdown(t.Context()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var dead letters
			bubble(t, func(t *testing.T, sys *actor.System) {
				var j journal
				sup, refs := under(t, sys, &fixed{verdict: actor.Verdict{After: time.Hour}}, scribe(&j), "c")
				require.NoError(t, refs[0].Tell("fail"))
				require.NoError(t, refs[0].Tell("queued"))
				settle()
				require.Equal(t, []string{"c started", "c restarting"}, j.take())
				stop(t, sys, sup, refs[0])
				<-refs[0].Done()
				pass(2 * time.Hour)
				want := []string(nil)
				if name == "restart" {
					want = []string{"c started"} // the next incarnation of the supervisor has a child of its own
				}
				require.Equal(t, want, j.take())
				require.Equal(t, []actor.DeadLetter{
					{To: "sup/c", Message: "fail", Reason: errBoom},
					{To: "sup/c", Message: "queued", Reason: actor.ErrStopped},
				}, dead.taken())
			}, dead.option())
		})
	}
}

// A supervisor that restarts has stopped its children before, last first, each before the next, and their children before
// them; Started of the next instance begins with none.
func TestRestartStopsChildrenFirst(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		ref := spawn(t, sys, "top", func(ctx *actor.Context[string]) error {
			_ = scribe(&j)(ctx)
			if _, ok := ctx.Message().(actor.Started); !ok {
				return nil
			}
			require.Empty(t, ctx.Children())
			for _, name := range []string{"a", "b"} {
				_, err := actor.Spawn(ctx, name, func() actor.Actor[string] {
					return handler[string](func(ctx *actor.Context[string]) error {
						_ = scribe(&j)(ctx)
						if _, ok := ctx.Message().(actor.Started); ok {
							_, err := actor.Spawn(ctx, name+name, func() actor.Actor[string] { return scribe(&j) })
							return err
						}
						return nil
					})
				})
				require.NoError(t, err)
			}
			return nil
		})
		settle()
		require.Len(t, j.take(), 5)
		require.NoError(t, actortest.Panic(ref, "boom"))
		settle()
		require.Equal(t, []string{"top restarting", "b stopping", "bb stopping", "a stopping", "aa stopping"}, j.take())
		pass(time.Second)
		require.Len(t, j.take(), 5)
	})
}

// A stop that comes while the children of a restarting actor are still being stopped turns the restart into a stop.
func TestStopDuringRestart(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		release := make(chan struct{})
		p, ref := probe(t, sys, "top", func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); ok {
				_, err := actor.Spawn(ctx, "slow", func() actor.Actor[string] {
					return handler[string](func(ctx *actor.Context[string]) error {
						if _, ok := ctx.Message().(actor.Stopping); ok {
							<-release
						}
						return nil
					})
				})
				return err
			}
			return nil
		})
		settle()
		require.NoError(t, actortest.Fail(ref, errBoom))
		settle()
		ref.Stop()
		settle()
		close(release)
		<-ref.Done()
		pass(time.Hour)
		require.Equal(t, []string{"started", "restarting: boom"}, p.Trace())
	})
}
