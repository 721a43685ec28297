package socket

// Notices are what a socket's application hears of a connection that comes or goes, in the queue of its peer, in order with the peer's messages: so a
// notice of the end comes when all before it was received. They bypass the mark: there is one for each turn of a connection, and none may be lost.

// noticeUp says that p's connection is there, before anything that its peer sends.
func (s *socket) noticeUp(p *pipe) {
	if o := p.endpoint.opts; o.raw && o.streamNotify {
		_ = p.in.Force(upNotice.WithProperties(p.properties())) // a queue that is closed has no reader
	}
}

// noticeDown says that p's connection is gone, behind everything that its peer has sent. An end that this side has made needs no notice.
func (s *socket) noticeDown(p *pipe) {
	if !s.isAttached(p) {
		return
	}
	if o := p.endpoint.opts; o.raw && o.streamNotify {
		_ = p.in.Force(downNotice.WithProperties(p.properties())) // as above
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
