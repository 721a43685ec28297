package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// measureThroughput sends from a Push to a Pull, one to one.
func measureThroughput(ctx context.Context, p *perf) (perfResult, error) {
	pull, err := socket.NewPull(p.rt, family(p.endpoint))
	if err != nil {
		return "", err
	}
	bound, err := pull.Bind(ctx, p.endpoint)
	if err != nil {
		return "", err
	}
	push, err := socket.NewPush(p.rt, family(p.endpoint))
	if err != nil {
		return "", err
	}
	if _, err := push.Connect(ctx, reach(bound)); err != nil {
		return "", err
	}
	var took time.Duration
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.send(ctx, push) })
	group.Go(func() error {
		var err error
		took, err = p.receiveTimed(ctx, pull)
		return err
	})
	if err := group.Wait(); err != nil {
		return "", err
	}
	return p.rate(p.count-1, took.Seconds()), nil
}

// send sends all messages.
func (p *perf) send(ctx context.Context, to socket.Sender) error {
	fresh := newBodies(p.size, p.recycle)
	for range p.count {
		if err := to.Send(ctx, fresh.next()); err != nil {
			return err
		}
	}
	return nil
}

// receiveTimed receives all messages, and returns the time from the first to the last.
func (p *perf) receiveTimed(ctx context.Context, from socket.Receiver) (time.Duration, error) {
	if err := p.receive(ctx, from, 1); err != nil {
		return 0, err
	}
	start := time.Now()
	err := p.receive(ctx, from, p.count-1)
	return max(time.Since(start), 1), err
}
