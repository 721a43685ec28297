package actortest

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/internal/fault"
)

// patience bounds the wait for a system to shut down at the end of a test. In a bubble that is fake time.
const patience = time.Minute

// NewSystem returns a system that logs to the test, and shuts down when the test ends; a shutdown that fails, fails the
// test. Options may replace the logger.
func NewSystem(t testing.TB, opts ...actor.SystemOption) *actor.System {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	sys := actor.NewSystem(append([]actor.SystemOption{actor.WithLogger(log)}, opts...)...)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := sys.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return sys
}

// Run runs f in a bubble of package testing/synctest: time passes only when all goroutines of the bubble wait, and
// synctest.Wait returns when all actors have handled what there was. Make the system inside, with [NewSystem], and it is
// shut down before the bubble ends. The bubble does not end while a goroutine is left, so Run checks for leaks too.
func Run(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// Panic makes the actor panic with v, as if its handler had, when all that is on its control lane by now has been handled.
// It does not wait for that. It returns actor.ErrStopped if the actor takes nothing more.
func Panic[M any](ref actor.Ref[M], v any) error {
	return fault.Inject(ref, fault.Fault{Panic: v})
}

// Fail makes the actor fail with err, which is not nil, as if its handler had returned it; else it is as Panic.
func Fail[M any](ref actor.Ref[M], err error) error {
	return fault.Inject(ref, fault.Fault{Err: err})
}
