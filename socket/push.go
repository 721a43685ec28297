package socket

// push is PUSH: round-robin over the peers that have room.
// https://rfc.zeromq.org/spec/30/#the-push-socket-type
type push struct{ roundRobin }

// route picks the next pipe in turn that has room.
func (s *push) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	p, err := s.pick()
	if err != nil {
		return dst, m, err
	}
	return append(dst, p), m, nil
}

// first implements direct.
func (s *push) first() *pipe { return s.current() }

// A Push sends to one of its peers in turn (ZMQ_PUSH). It waits where no peer has room, and drops nothing
// at the mark. Safe for concurrent use.
type Push struct {
	base
	sending
}

// NewPush makes a Push.
func NewPush(rt *Runtime, opts ...Option) (*Push, error) {
	s, err := newSocket(rt, pushType, opts)
	if err != nil {
		return nil, err
	}
	return &Push{base{s}, sending{s}}, nil
}
