package socket

import (
	"context"
	"slices"
)

// routing is ROUTER: it receives from all its peers in turn, each message behind the routing id of its peer, and sends each message to the peer that
// its first frame names. A peer's id is what ConnectRoutingID says, or what the peer calls itself, or 5 bytes made up here: a 0 and a number.
// https://rfc.zeromq.org/spec/28/#the-router-socket-type
//
//	nameless ──handshake──▶ named ──its pipe ends, or another takes the id over──▶ gone
//	    └─ somebody else has the id ─▶ waiting ──that one goes─▶ named
//
// An id is free as soon as its pipe ends, even where something of its peer is still to be received.
type routing struct {
	names
	handover bool    // set by configure
	waiting  []*pipe // whose id somebody else has, oldest first

	// Set when it is made, then read-only.
	ready func(*pipe) // puts a pipe that was left alone on the ready list
	evict func(*pipe) // asks for the end of a pipe that has lost its id
}

// newRouter makes the pattern of s, whose first made-up id has the number next.
func newRouter(s *socket, next uint32) *routing {
	return &routing{
		names: newNames(next, s.noPeer),
		ready: s.inbox.ready,
		evict: func(p *pipe) {
			_ = s.ref.Tell(&evictPipe{p}) // a stopped socket has ended its pipes
		},
	}
}

// configure takes over what its options say.
func (s *routing) configure(o *options) { s.mandatory, s.handover = o.mandatory, o.handover }

// attach names a peer whose id is known: from ConnectRoutingID, or over inproc. Others get theirs with the handshake.
func (s *routing) attach(p *pipe) {
	if p.endpoint.peer != "" {
		s.claim(p, p.endpoint.peer)
		return
	}
	s.greet(p)
}

// greet names a peer by its handshake. A peer that comes back on the same pipe keeps its name, as in libzmq.
func (s *routing) greet(p *pipe) {
	if p.routingID != "" || p.wanted != "" {
		return
	}
	id, known := p.identity()
	switch {
	case !known:
	case len(id) == 0:
		s.name(p, s.invent())
	default:
		s.claim(p, string(id))
	}
}

// part has nothing to do: the pipe keeps its name until it ends.
func (s *routing) part(*pipe) {}

// claim gives p the id that it wants. Where somebody has it, p waits, or the other one goes.
func (s *routing) claim(p *pipe, id string) {
	other := s.byID[id]
	switch {
	case other == nil:
		s.name(p, id)
	case s.handover:
		s.name(p, id)
		s.evict(other)
	default:
		p.wanted = id
		s.waiting = append(s.waiting, p)
	}
}

// name gives p an id.
func (s *routing) name(p *pipe, id string) {
	p.routingID, p.wanted = id, ""
	s.byID[id] = p
	s.release(p)
}

// release lets what p has sent be received, or dropped, where it was left alone.
func (s *routing) release(p *pipe) {
	if p.shelved {
		p.shelved = false
		s.ready(p)
	}
}

// detach takes a peer's id back and gives it to the oldest of those who wait for it. What the peer has sent is received under its name all the same.
func (s *routing) detach(p *pipe) {
	s.waiting = slices.DeleteFunc(s.waiting, func(q *pipe) bool { return q == p })
	if p.wanted != "" {
		p.wanted = ""
		s.release(p)
	}
	if p.routingID == "" || s.byID[p.routingID] != p {
		return
	}
	delete(s.byID, p.routingID)
	i := slices.IndexFunc(s.waiting, func(q *pipe) bool { return q.wanted == p.routingID })
	if i < 0 {
		return
	}
	heir := s.waiting[i]
	s.waiting = slices.Delete(s.waiting, i, i+1)
	s.name(heir, p.routingID)
}

// route takes the first frame off and finds the peer that it names. Where there is none, or none with room, the message is dropped and counted;
// with RouterMandatory it is the caller's, or waits. An id with nothing behind it goes nowhere, as in libzmq.
func (s *routing) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	if m.Len() < 2 {
		s.noPeer()
		return dst, m, nil
	}
	p, err := s.address(m)
	if p == nil {
		return dst, m, err
	}
	return s.pass(dst, p, m)
}

// mayReceive is always.
func (s *routing) mayReceive() error { return nil }

// hold leaves alone who waits for an id: nobody could tell whose message it is.
func (s *routing) hold(p *pipe) bool {
	p.shelved = p.wanted != ""
	return p.shelved
}

// accept puts the peer's id before what it has sent. Who went before it had one is forgotten with all it sent.
func (s *routing) accept(p *pipe, m Message) (Message, bool) {
	if p.attached {
		s.greet(p) // over inproc a message may be here before the word that its sender is
	}
	if p.routingID == "" {
		return m, false
	}
	return m.Prepend([]byte(p.routingID)), true
}

// A Router receives from all its peers in turn and sends to the peer it is told (ZMQ_ROUTER). The first frame of each message that it receives is the
// routing id of the peer that sent it; the first frame of each that it sends is the id of the peer that gets the rest. An id is any bytes: the
// peer's RoutingID, or, where it has none, 5 bytes that begin with 0 and are its own as long as it is connected.
//
// A message for a peer that is not there, or whose queue is full, is dropped and counted, unless RouterMandatory is set. Safe for concurrent use.
type Router struct {
	base
	sending
	receiving
}

// NewRouter makes a Router.
func NewRouter(rt *Runtime, opts ...Option) (*Router, error) {
	s, err := newSocket(rt, routerType, opts)
	if err != nil {
		return nil, err
	}
	return &Router{base{s}, sending{s}, receiving{s}}, nil
}

// CanSend says whether a message for the peer with the routing id would be taken now: false where its queue is full. It returns ErrUnroutable where
// no peer has the id. Others may take the room before the caller does. (zmq_socket_get_peer_state, draft)
func (r *Router) CanSend(id []byte) (bool, error) {
	s := r.base.s
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	if s.route.closed != nil {
		return false, s.route.closed
	}
	p := s.route.pattern.(interface{ find(id []byte) *pipe }).find(id)
	if p == nil || p.gone() {
		return false, ErrUnroutable
	}
	return p.out.HasRoom(), nil
}

// SendTo is Send of m behind id, the routing id of the peer that gets it. The caller must not change id afterwards.
func (r *Router) SendTo(ctx context.Context, id []byte, m Message) error {
	return r.Send(ctx, m.Prepend(id))
}
