package socket

import "slices"

// Notices are what a socket's application hears of a connection that comes or goes, in the queue of its peer, in order with the peer's messages: so a
// notice of the end comes when all before it was received. They bypass the mark: there is one for each turn of a connection, and none may be lost.

// notice puts a message of this side's own behind what p's peer has sent.
func (s *socket) notice(p *pipe, m Message) {
	_ = p.in.Force(m.WithProperties(p.properties())) // a queue that is closed has no reader
}

// noticeUp says that p's connection is there, before anything that its peer sends.
func (s *socket) noticeUp(p *pipe) {
	if o := p.endpoint.opts; o.raw && o.streamNotify || !o.raw && o.routerNotify&NotifyConnect != 0 {
		s.notice(p, upNotice)
	}
}

// noticeDown says that p's connection is gone, behind everything that its peer has sent. An end that this side has made needs no notice.
func (s *socket) noticeDown(p *pipe) {
	if !s.isAttached(p) {
		return
	}
	o := p.endpoint.opts
	if o.raw && o.streamNotify || !o.raw && o.routerNotify&NotifyDisconnect != 0 {
		s.notice(p, downNotice)
	}
	last := o.hiccupMsg
	if p.endpoint.bound {
		last = o.disconnectMsg
	}
	if len(last) > 0 {
		s.notice(p, messageOf(slices.Clone(last)))
	}
}

// hello puts the first message into the outbound queue of an inproc pipe, which nobody else has touched yet.
func (e *Endpoint) hello(p *pipe) {
	if body := e.opts.helloMsg; len(body) > 0 {
		_ = out.Force(messageOf(slices.Clone(body))) // a queue that is closed already needs none
	}
}

// goodbye puts the last message into the outbound queue of a connected inproc pipe that ends: what the bound side wants to hear then.
func (s *socket) goodbye(p *pipe) {
	if p.link != nil || p.endpoint.bound || p.out == nil || p.closing {
		return
	}
	s.rt.inproc.mu.Lock()
	twin := p.twin
	s.rt.inproc.mu.Unlock()
	if twin == nil {
		return
	}
	if body := twin.endpoint.opts.disconnectMsg; len(body) > 0 {
		_ = p.out.Force(messageOf(slices.Clone(body))) // a queue that is closed has said all
	}
}

// isAttached says whether the pattern knows p.
func (s *socket) isAttached(p *pipe) bool {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return p.attached
}

// idOf is the routing id that the pattern has given to p.
func (s *socket) idOf(p *pipe) string {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return p.routingID
}
