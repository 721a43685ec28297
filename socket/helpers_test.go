package socket_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// patience bounds what a test waits for; nothing waits that long unless it has failed.
const patience = 30 * time.Second

// within is a context that ends with the test, and no later than patience.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// newRuntime is a runtime that is shut down with the test, without waiting for what was not sent.
func newRuntime(t testing.TB, opts ...socket.RuntimeOption) *socket.Runtime {
	t.Helper()
	rt, err := socket.NewRuntime(opts...)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = rt.Shutdown(ctx) // the test has said what it wanted to be sent
	})
	return rt
}
