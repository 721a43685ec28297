package socket

// only is PAIR: one peer, both ways. The first pipe is the peer; until it ends no other is taken.
// https://rfc.zeromq.org/spec/31/#the-pair-socket-type
//
//	alone ──attach──▶ paired ──detach──▶ alone
type only struct {
	peer *pipe // nil while there is none
}

// admits says whether the place is free.
func (s *only) admits() bool { return s.peer == nil }

// attach takes the peer.
func (s *only) attach(p *pipe) { s.peer = p }

// detach frees the place.
func (s *only) detach(p *pipe) {
	if s.peer == p {
		s.peer = nil
	}
}

// route sends to the peer, where it has room.
func (s *only) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	switch {
	case s.peer == nil:
		return dst, m, ErrNoPeers
	case !s.peer.out.HasRoom():
		return dst, m, ErrWouldBlock
	}
	return append(dst, s.peer), m, nil
}

// first implements direct.
func (s *only) first() *pipe { return s.peer }

// sole implements direct.
func (s *only) sole() *pipe { return s.peer }

// routed has nothing to do.
func (*only) routed([]*pipe) {}

// A Pair exchanges messages with one peer, in any order (ZMQ_PAIR). The first peer has it to itself: a later one finishes its handshake and is then
// disconnected, and comes back until the place is free. Send waits where there is no peer, or no room, and drops nothing at the mark. Safe for concurrent use.
type Pair struct {
	base
	sending
	receiving
}

// NewPair makes a Pair.
func NewPair(rt *Runtime, opts ...Option) (*Pair, error) {
	s, err := newSocket(rt, pairType, opts)
	if err != nil {
		return nil, err
	}
	return &Pair{base{s}, sending{s}, receiving{s}}, nil
}
