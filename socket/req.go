package socket

import "encoding/binary"

// req is REQ: one request, then its reply, in strict turn. The request goes to the peers round-robin, behind an empty delimiter frame, and with
// ReqCorrelate behind its number before that. ReqRelaxed lets a new request take the place of the one that is out. Beside that there are the calls of
// Req.Do, any number at once, which the number tells apart.
// https://rfc.zeromq.org/spec/28/#the-req-socket-type
//
//	ready ──send──▶ waiting ──reply──▶ ready
//	                   └─ReqRelaxed: send─▶ waiting
type req struct {
	roundRobin
	correlate, relaxed bool // set by configure

	number  uint32           // of the last request
	waiting bool             // a request is out and its reply has not come
	from    *pipe            // the pipe that took the request; nil once it has gone: then any peer's reply will do, as in libzmq
	calls   map[uint32]*call // those that are out, by number; nil where there was none yet
}

// configure takes over what its options say.
func (s *req) configure(o *options) { s.correlate, s.relaxed = o.correlate, o.relaxed }

// route puts the delimiter before the request and picks a pipe.
func (s *req) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	if s.expects() {
		return dst, m, ErrBadState
	}
	p, err := s.pick()
	if err != nil {
		return dst, m, err
	}
	if s.correlate {
		return append(dst, p), m.Prepend(requestID(s.number+1), nil), nil
	}
	return append(dst, p), m.Prepend(nil), nil
}

// requestID is the frame that a request's number is in.
func requestID(number uint32) []byte { return binary.BigEndian.AppendUint32(nil, number) }

// routed begins the wait for the reply.
func (s *req) routed(dst []*pipe) {
	s.roundRobin.routed(dst)
	s.number++
	s.waiting, s.from = true, dst[0]
}

// renew gives up the request that is out, where it may be: its reply is not waited for any more.
func (s *req) renew() bool {
	if s.relaxed {
		s.waiting, s.from = false, nil
	}
	return s.relaxed
}

// expects says whether a reply is awaited.
func (s *req) expects() bool { return s.waiting || len(s.calls) > 0 }

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
	if s.waiting {
		return s.acceptReply(p, m)
	}
	number, body, ok := numbered(m)
	c := s.calls[number]
	if !ok || c == nil {
		return m, false
	}
	delete(s.calls, number)
	c.reply <- p.give(body) // has room: a call has one reply
	return body, true
}

// acceptReply is accept while it is the application's turn.
func (s *req) acceptReply(p *pipe, m Message) (Message, bool) {
	if s.from != nil && s.from != p {
		return m, false
	}
	if s.correlate {
		number, body, ok := numbered(m)
		if !ok || number != s.number {
			return m, false
		}
		m = body
	} else {
		if m.Len() < 2 || len(m.Frame(0)) != 0 {
			return m, false
		}
		m = m.Tail(1)
	}
	s.waiting, s.from = false, nil
	return m, true
}

// numbered takes a reply with a number out of its envelope.
func numbered(m Message) (number uint32, body Message, ok bool) {
	if m.Len() < 3 || len(m.Frame(0)) != 4 || len(m.Frame(1)) != 0 {
		return 0, m, false
	}
	return binary.BigEndian.Uint32(m.Frame(0)), m.Tail(2), true
}

// A Req sends a request and receives its reply, in turn (ZMQ_REQ). Out of turn, Send and Recv return ErrBadState, but see ReqRelaxed. Safe for
// concurrent use, though the turns are the socket's, not the goroutine's: Do is for goroutines that each want a reply of their own.
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
