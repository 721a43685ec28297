package socket

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTimedOut wants the error to be that of whichever ended first, the caller's ctx or the timeout, even where the other has ended by the time that
// anybody looks.
func TestTimedOut(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	within, done := bounded(ctx, time.Nanosecond)
	defer done()
	<-within.Done()
	cancel()
	require.ErrorIs(t, timedOut(within, within.Err()), ErrWouldBlock)

	ctx, cancel = context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	within, done = bounded(ctx, time.Nanosecond)
	defer done()
	require.Equal(t, context.DeadlineExceeded, timedOut(within, within.Err()))

	within, done = bounded(ctx, -1)
	defer done()
	require.Equal(t, context.DeadlineExceeded, timedOut(within, within.Err()))
}
