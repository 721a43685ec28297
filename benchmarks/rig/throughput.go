package rig

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// throughput sends from Links sockets of type PUSH to one PULL, which is bound.
func throughput(r *Run, p Peer) (*Line, error) {
	if r.Role == Sending {
		return throughputSender(r, p)
	}
	pull, err := p.Open(Spec{Kind: Pull, Body: r.Body(), Curve: r.curve(true)})
	if err != nil {
		return nil, err
	}
	bound, err := pull.Bind(r.Endpoint)
	if err != nil {
		return nil, err
	}
	if r.Role == Receiving {
		Ready(bound)
		return receiveRate(r, pull)
	}
	pushes, err := r.connected(p, Push, bound)
	if err != nil {
		return nil, err
	}
	group, failed := errgroup.WithContext(context.Background())
	stop := context.AfterFunc(failed, pull.Abandon)
	sendAll(group, r, pushes)
	line, err := receiveRate(r, pull)
	stop()
	if err != nil {
		return nil, firstOf(context.Cause(failed), err)
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return line, closeAll(p, append(pushes, pull)...)
}

// throughputSender is the part of the process that sends.
func throughputSender(r *Run, p Peer) (*Line, error) {
	pushes, err := r.connected(p, Push, r.Endpoint)
	if err != nil {
		return nil, err
	}
	var m Meter
	m.Start()
	group := new(errgroup.Group)
	sendAll(group, r, pushes)
	err = group.Wait()
	m.Stop()
	line := r.Line()
	m.Cost(line, r.Count, Uncounted)
	return line, err
}

// connected opens Links sockets of a kind and connects them.
func (r *Run) connected(p Peer, kind, endpoint string) ([]Socket, error) {
	sockets := make([]Socket, r.Links)
	for i := range sockets {
		s, err := p.Open(Spec{Kind: kind, Body: r.Body(), Curve: r.curve(false)})
		if err != nil {
			return nil, err
		}
		if err := s.Connect(endpoint); err != nil {
			return nil, err
		}
		sockets[i] = s
	}
	return sockets, nil
}

// sendAll has each socket send its share, from a goroutine of its own.
func sendAll(group *errgroup.Group, r *Run, sockets []Socket) {
	for i, s := range sockets {
		group.Go(func() error { return putAll(s, r.share(i)) })
	}
}

// putAll sends n messages.
func putAll(s Socket, n int) error {
	for range n {
		if err := s.Put(); err != nil {
			return err
		}
	}
	return nil
}

// receiveRate receives what all senders send, and says how fast it came.
func receiveRate(r *Run, from Socket) (*Line, error) {
	in := reception{from: from, meter: new(Meter)}
	if err := in.all(r.Count); err != nil {
		return nil, err
	}
	line := r.Line()
	in.meter.took = in.took
	in.meter.Rate(line, r, in.got-1, in.took, r.Count-in.got)
	return line, nil
}

// closeAll closes the sockets and then the peer.
func closeAll(p Peer, sockets ...Socket) error {
	for _, s := range sockets {
		if err := s.Close(); err != nil {
			return err
		}
	}
	return p.Close()
}

// firstOf returns the first error that is one.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
