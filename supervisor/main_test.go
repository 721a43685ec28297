package supervisor_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// TestMain fails the run if a goroutine is left at its end.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bubble runs f in a bubble of synctest, with a system that is shut down at its end.
func bubble(t *testing.T, f func(t *testing.T, sys *actor.System), opts ...actor.SystemOption) {
	t.Helper()
	actortest.Run(t, func(t *testing.T) {
		f(t, actortest.NewSystem(t, opts...))
	})
}
