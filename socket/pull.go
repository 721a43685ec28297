package socket

// pull is PULL: it receives from all its peers in turn, and sends nothing.
// https://rfc.zeromq.org/spec/30/#the-pull-socket-type
type pull struct{}

// attach has nothing to do: the inbox serves the pipes.
func (*pull) attach(*pipe) {}

// detach has nothing to do.
func (*pull) detach(*pipe) {}

// A Pull receives from all its peers, one whole message each in turn (ZMQ_PULL). Safe for concurrent use.
type Pull struct {
	base
	receiving
}

// NewPull makes a Pull.
func NewPull(rt *Runtime, opts ...Option) (*Pull, error) {
	s, err := newSocket(rt, pullType, opts)
	if err != nil {
		return nil, err
	}
	return &Pull{base{s}, receiving{s}}, nil
}
