package actor_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// TestMain fails the run if a goroutine is left at its end.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// errBoom is what actors under test fail with.
var errBoom = errors.New("boom")

// bubble runs f in fake time, with a system of its own.
func bubble(t *testing.T, f func(t *testing.T, sys *actor.System), opts ...actor.SystemOption) {
	t.Helper()
	actortest.Run(t, func(t *testing.T) { f(t, actortest.NewSystem(t, opts...)) })
}

// handler is what the tests' actors do: it is called with each message.
type handler[M any] func(ctx *actor.Context[M]) error

// Receive implements actor.Actor.
func (h handler[M]) Receive(ctx *actor.Context[M]) error { return h(ctx) }

// spawn starts an actor that does h, and whose instances do not differ.
func spawn[M any](t testing.TB, parent actor.Parent, name string, h handler[M], opts ...actor.Option) actor.Ref[M] {
	t.Helper()
	ref, err := actor.Spawn(parent, name, func() actor.Actor[M] { return h }, opts...)
	require.NoError(t, err)
	return ref
}

// probe starts an actor that records what it receives, and does h if h is not nil.
func probe[M any](t testing.TB, parent actor.Parent, name string, h handler[M], opts ...actor.Option) (*actortest.Probe[M], actor.Ref[M]) {
	t.Helper()
	p := actortest.NewProbe[M](h)
	ref, err := actor.Spawn(parent, name, p.Make, opts...)
	require.NoError(t, err)
	return p, ref
}

// fixed is a strategy that always decides the same, and notes what it was asked.
type fixed struct {
	verdict actor.Verdict

	mu    sync.Mutex
	asked []actor.History // Recent copied
}

// Decide implements actor.Strategy.
func (s *fixed) Decide(h actor.History, _ error, _ time.Time) actor.Verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.Recent = append([]time.Time(nil), h.Recent...)
	s.asked = append(s.asked, h)
	return s.verdict
}

// histories returns what the strategy was asked so far.
func (s *fixed) histories() []actor.History {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]actor.History(nil), s.asked...)
}

// letters collects dead letters.
type letters struct {
	mu  sync.Mutex
	all []actor.DeadLetter
}

// option makes a system give its dead letters to l.
func (l *letters) option() actor.SystemOption {
	return actor.WithDeadLetters(func(d actor.DeadLetter) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = append(l.all, d)
	})
}

// taken returns the letters so far.
func (l *letters) taken() []actor.DeadLetter {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]actor.DeadLetter(nil), l.all...)
}

// journal is a list of lines that several actors write.
type journal struct {
	mu    sync.Mutex
	lines []string
}

// note adds a line.
func (j *journal) note(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

// take returns the lines since the last call.
func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

// roster holds the references of actors by name. The zero value is empty.
type roster struct{ refs sync.Map }

// put adds the actor of ctx.
func (r *roster) put(ctx *actor.Context[string]) { r.refs.Store(ctx.Name(), ctx.Self()) }

// get returns the actor of that name; the zero Ref if there is none.
func (r *roster) get(name string) actor.Ref[string] {
	ref, _ := r.refs.Load(name)
	a, _ := ref.(actor.Ref[string])
	return a
}

// scribe is a handler that writes its lifecycle into j, and fails over the message "fail".
func scribe(j *journal) handler[string] {
	return func(ctx *actor.Context[string]) error {
		switch m := ctx.Message().(type) {
		case actor.Started:
			j.note(ctx.Name() + " started")
		case actor.Restarting:
			j.note(ctx.Name() + " restarting")
		case actor.Stopping:
			j.note(ctx.Name() + " stopping")
		case string:
			if m == "fail" {
				return errBoom
			}
			j.note(ctx.Name() + " " + m)
		}
		return nil
	}
}

// settle waits until all actors of the bubble have nothing to do.
func settle() { synctest.Wait() }

// pass lets d of fake time pass, and waits until the actors have dealt with it.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// shortly is a context for what must not wait.
func shortly(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
