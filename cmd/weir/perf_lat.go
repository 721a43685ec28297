package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// measureLatency sends back and forth between a Req and a Rep. The first tenth is warm-up.
func measureLatency(ctx context.Context, p *perf) (perfResult, error) {
	req, err := socket.NewReq(p.rt, family(p.endpoint))
	if err != nil {
		return "", err
	}
	bound, err := req.Bind(ctx, p.endpoint)
	if err != nil {
		return "", err
	}
	rep, err := socket.NewRep(p.rt, family(p.endpoint))
	if err != nil {
		return "", err
	}
	if _, err := rep.Connect(ctx, reach(bound)); err != nil {
		return "", err
	}
	warmUp := p.count / 10
	var took time.Duration
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.reply(ctx, rep) })
	group.Go(func() error {
		fresh := newBodies(p.size, p.recycle)
		if err := p.roundTrips(ctx, req, fresh, warmUp); err != nil {
			return err
		}
		start := time.Now()
		err := p.roundTrips(ctx, req, fresh, p.count-warmUp)
		took = time.Since(start)
		return err
	})
	if err := group.Wait(); err != nil {
		return "", err
	}
	return perfResult(fmt.Sprintf("rtt_us=%.3f%s", took.Seconds()*1e6/float64(p.count-warmUp), p.memory())), nil
}

// roundTrips asks n times.
func (p *perf) roundTrips(ctx context.Context, req *socket.Req, fresh *bodies, n int) error {
	for range n {
		if err := req.Send(ctx, fresh.next()); err != nil {
			return err
		}
		if err := p.receive(ctx, req, 1); err != nil {
			return err
		}
	}
	return nil
}

// reply answers all requests, each with bytes of its own.
func (p *perf) reply(ctx context.Context, rep *socket.Rep) error {
	fresh := newBodies(p.size, p.recycle)
	for range p.count {
		if err := p.receive(ctx, rep, 1); err != nil {
			return err
		}
		if err := rep.Send(ctx, fresh.next()); err != nil {
			return err
		}
	}
	return nil
}
