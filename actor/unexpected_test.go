package actor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
)

// Lifecycle messages may be ignored, others may not: an error, or a panic where invariants are checked.
func TestUnexpected(t *testing.T) {
	for _, m := range []any{actor.Started{}, actor.Restarting{}, actor.Stopping{}, actor.DataReady{}, actor.ChildStopped{}} {
		require.NoError(t, actor.Unexpected(m))
	}
	if actor.Invariants {
		require.Panics(t, func() { _ = actor.Unexpected(42) })
		return
	}
	require.ErrorContains(t, actor.Unexpected(42), "int")
}
