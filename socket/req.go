package socket

// req is REQ: one request, then its reply, in strict turn. The request goes to the peers round-robin, behind an empty delimiter frame.
// https://rfc.zeromq.org/spec/28/#the-req-socket-type
//
//	ready ──send──▶ waiting ──reply──▶ ready
type req struct {
	roundRobin
	waiting bool  // a request is out and its reply has not come
	from    *pipe // the pipe that took the request; nil once it has gone: then any peer's reply will do, as in libzmq
}

// route puts the delimiter before the request and picks a pipe.
func (s *req) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	if s.waiting {
		return dst, m, ErrBadState
	}
	p, err := s.pick()
	if err != nil {
		return dst, m, err
	}
	return append(dst, p), m.Prepend(nil), nil
}

// routed begins the wait for the reply.
func (s *req) routed(dst []*pipe) {
	s.roundRobin.routed(dst)
	s.waiting, s.from = true, dst[0]
}

// detach lifts the restriction to the pipe that took the request where that one goes.
func (s *req) detach(p *pipe) {
	s.roundRobin.detach(p)
	if s.from == p {
		s.from = nil
	}
}

// mayReceive wants a request outstanding.
func (s *req) mayReceive() error {
	if !s.waiting {
		return ErrBadState
	}
	return nil
}

// accept takes the reply out of its envelope. What is no reply to this request is skipped.
func (s *req) accept(p *pipe, m Message) (Message, bool) {
	if !s.waiting || (s.from != nil && s.from != p) || m.Len() < 2 || len(m.Frame(0)) != 0 {
		return m, false
	}
	s.waiting, s.from = false, nil
	return m.Tail(1), true
}

// A Req sends a request and receives its reply, in turn (ZMQ_REQ). Out of turn, Send and Recv return ErrBadState. Safe for concurrent use, though
// the turns are the socket's, not the goroutine's.
type Req struct {
	base
	sending
	receiving
}

// NewReq makes a Req.
func NewReq(rt *Runtime, opts ...Option) (*Req, error) {
	s, err := newSocket(rt, reqType, opts)
	if err != nil {
		return nil, err
	}
	return &Req{base{s}, sending{s}, receiving{s}}, nil
}
