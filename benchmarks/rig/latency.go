package rig

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// latency sends back and forth between a REQ and a REP. In one process the REQ is bound, and in two the REP.
func latency(r *Run, p Peer) (*Line, error) {
	switch r.Role {
	case Sending:
		req, err := r.connected(p, Req, r.Endpoint)
		if err != nil {
			return nil, err
		}
		return roundTrips(r, req[0])
	case Receiving:
		return latencyReplier(r, p)
	}
	req, err := p.Open(Spec{Kind: Req, Body: r.Body(), Curve: r.curve(true)})
	if err != nil {
		return nil, err
	}
	bound, err := req.Bind(r.Endpoint)
	if err != nil {
		return nil, err
	}
	rep, err := r.connected(p, Rep, bound)
	if err != nil {
		return nil, err
	}
	group, failed := errgroup.WithContext(context.Background())
	stop := context.AfterFunc(failed, req.Abandon)
	group.Go(func() error { return answerAll(rep[0], r.Count) })
	line, err := roundTrips(r, req)
	stop()
	if err != nil {
		return nil, firstOf(context.Cause(failed), err)
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return line, closeAll(p, req, rep[0])
}

// latencyReplier is the part of the process that answers.
func latencyReplier(r *Run, p Peer) (*Line, error) {
	rep, err := p.Open(Spec{Kind: Rep, Body: r.Body(), Curve: r.curve(true)})
	if err != nil {
		return nil, err
	}
	bound, err := rep.Bind(r.Endpoint)
	if err != nil {
		return nil, err
	}
	Ready(bound)
	if err := rep.Answer(); err != nil {
		return nil, err
	}
	var m Meter
	m.Start()
	err = answerAll(rep, r.Count-1)
	m.Stop()
	line := r.Line()
	m.Cost(line, r.Count-1, Uncounted)
	return line, err
}

// answerAll answers n requests.
func answerAll(s Socket, n int) error {
	for range n {
		if err := s.Answer(); err != nil {
			return err
		}
	}
	return nil
}

// roundTrips asks Count times, of which the first tenth is warm-up.
func roundTrips(r *Run, req Socket) (*Line, error) {
	warmUp := r.Count / 10
	for range warmUp {
		if err := ask(req); err != nil {
			return nil, err
		}
	}
	delays := make([]time.Duration, 0, r.Count-warmUp)
	var m Meter
	m.Start()
	before := m.begin
	for range r.Count - warmUp {
		if err := ask(req); err != nil {
			return nil, err
		}
		now := time.Now()
		delays = append(delays, now.Sub(before))
		before = now
	}
	m.Stop()
	line := r.Line()
	m.Delays(line, delays, m.took/time.Duration(len(delays)), Uncounted)
	return line, nil
}

// ask sends a request and takes its answer.
func ask(s Socket) error {
	if err := s.Put(); err != nil {
		return err
	}
	return s.Take()
}
