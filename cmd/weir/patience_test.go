package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// until waits for the end of ctx.
func until(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestPatienceEnds gives up exactly when nothing has moved for the limit.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p patience
		p.start(time.Second)
		<-time.After(10 * time.Second) // time before the wait does not count
		began := time.Now()
		require.ErrorIs(t, p.wait(t.Context(), until), errTimedOut)
		require.Equal(t, time.Second, time.Since(began))
	})
}

// TestPatienceTouched waits on where something moves.
func TestPatienceTouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p patience
		p.start(time.Second)
		began := time.Now()
		go func() {
			for range 5 {
				<-time.After(900 * time.Millisecond)
				p.touch()
			}
		}()
		require.ErrorIs(t, p.wait(t.Context(), until), errTimedOut)
		require.Equal(t, 5500*time.Millisecond, time.Since(began))
	})
}

// TestPatienceResult keeps the outcome of what was waited for: success, a fault of its own, the end of the caller's ctx, and a fault that time brought
// about.
func TestPatienceResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := errors.New("fault")
		var p patience
		p.start(time.Second)
		require.NoError(t, p.wait(t.Context(), func(context.Context) error { return nil }))
		require.Equal(t, fault, p.wait(t.Context(), func(context.Context) error { return fault }))
		require.NoError(t, p.wait(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return nil }))
		err := p.wait(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return fault })
		require.ErrorIs(t, err, fault)
		require.ErrorIs(t, err, errTimedOut)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.Equal(t, context.Canceled, p.wait(ended, until))
	})
}

// TestPatienceUnlimited leaves a wait alone where there is no limit.
func TestPatienceUnlimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p patience
		p.start(0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.Equal(t, context.DeadlineExceeded, p.wait(ctx, until))
	})
}
