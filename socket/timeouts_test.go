package socket_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestTimeouts waits for as long as the options say, for less where ctx ends first, and not at all where they are 0. (libzmq: test_timeo)
func TestTimeouts(t *testing.T) {
	for name, c := range map[string]struct {
		timeout, ctx time.Duration // ctx is without end where 0
		want         time.Duration
		err          error
	}{
		"timeout":       {timeout: 250 * time.Millisecond, want: 250 * time.Millisecond, err: context.DeadlineExceeded},
		"ctx first":     {timeout: time.Second, ctx: 100 * time.Millisecond, want: 100 * time.Millisecond, err: context.DeadlineExceeded},
		"timeout first": {timeout: 100 * time.Millisecond, ctx: time.Second, want: 100 * time.Millisecond, err: context.DeadlineExceeded},
		"none":          {timeout: -5, ctx: time.Second, want: time.Second, err: context.DeadlineExceeded},
		"not at all":    {timeout: 0, ctx: time.Second, want: 0, err: socket.ErrWouldBlock},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, _ context.Context, rt *socket.Runtime) {
				ctx := context.Background()
				if c.ctx > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.ctx)
					defer cancel()
				}
				pair, err := socket.NewPair(rt, socket.SendTimeout(c.timeout), socket.RecvTimeout(c.timeout))
				require.NoError(t, err)
				start := time.Now()
				err = pair.Send(ctx, number(1))
				require.ErrorIs(t, err, c.err)
				require.Equal(t, ctx.Err() == nil, errors.Is(err, socket.ErrWouldBlock), "the timeout, and not ctx")
				require.Equal(t, c.want, time.Since(start))
				if c.ctx > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(context.Background(), c.ctx)
					defer cancel()
				}
				start = time.Now()
				_, err = pair.Recv(ctx)
				require.ErrorIs(t, err, c.err)
				require.Equal(t, ctx.Err() == nil, errors.Is(err, socket.ErrWouldBlock), "the timeout, and not ctx")
				require.Equal(t, c.want, time.Since(start))
			})
		})
	}
}

// TestTimeoutsDoNotDelay sends and receives what there is room for, and what is there, whatever the timeout; a call of another goroutine's in time
// ends the wait.
func TestTimeoutsDoNotDelay(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push := newPush(t, rt, socket.SendTimeout(0))
		pull := newPull(t, rt, socket.RecvTimeout(time.Minute))
		join(t, inprocName(t), pull, push)
		require.NoError(t, push.Send(ctx, number(1)))
		receive(t, pull, 1, 1)
		go func() {
			time.Sleep(time.Second)
			_ = push.Send(ctx, number(2))
		}()
		receive(t, pull, 2, 1)
		require.NoError(t, pull.Set(ctx, socket.RecvTimeout(2*time.Second)))
		require.ErrorIs(t, lastOf(pull.Messages(ctx)), context.DeadlineExceeded)
	})
}

// TestTimeoutsLeaveOthersAlone wants Do and channels to wait as long as their ctx lasts.
func TestTimeoutsLeaveOthersAlone(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		req := newReq(t, rt, socket.SendTimeout(1), socket.RecvTimeout(1))
		push, pull := newPush(t, rt, socket.SendTimeout(1)), newPull(t, rt, socket.RecvTimeout(1))
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() {
			_, err := req.Do(ctx, number(1))
			done <- err
		}()
		in := pull.RecvChan(ctx)
		out, stop := push.SendChan(ctx)
		out <- number(3)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Empty(t, done)
		join(t, inprocName(t), pull, push)
		require.Equal(t, 3, numberOf(t, <-in))
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		left, err := stop()
		require.Empty(t, left)
		require.NoError(t, err)
	})
}

// TestTimeoutsAreRead reads them back: none by default.
func TestTimeoutsAreRead(t *testing.T) {
	rt := newRuntime(t)
	none, some := newPull(t, rt).Settings(), newPull(t, rt, socket.SendTimeout(1), socket.RecvTimeout(2)).Settings()
	require.Equal(t, [2]time.Duration{-1, -1}, [2]time.Duration{none.SendTimeout, none.RecvTimeout})
	require.Equal(t, [2]time.Duration{1, 2}, [2]time.Duration{some.SendTimeout, some.RecvTimeout})
}
