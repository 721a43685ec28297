package main

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// measureFanOut sends from a Pub to subscribers, and waits where one of them has no room. The slowest subscriber's time counts.
func measureFanOut(ctx context.Context, p *perf) (perfResult, error) {
	pub, err := socket.NewPub(p.rt, socket.XPubNoDrop(true), family(p.endpoint))
	if err != nil {
		return "", err
	}
	bound, err := pub.Bind(ctx, p.endpoint)
	if err != nil {
		return "", err
	}
	subs := make([]*socket.Sub, p.subs)
	for i := range subs {
		if subs[i], err = p.subscriber(ctx, reach(bound)); err != nil {
			return "", err
		}
	}
	took := make([]time.Duration, p.subs)
	group, ctx := errgroup.WithContext(ctx)
	for i, sub := range subs {
		group.Go(func() error {
			var err error
			took[i], err = p.receiveTimed(ctx, sub)
			return err
		})
	}
	group.Go(func() error {
		if err := pub.WaitSubscribers(ctx, p.subs); err != nil {
			return err
		}
		return p.send(ctx, pub)
	})
	if err := group.Wait(); err != nil {
		return "", err
	}
	return p.rate((p.count-1)*p.subs, slices.Max(took).Seconds()), nil
}

// subscriber makes a Sub that wants everything.
func (p *perf) subscriber(ctx context.Context, endpoint string) (*socket.Sub, error) {
	sub, err := socket.NewSub(p.rt, family(p.endpoint))
	if err != nil {
		return nil, err
	}
	if err := sub.Subscribe(""); err != nil {
		return nil, err
	}
	_, err = sub.Connect(ctx, endpoint)
	return sub, err
}
