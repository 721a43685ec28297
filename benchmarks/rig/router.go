package rig

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// askers is how many goroutines the DEALERs are shared among.
const askers = 4

// router has Links sockets of type DEALER ask a ROUTER, which is bound and answers each. Each asker sends on all of its sockets, and then takes the
// answers: so as many requests are out as there are sockets. The first round, in which they connect, is not counted. Where no answer comes any more, those that
// nobody has are lost.
func router(r *Run, p Peer) (*Line, error) {
	server, err := p.Open(Spec{Kind: Router, Body: r.Body(), Curve: r.curve(true)})
	if err != nil {
		return nil, err
	}
	bound, err := server.Bind(r.Endpoint)
	if err != nil {
		return nil, err
	}
	dealers, err := r.connected(p, Dealer, bound)
	if err != nil {
		return nil, err
	}
	rounds := max(r.Count/r.Links, 1)
	group, failed := errgroup.WithContext(context.Background())
	all := everyone{sockets: append(dealers, server)}
	context.AfterFunc(failed, all.Abandon)
	group.Go(func() error { return answerAll(server, (1+rounds)*r.Links) })
	if err := new(inquiry).askRounds(dealers, 1); err != nil {
		return nil, firstOf(context.Cause(failed), err)
	}
	q := &inquiry{answers: reception{from: all}}
	done := make(chan struct{})
	defer close(done)
	go watchLoop(done, &q.answers)
	var m Meter
	m.Start()
	err = q.askRounds(dealers, rounds)
	m.Stop()
	if lossy := q.answers.over.Swap(true); lossy {
		_ = group.Wait()                                                       // it was abandoned
		m.took = max(time.Unix(0, q.answers.last.Load()).Sub(m.begin), glance) // the wait for what was lost is no work
	} else if err = firstOf(err, group.Wait()); err != nil {
		return nil, firstOf(context.Cause(failed), err)
	}
	got, asked := q.answers.alive.Load(), q.asked.Load()
	line := r.Line()
	m.Rate(line, r, int(got), m.took, int(asked-got))
	return line.Int("links", int64(r.Links)), closeAll(p, all.sockets...)
}

// everyone is all sockets of a measurement, as far as they are abandoned together.
type everyone struct {
	Socket
	sockets []Socket
}

// Abandon abandons each.
func (e everyone) Abandon() {
	for _, s := range e.sockets {
		s.Abandon()
	}
}

// An inquiry is what has been asked, and what has been answered: each answer is a sign of life.
type inquiry struct {
	asked   atomic.Int64 // requests that were sent: written by the askers
	answers reception
}

// askRounds has all askers ask so many rounds.
func (q *inquiry) askRounds(dealers []Socket, rounds int) error {
	var group errgroup.Group
	n := (len(dealers) + askers - 1) / askers
	for from := 0; from < len(dealers); from += n {
		own := dealers[from:min(from+n, len(dealers))]
		group.Go(func() error {
			for range rounds {
				if err := q.askEach(own); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// askEach asks once on each socket.
func (q *inquiry) askEach(dealers []Socket) error {
	for _, s := range dealers {
		if err := s.Put(); err != nil {
			return err
		}
		q.asked.Add(1)
	}
	for _, s := range dealers {
		if err := s.Take(); err != nil {
			return err
		}
		q.answers.alive.Add(1)
	}
	return nil
}
