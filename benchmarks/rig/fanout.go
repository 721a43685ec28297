package rig

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// fanOut sends from a PUB, which is bound, to Links subscribers, and waits where one of them has no room. With topics each of them wants one of those,
// and the messages are about each in turn. The clock runs from the first message that anybody receives to the last.
func fanOut(r *Run, p Peer) (*Line, error) {
	pub, subs, err := r.audience(p, true, r.Links)
	if err != nil {
		return nil, err
	}
	receptions := make([]*reception, len(subs))
	group, failed := errgroup.WithContext(context.Background())
	for i, sub := range subs {
		receptions[i] = &reception{from: sub}
		context.AfterFunc(failed, sub.Abandon)
		group.Go(func() error { return receptions[i].take(r.wanted()) })
	}
	done := make(chan struct{})
	defer close(done)
	go watchLoop(done, receptions...)
	if err := pub.WaitSubscribers(len(subs)); err != nil {
		return nil, err
	}
	var m Meter
	m.Start()
	if err := putAll(pub, r.Count); err != nil {
		return nil, firstOf(context.Cause(failed), err)
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	m.Stop()
	return r.deliveries(&m, receptions), closeAll(p, append(subs, pub)...)
}

// wanted is how many messages each subscriber wants.
func (r *Run) wanted() int { return r.Count / max(r.Topics, 1) }

// audience opens a PUB, binds it, and connects subscribers to it.
func (r *Run) audience(p Peer, lossless bool, n int) (pub Socket, subs []Socket, err error) {
	if pub, err = p.Open(Spec{Kind: Pub, Body: r.Body(), Lossless: lossless, Curve: r.curve(true)}); err != nil {
		return nil, nil, err
	}
	bound, err := pub.Bind(r.Endpoint)
	if err != nil {
		return nil, nil, err
	}
	for i := range n {
		sub, err := r.subscriber(p, bound, i)
		if err != nil {
			return nil, nil, err
		}
		subs = append(subs, sub)
	}
	return pub, subs, nil
}

// subscriber makes the i-th of the subscribers.
func (r *Run) subscriber(p Peer, endpoint string, i int) (Socket, error) {
	spec := Spec{Kind: Sub, Body: r.Body(), Curve: r.curve(false)}
	if r.Topics > 0 {
		spec.Topic = topic(i % r.Topics)
	}
	sub, err := p.Open(spec)
	if err != nil {
		return nil, err
	}
	return sub, sub.Connect(endpoint)
}

// deliveries is the line of what the subscribers received.
func (r *Run) deliveries(m *Meter, receptions []*reception) *Line {
	begin, end := receptions[0].begin, receptions[0].end()
	got, lost := -1, 0
	for _, in := range receptions {
		got += in.got
		lost += r.wanted() - in.got
		if in.begin.Before(begin) {
			begin = in.begin
		}
		if in.end().After(end) {
			end = in.end()
		}
	}
	line := r.Line()
	m.Rate(line, r, got, max(end.Sub(begin), 1), lost)
	return line.Int("links", int64(r.Links)).Int("topics", int64(r.Topics))
}
