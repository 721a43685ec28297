package rig

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// askers is how many goroutines the DEALERs are shared among.
const askers = 4

// router has Links sockets of type DEALER ask a ROUTER, which is bound and answers each. Each asker sends on all of its sockets, and then takes the
// answers: so as many requests are out as there are sockets. The first round, in which they connect, is not counted.
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
	for _, s := range append(dealers, server) {
		context.AfterFunc(failed, s.Abandon)
	}
	group.Go(func() error { return answerAll(server, (1+rounds)*r.Links) })
	if err := askRounds(dealers, 1); err != nil {
		return nil, firstOf(context.Cause(failed), err)
	}
	var m Meter
	m.Start()
	if err := askRounds(dealers, rounds); err != nil {
		return nil, firstOf(context.Cause(failed), err)
	}
	m.Stop()
	if err := group.Wait(); err != nil {
		return nil, err
	}
	line := r.Line()
	m.Rate(line, r, rounds*r.Links, m.took, 0)
	return line.Int("links", int64(r.Links)), closeAll(p, append(dealers, server)...)
}

// askRounds has all askers ask so many rounds.
func askRounds(dealers []Socket, rounds int) error {
	var group errgroup.Group
	n := (len(dealers) + askers - 1) / askers
	for from := 0; from < len(dealers); from += n {
		own := dealers[from:min(from+n, len(dealers))]
		group.Go(func() error {
			for range rounds {
				if err := askEach(own); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// askEach asks once on each socket.
func askEach(dealers []Socket) error {
	for _, s := range dealers {
		if err := s.Put(); err != nil {
			return err
		}
	}
	for _, s := range dealers {
		if err := s.Take(); err != nil {
			return err
		}
	}
	return nil
}
