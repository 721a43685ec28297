package socket

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// SendTimeout bounds each Send whose ctx has no nearer deadline: one that has waited so long returns an error that is both context.DeadlineExceeded and
// ErrWouldBlock, libzmq's EAGAIN. With 0 Send waits for nothing, and returns ErrWouldBlock as TrySend does; a negative time is no bound. Range: any
// time. Default -1. Do and SendChan go by their ctx alone. (ZMQ_SNDTIMEO; libzmq takes whole milliseconds)
func SendTimeout(d time.Duration) Option {
	return func(o *options) error {
		o.sendTimeout = max(d, -1)
		return nil
	}
}

// RecvTimeout bounds each Recv, and each step of Messages, whose ctx has no nearer deadline: one that has waited so long returns an error that is both
// context.DeadlineExceeded and ErrWouldBlock, libzmq's EAGAIN. With 0 they wait for nothing, and return ErrWouldBlock as TryRecv does; a negative time
// is no bound. Range: any time. Default -1. Do and RecvChan go by their ctx alone. (ZMQ_RCVTIMEO; libzmq takes whole milliseconds)
func RecvTimeout(d time.Duration) Option {
	return func(o *options) error {
		o.recvTimeout = max(d, -1)
		return nil
	}
}

// errTimeout is what a call returns that has waited for as long as its timeout allows.
var errTimeout = fmt.Errorf("%w: %w", ErrWouldBlock, context.DeadlineExceeded)

// timedOut is err, or errTimeout where err is the end of within by its timeout and not by that of the ctx that it bounds.
func timedOut(within context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && errors.Is(context.Cause(within), errTimeout) {
		return errTimeout
	}
	return err
}

// bounded is ctx with an end after timeout, where there is one.
func bounded(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout < 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, timeout, errTimeout)
}
