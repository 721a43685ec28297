package socket

// dealer is DEALER: round-robin over the peers that have room on the way out, all peers in turn on the way in, and no envelope either way.
// https://rfc.zeromq.org/spec/28/#the-dealer-socket-type
type dealer struct{ roundRobin }

// route picks the next pipe in turn that has room.
func (s *dealer) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	p, err := s.pick()
	if err != nil {
		return dst, m, err
	}
	return append(dst, p), m, nil
}

// first implements direct.
func (s *dealer) first() *pipe { return s.current() }

// A Dealer sends to one of its peers in turn and receives from all of them, with no turns between the two (ZMQ_DEALER). It waits where no peer has
// room, and drops nothing at the mark. Messages pass as they are: with a Rep or a Router that serves Reqs at the other end, the application puts the empty
// delimiter frame before the body, and takes it off. Safe for concurrent use.
type Dealer struct {
	base
	sending
	receiving
}

// NewDealer makes a Dealer.
func NewDealer(rt *Runtime, opts ...Option) (*Dealer, error) {
	s, err := newSocket(rt, dealerType, opts)
	if err != nil {
		return nil, err
	}
	return &Dealer{base{s}, sending{s}, receiving{s}}, nil
}
