package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain fails the run where the example leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSecure makes certificates, serves those who have one, and keeps out who has not.
func TestSecure(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	for _, name := range []string{"server", "ann"} {
		require.NoError(t, run(ctx, []string{"keygen", dir, name}))
	}
	serving, stop := context.WithCancel(ctx)
	at, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- serve(serving, "tcp://127.0.0.1:*", dir, func(s string) { at <- s }) }()
	endpoint := <-at
	reply, err := ask(ctx, endpoint, dir, "ann")
	require.NoError(t, err)
	require.Equal(t, "hello, ann", reply)

	require.NoError(t, run(ctx, []string{"keygen", elsewhere, "eve"}))
	_, err = ask(ctx, endpoint, elsewhere, "eve")
	require.Error(t, err, "she does not know the server")
	require.Error(t, run(ctx, nil))
	stop()
	require.NoError(t, <-done)
}
