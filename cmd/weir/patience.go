package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/socket"
)

// patience is --timeout: it ends a wait in which nothing has moved for too long. Waits that are not for a peer do not go through it. The zero value
// waits for ever.
type patience struct {
	limit time.Duration // set before the first wait that has one, then read-only; 0 for no limit

	// Atomic: when something last moved, in nanoseconds since began; written by touch, read by waits.
	last  atomic.Int64
	began time.Time // set before the first wait, then read-only
}

// start sets the limit. It is called before anything else is.
func (p *patience) start(limit time.Duration) { p.limit, p.began = limit, time.Now() }

// within sets the limit where there is none. It is called while nobody waits.
func (p *patience) within(limit time.Duration) {
	if p.limit == 0 {
		p.limit = limit
	}
}

// still is how long nothing has moved.
func (p *patience) still() time.Duration { return time.Since(p.began) - time.Duration(p.last.Load()) }

// touch notes that something has moved. Safe for concurrent use.
func (p *patience) touch() { p.last.Store(int64(time.Since(p.began))) }

// wait calls do, and ends its ctx once nothing has moved for the limit, counted from now. It returns the error of do, joined with errTimedOut where
// that was the reason for it.
func (p *patience) wait(ctx context.Context, do func(context.Context) error) error {
	if p.limit == 0 {
		return do(ctx)
	}
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	p.touch()
	go p.watchLoop(ctx, giveUp)
	err := do(ctx)
	if err == nil || !errors.Is(context.Cause(ctx), errTimedOut) {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return context.Cause(ctx)
	}
	return errors.Join(context.Cause(ctx), err)
}

// expired marks an error of a socket that has waited for as long as its own option allows, as a time that is over: it is what --timeout is. what it
// could not do is part of the text.
func expired(err error, what, option string) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, socket.ErrWouldBlock) {
		return fmt.Errorf("%w: nothing could be %s for the time of -o %s", errTimedOut, what, option)
	}
	return err
}

// watchLoop gives up when nothing has moved for the limit. It ends with ctx.
func (p *patience) watchLoop(ctx context.Context, giveUp context.CancelCauseFunc) {
	timer := time.NewTimer(p.limit)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		left := p.limit - p.still()
		if left <= 0 {
			giveUp(fmt.Errorf("%w: nothing could be received or sent for %v", errTimedOut, p.limit))
			return
		}
		timer.Reset(left)
	}
}
