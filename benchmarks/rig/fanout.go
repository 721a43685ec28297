package rig

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// firstRound is how many messages each subscriber receives, at most, before those that are counted: enough for queues and buffers to have become about as
// large as they do.
const firstRound = 300

// fanOut sends from a PUB, which is bound, to Links subscribers, and waits where one of them has no room. With topics each of them wants one of those,
// and the messages are about each in turn. The first round, in which connections take what they take once, is not counted. The clock runs from the first
// message after it that anybody receives to the last.
func fanOut(r *Run, p Peer) (*Line, error) {
	pub, subs, err := r.audience(p, true, r.Links)
	if err != nil {
		return nil, err
	}
	group, failed := errgroup.WithContext(context.Background())
	for _, s := range append(subs, pub) {
		context.AfterFunc(failed, s.Abandon)
	}
	first, counted := receptionsOf(subs), receptionsOf(subs)
	var taken sync.WaitGroup
	taken.Add(len(subs))
	for i := range subs {
		group.Go(func() error {
			err := first[i].take(r.first())
			taken.Done()
			if err != nil || first[i].got < r.first() {
				return err // without an error it was abandoned: all that is counted is lost to it
			}
			return counted[i].take(r.wanted())
		})
	}
	if err := pub.WaitSubscribers(len(subs)); err != nil {
		return nil, err
	}
	if err := putAll(pub, r.first()*max(r.Topics, 1)); err != nil {
		return nil, firstOf(context.Cause(failed), err)
	}
	awaitRound(&taken, first)
	done := make(chan struct{})
	defer close(done)
	go watchLoop(done, slices.Concat(first, counted)...)
	var m Meter
	m.Start()
	if err := putAll(pub, r.Count); err != nil {
		return nil, firstOf(context.Cause(failed), err)
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	m.Stop()
	return r.deliveries(&m, counted), closeAll(p, append(subs, pub)...)
}

// receptionsOf makes a reception from each socket.
func receptionsOf(from []Socket) []*reception {
	all := make([]*reception, len(from))
	for i, s := range from {
		all[i] = &reception{from: s}
	}
	return all
}

// awaitRound waits until all is taken, or nobody has received anything for a while: whoever has lost some of the first round takes as many of the next
// for it, and lacks those.
func awaitRound(taken *sync.WaitGroup, receptions []*reception) {
	all := make(chan struct{})
	go func() {
		taken.Wait()
		close(all)
	}()
	signs := func() (n int64) {
		for _, in := range receptions {
			n += in.alive.Load()
		}
		return n
	}
	for before := signs(); ; {
		select {
		case <-all:
			return
		case <-time.After(quiet):
		}
		now := signs()
		if now == before {
			return
		}
		before = now
	}
}

// first is how many messages each subscriber wants that are not counted.
func (r *Run) first() int { return min(firstRound, r.wanted()) }

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
	var begin, end time.Time
	got, lost := -1, 0
	for _, in := range receptions {
		got += in.got
		lost += r.wanted() - in.got
		if in.got == 0 {
			continue // it was abandoned in the first round
		}
		if begin.IsZero() || in.begin.Before(begin) {
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
