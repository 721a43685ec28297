package actor_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// The tests of this file each settle one finding about protoactor, whose behaviour the kernel leans on, or works round.

// An idle actor costs less than 1.5 kB, and no goroutine.
func TestProtoIdleActorCost(t *testing.T) {
	const n = 5000
	bubble(t, func(t *testing.T, sys *actor.System) {
		heap := func() uint64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before, goroutines := heap(), runtime.NumGoroutine()
		refs := make([]actor.Ref[*unit], n)
		for i := range refs {
			refs[i] = spawn[*unit](t, sys, "", func(*actor.Context[*unit]) error { return nil })
			settle() // one after the other: many goroutines at once would count as memory
		}
		// Each processor may have a goroutine that is done, and not put away yet.
		require.LessOrEqual(t, runtime.NumGoroutine(), goroutines+runtime.GOMAXPROCS(0))
		require.Less(t, (heap()-before)/n, uint64(1536), "bytes for each idle actor")
		runtime.KeepAlive(refs)
	})
}

// Making a system is dear, so one serves for everything: trees in it do not touch each other.
func TestProtoOneSystem(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		a := spawn(t, sys, "a", scribe(&j))
		b := spawn(t, sys, "b", scribe(&j))
		settle()
		j.take()
		require.NoError(t, a.Tell("fail"))
		require.NoError(t, b.Tell("m"))
		pass(time.Second)
		require.ElementsMatch(t, []string{"a restarting", "a started", "b m"}, j.take())
		require.NoError(t, a.StopAndWait(t.Context()))
		require.NoError(t, b.Tell("m"))
	})
}

// Nothing of protoactor's is used that loses messages, spins, races or ends the process.
func TestProtoBanned(t *testing.T) {
	banned := map[string]bool{
		"Bounded": true, "BoundedDropping": true, "Unbounded": true, "NewExponentialBackoffStrategy": true,
		"NewOneForOneStrategy": true, "NewAllForOneStrategy": true, "NewRestartingStrategy": true, "WithGuardian": true,
		"SetReceiveTimeout": true, "Stash": true, "RequestFuture": true, "Request": true, "GetMessages": true,
		"WithReceiverMiddleware": true, "WithSenderMiddleware": true, "WithSpawnMiddleware": true, "NewRestartStatistics": true,
	}
	files := 0
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				require.False(t, banned[s.Sel.Name], "%s uses %s", path, s.Sel.Name)
			}
			return true
		})
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, files, 10)
}

// A sender at the mark is parked, and woken when there is room: in a bubble a spinning one would hang the test.
func TestProtoSenderAtMarkIsParked(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		ref := spawn(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "hold" {
				<-gate
			}
			return nil
		}, actor.WithMark(1))
		require.NoError(t, ref.TrySend("hold"))
		sent := make(chan error)
		go func() { sent <- ref.Send(t.Context(), "m") }()
		pass(time.Hour)
		close(gate)
		require.NoError(t, <-sent)
	})
}

// A restart makes a new instance, keeps the mailbox, and stops all children.
func TestProtoRestart(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		made := 0
		var child actor.Ref[string]
		ref, err := actor.Spawn(sys, "a", func() actor.Actor[string] {
			made++
			return handler[string](func(ctx *actor.Context[string]) (err error) {
				if _, ok := ctx.Message().(actor.Started); ok && made == 1 {
					child, err = actor.Spawn(ctx, "c", actortest.NewProbe[string](nil).Make)
				}
				return err
			})
		})
		require.NoError(t, err)
		settle()
		require.Equal(t, 1, actor.ProtoChildren(ref))
		require.NoError(t, actortest.Panic(ref, "boom"))
		require.NoError(t, ref.Tell("kept"))
		pass(time.Second)
		<-child.Done()
		require.Equal(t, 2, made)
		require.Zero(t, actor.ProtoChildren(ref))
		require.Zero(t, actor.UserMessageCount(ref), "the message that was queued has been handled")
	})
}

// Protoactor's own Restart, which nobody sends, is a restart like any other.
func TestProtoRestartOrdered(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		p, ref := probe[string](t, sys, "a", nil)
		settle()
		actor.PostSystem(ref, actor.ProtoRestart)
		require.NoError(t, ref.Tell("m"))
		settle()
		require.Equal(t, []string{"started", "restarting: actor: restart ordered", "started", "m"}, p.Trace())
	})
}

// A suspended mailbox serves the system lane only, until it is resumed.
func TestProtoSuspendResume(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		p, ref := probe[string](t, sys, "a", nil)
		settle()
		actor.PostSystem(ref, actor.ProtoSuspend)
		require.NoError(t, ref.Tell("control"))
		require.NoError(t, ref.TrySend("data"))
		settle()
		require.Equal(t, []string{"started"}, p.Trace())
		require.Equal(t, 2, actor.UserMessageCount(ref))
		actor.PostSystem(ref, actor.ProtoResume)
		settle()
		require.Equal(t, []string{"started", "control", "data"}, p.Trace())
		actor.PostSystem(ref, actor.ProtoSuspend)
		require.NoError(t, ref.StopAndWait(t.Context()), "a suspended actor can be stopped")
	})
}

// System messages go before ours: a stop does not wait for what is queued.
func TestProtoSystemBeforeUser(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "hold" {
				<-gate
			}
			return nil
		})
		for _, m := range []string{"hold", "never"} {
			require.NoError(t, ref.Tell(m))
		}
		settle()
		ref.Stop()
		close(gate)
		<-ref.Done()
		require.Equal(t, []string{"started", "hold", "stopping"}, p.Trace())
	})
}

// A panic that is not the handler's is a failure of the actor too, and does not end the process.
func TestProtoMailboxRecovers(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if _, ok := ctx.Message().(actor.Started); ok {
				_, err := actor.Spawn(ctx, "", actortest.NewProbe[string](nil).Make)
				return err
			}
			return nil
		})
		settle()
		actor.PostSystem(ref, actor.KernelFault())
		require.NoError(t, ref.Tell("m"))
		pass(time.Second)
		trace := p.Trace()
		require.Len(t, trace, 4)
		require.Contains(t, trace[1], "nil pointer")
		require.Equal(t, []string{"started", "m"}, trace[2:])
	})
}

// An actor yields after a number of messages, and goes on where it was.
func TestProtoYield(t *testing.T) {
	sys := actortest.NewSystem(t)
	actor.SetThroughput(sys, 1)
	p, ref := probe[int](t, sys, "a", nil)
	for i := range 1000 {
		require.NoError(t, ref.Tell(i))
	}
	for i := range 1001 {
		m, err := p.Next(shortly(t))
		require.NoError(t, err)
		if i > 0 {
			require.Equal(t, i-1, m)
		}
	}
}

// A message on the system lane that nobody knows is logged and dropped; the actor goes on.
func TestProtoForeignSystemMessage(t *testing.T) {
	log := &logBuffer{}
	bubble(t, func(t *testing.T, sys *actor.System) {
		p, ref := probe[string](t, sys, "a", nil)
		actor.PostSystem(ref, "what is this")
		require.NoError(t, ref.Tell("m"))
		settle()
		require.Equal(t, []string{"started", "m"}, p.Trace())
		require.Contains(t, log.String(), "what is this")
	}, log.option())
}

// PoisonPill stops an actor in its turn; any other message that comes through protoactor is a dead letter. Neither blocks
// at the mark.
func TestProtoPostUserMessage(t *testing.T) {
	var dead letters
	bubble(t, func(t *testing.T, sys *actor.System) {
		gate := make(chan struct{})
		p, ref := probe(t, sys, "a", func(ctx *actor.Context[string]) error {
			if ctx.Message() == "hold" {
				<-gate
			}
			return nil
		}, actor.WithMark(1))
		require.NoError(t, ref.TrySend("hold"))
		settle()
		require.NoError(t, ref.Tell("before"))
		actor.PostUser(ref, 42)
		actor.PostUser(ref, actor.ProtoPoison)
		require.NoError(t, ref.Tell("after"))
		close(gate)
		<-ref.Done()
		require.Equal(t, []string{"started", "hold", "before", "stopping"}, p.Trace())
		got := dead.taken()
		require.Len(t, got, 2)
		require.Equal(t, 42, got[0].Message)
		require.ErrorContains(t, got[0].Reason, "int")
		require.Equal(t, actor.DeadLetter{To: "a", Message: "after", Reason: actor.ErrStopped}, got[1])
		actor.PostUser(ref, 43)
		require.Len(t, dead.taken(), 3)
	}, dead.option())
}

// A returned error suspends the actor and reaches the supervisor, as protoactor's own way of failing does.
func TestProtoReturnedErrorSuspends(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		s := &fixed{verdict: actor.Verdict{After: time.Hour}}
		var j journal
		_, refs := under(t, sys, s, scribe(&j), "c")
		require.NoError(t, refs[0].Tell("fail"))
		require.NoError(t, refs[0].Tell("m"))
		settle()
		require.Len(t, s.histories(), 1)
		require.Equal(t, []string{"c started", "c restarting"}, j.take())
	})
}

// What escalates at the root stops that top-level actor, is reported once, and ends nothing else.
func TestProtoRootNeverEscalates(t *testing.T) {
	var mu sync.Mutex
	var reports []actor.Failure
	bubble(t, func(t *testing.T, sys *actor.System) {
		other := spawn(t, sys, "other", scribe(&journal{}))
		sup, refs := under(t, sys, &fixed{verdict: actor.Verdict{Action: actor.Escalate}}, scribe(&journal{}), "c")
		require.NoError(t, refs[0].Tell("fail"))
		<-sup.Done()
		<-refs[0].Done()
		settle()
		mu.Lock()
		defer mu.Unlock()
		require.Equal(t, []actor.Failure{{Path: "sup", Reason: errBoom, Verdict: actor.Verdict{Action: actor.Stop}, Time: time.Now()}}, reports)
		require.NoError(t, other.Tell("m"))
		_, err := actor.Spawn(sys, "sup", actortest.NewProbe[string](nil).Make)
		require.NoError(t, err, "the name is free again")
	}, actor.WithReport(func(f actor.Failure) {
		mu.Lock()
		defer mu.Unlock()
		reports = append(reports, f)
	}))
}

// A top-level actor's own failure restarts it by the root's own strategy, and is reported.
func TestProtoRootRestarts(t *testing.T) {
	reports := make(chan actor.Failure, 1)
	bubble(t, func(t *testing.T, sys *actor.System) {
		p, ref := probe[string](t, sys, "a", nil)
		settle()
		require.NoError(t, actortest.Fail(ref, errBoom))
		pass(time.Second)
		require.Equal(t, []string{"started", "restarting: boom", "started"}, p.Trace())
		f := <-reports
		require.Equal(t, actor.Restart, f.Verdict.Action)
		require.Positive(t, f.Verdict.After)
		require.LessOrEqual(t, f.Verdict.After, 10*time.Millisecond)
	}, actor.WithReport(func(f actor.Failure) { reports <- f }))
}

// Reconnects are endless: what is kept of an actor's failures does not grow with their number.
func TestProtoRestartsDoNotAccumulate(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		s := &last{}
		_, refs := under(t, sys, s, scribe(&journal{}), "c")
		for range 3000 {
			require.NoError(t, actortest.Fail(refs[0], errBoom))
			settle()
		}
		require.Equal(t, 2999, s.history.Total)
		require.Len(t, s.history.Recent, 16)
	}, actor.WithLogger(slog.New(slog.DiscardHandler)))
}

// last is a strategy that restarts at once, and keeps what it was asked last.
type last struct {
	history actor.History
}

// Decide implements actor.Strategy.
func (s *last) Decide(h actor.History, _ error, _ time.Time) actor.Verdict {
	s.history = h
	return actor.Verdict{}
}

// Children keep their order when one in the middle goes, and a scope goes by it.
func TestProtoChildOrder(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		var j journal
		_, refs := under(t, sys, &fixed{verdict: actor.Verdict{Scope: actor.Rest}}, scribe(&j), "a", "b", "c", "d", "e")
		require.NoError(t, refs[1].StopAndWait(t.Context()))
		settle()
		j.take()
		require.NoError(t, refs[2].Tell("fail"))
		settle()
		require.Equal(t, []string{"c started", "d started", "e started"}, started(j.take()))
	})
}

// started returns the lines that end so.
func started(lines []string) []string {
	var kept []string
	for _, l := range lines {
		if strings.HasSuffix(l, " started") {
			kept = append(kept, l)
		}
	}
	return kept
}

// Shutdown of our system stops every actor, which protoactor's does not.
func TestProtoShutdownStopsActors(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		sup, refs := under(t, sys, &fixed{}, scribe(&journal{}), "a", "b")
		require.NoError(t, sys.Shutdown(t.Context()))
		for _, ref := range append(refs, sup) {
			<-ref.Done()
			require.ErrorIs(t, ref.Tell("m"), actor.ErrStopped)
		}
	})
}

// Each failure is logged once, in our words, and quiet ones are quiet; nothing goes to stderr, coloured or not.
func TestProtoLog(t *testing.T) {
	stderr := os.Stderr
	r, w, err := os.Pipe()
	require.NoError(t, err)
	os.Stderr = w
	log := &logBuffer{}
	bubble(t, func(t *testing.T, sys *actor.System) {
		require.Empty(t, log.String(), "starting a system is not worth a line")
		_, refs := under(t, sys, &fixed{}, scribe(&journal{}), "c")
		for range 3 {
			require.NoError(t, refs[0].Tell("fail"))
			settle()
		}
		require.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log.String())
		require.Equal(t, 2, strings.Count(log.String(), "level=DEBUG"), "repeated")
		require.NotContains(t, log.String(), "Recovering")
		require.NoError(t, actortest.Panic(refs[0], "oh no"))
		settle()
		require.Equal(t, 1, strings.Count(log.String(), "level=ERROR"))
		require.Contains(t, log.String(), "fault.go", "the stack of the panic")
	}, log.option(), actor.WithDeadLetters(func(actor.DeadLetter) {}))
	os.Stderr = stderr
	require.NoError(t, w.Close())
	var out bytes.Buffer
	_, err = out.ReadFrom(r)
	require.NoError(t, err)
	require.Empty(t, out.String())
}

// A quiet verdict is logged at Debug.
func TestQuiet(t *testing.T) {
	log := &logBuffer{}
	bubble(t, func(t *testing.T, sys *actor.System) {
		_, refs := under(t, sys, &fixed{verdict: actor.Verdict{Action: actor.Stop, Quiet: true}}, scribe(&journal{}), "c")
		require.NoError(t, refs[0].Tell("fail"))
		<-refs[0].Done()
		require.NotContains(t, log.String(), "level=WARN")
		require.Contains(t, log.String(), "level=DEBUG")
	}, log.option(), actor.WithDeadLetters(func(actor.DeadLetter) {}))
}

// A dead letter of protoactor's own leaves no goroutine behind: in a bubble that would be a deadlock at its end.
func TestProtoDeadLetterThrottle(t *testing.T) {
	bubble(t, func(_ *testing.T, sys *actor.System) {
		for range 10 {
			actor.SendToNobody(sys)
		}
	})
}

// logBuffer collects a log.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// option makes a system log into b, down to Debug.
func (b *logBuffer) option() actor.SystemOption {
	return actor.WithLogger(slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug})))
}

// Write implements io.Writer.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String returns the log so far.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
