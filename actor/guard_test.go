package actor_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
)

// TestGuard wants a panic to come back as what a handler's is, with its stack, and anything else as it is.
func TestGuard(t *testing.T) {
	require.NoError(t, actor.Guard(func() error { return nil }))
	errNo := errors.New("no")
	require.Equal(t, errNo, actor.Guard(func() error { return errNo }))
	var p *actor.PanicError
	require.ErrorAs(t, actor.Guard(func() error { panic(errNo) }), &p)
	require.Equal(t, errNo, p.Value)
	require.Contains(t, string(p.Stack), "TestGuard")
}
