package rig

import "strings"

// proxy sends from a PUSH through a proxy, whose two sides are bound, to a PULL. What is bound beside the endpoint is at the same place, with another
// port or name. The process ends with the proxy still running: not every implementation can stop one.
func proxy(r *Run, p Peer) (*Line, error) {
	front, into, err := r.side(p, Pull, r.Endpoint)
	if err != nil {
		return nil, err
	}
	back, outOf, err := r.side(p, Push, beside(r.Endpoint))
	if err != nil {
		return nil, err
	}
	running := make(chan error, 1)
	go func() { running <- p.Proxy(front, back) }()
	push, err := r.connected(p, Push, into)
	if err != nil {
		return nil, err
	}
	pull, err := r.connected(p, Pull, outOf)
	if err != nil {
		return nil, err
	}
	go func() {
		if err := <-running; err != nil {
			running <- err
			pull[0].Abandon()
		}
	}()
	go func() { _ = putAll(push[0], r.Count) }() // an error shows as loss
	line, err := receiveRate(r, pull[0])
	if err != nil {
		select {
		case cause := <-running:
			err = cause
		default:
		}
	}
	return line, err
}

// side opens a bound side of the proxy.
func (r *Run) side(p Peer, kind, endpoint string) (Socket, string, error) {
	s, err := p.Open(Spec{Kind: kind, Body: r.Body(), Curve: r.curve(true)})
	if err != nil {
		return nil, "", err
	}
	bound, err := s.Bind(endpoint)
	return s, bound, err
}

// beside is another endpoint of the same kind.
func beside(endpoint string) string {
	if strings.HasSuffix(endpoint, ":*") {
		return endpoint
	}
	return endpoint + "2"
}
