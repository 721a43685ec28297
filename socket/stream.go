package socket

import "context"

// streaming is STREAM, and ROUTER with RouterRaw: bytes of tcp connections, each behind the id of its connection. An id is what ConnectRoutingID
// says, or 5 bytes made up here: a 0 and a number. A connected endpoint keeps its id through all its connections. (libzmq: stream.cpp)
//
//	named ──its pipe ends, or an empty data frame is sent to it──▶ gone
type streaming struct {
	names

	// Set when it is made, then read-only.
	always bool        // it is a STREAM
	hangUp func(*pipe) // asks for the end of a connection once what is queued for it is out

	last string // the id made up last; empty where there is none
}

// newStreaming makes the pattern of s, whose first made-up id has the number next.
func newStreaming(s *socket, next uint32) *streaming {
	return &streaming{
		names: newNames(next, s.noPeer), always: s.typ.raw,
		hangUp: func(p *pipe) {
			_ = s.ref.Tell(&hangUpPipe{p}) // a stopped socket has ended its pipes
		},
	}
}

// configure takes over what its options say.
func (s *streaming) configure(o *options) { s.mandatory = s.always || o.mandatory }

// attach names a connection.
func (s *streaming) attach(p *pipe) {
	id := p.endpoint.peer
	if id == "" || s.named(id) {
		id = s.invent()
		s.last = id
	}
	p.routingID = id
	s.byID[id] = p
}

// detach forgets a connection. What came of it is received under its name all the same.
func (s *streaming) detach(p *pipe) {
	if s.byID[p.routingID] == p {
		delete(s.byID, p.routingID)
	}
}

// route takes the id off and finds the connection that it names. An empty data frame ends the connection, and needs no room for that. An id with
// nothing behind it goes nowhere, as in libzmq.
func (s *streaming) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	switch m.Len() {
	case 1:
		s.noPeer()
		return dst, m, nil
	case 2:
	default:
		return dst, m, ErrBadMessage
	}
	p, err := s.address(m)
	if p == nil {
		return dst, m, err
	}
	if len(m.Frame(1)) == 0 {
		delete(s.byID, p.routingID)
		s.hangUp(p)
		return dst, m, nil
	}
	return s.pass(dst, p, m)
}

// writable says whether any connection has room, of a Router that must route. What a Stream waits for is one peer, and nobody knows which:
// it always says so, as in libzmq.
func (s *streaming) writable() bool { return s.always || s.names.writable() }

// mayReceive is always.
func (*streaming) mayReceive() error { return nil }

// accept puts the connection's id before what came of it.
func (*streaming) accept(p *pipe, m Message) (Message, bool) {
	return m.Prepend([]byte(p.routingID)), true
}

// A Stream exchanges bytes with tcp peers that do not speak ZeroMQ, over any number of connections, accepted and made (ZMQ_STREAM). There are two
// ways to use it, which mix freely:
//
//   - Send and Recv, with messages of two frames, as libzmq has it: the id of a connection, and data. On receipt an empty data frame says that the
//     connection is there, or is gone (unless StreamNotify is off); a sent one closes the connection.
//   - Next, StreamEvents, Write and Hangup, which say the same in Go's words.
//
// An id is any bytes: ConnectRoutingID, or else 5 bytes that begin with 0; Endpoint.RoutingID and LastID tell it. Data is what one read of the
// connection gave, 8 kB at most: a stream has no message borders. A message counts as one towards the marks. Send waits where the queue of its
// connection is full (TrySend: ErrWouldBlock); it returns ErrUnroutable for an id that no connection has, and ErrBadMessage for a message of more
// than two frames.
//
// A peer that ends its sending half ends the connection. A connected endpoint is connected again when its connection is gone, under the same id,
// until it is closed, by Endpoint.Close or an empty data frame. Options of handshakes and frames (HandshakeInterval, MaxMsgSize) have nothing to act
// on, and endpoints of other transports than tcp are refused with ErrIncompatible. Safe for concurrent use.
type Stream struct {
	base
	sending
	receiving
}

// NewStream makes a Stream.
func NewStream(rt *Runtime, opts ...Option) (*Stream, error) {
	s, err := newSocket(rt, streamType, opts)
	if err != nil {
		return nil, err
	}
	return &Stream{base{s}, sending{s}, receiving{s}}, nil
}

// Write sends data to the connection id: all of it, or none where there is an error. It waits while the queue of the connection is full. The caller
// must not change data afterwards. Without data it does nothing.
func (s *Stream) Write(ctx context.Context, id string, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	return s.Send(ctx, MessageOf([]byte(id), data))
}

// Hangup closes the connection id once all that was sent to it is out. A connected endpoint ends with it. What came of it and was not received is
// dropped. Nothing is waited for; where no connection has the id it returns ErrUnroutable.
func (s *Stream) Hangup(id string) error { return s.TrySend(MessageOf([]byte(id), nil)) }

// LastID is the id that was made up last, for a connection accepted or an endpoint connected; empty where there was none. Where several come at once
// Endpoint.RoutingID is the surer way. (ZMQ_ROUTING_ID, read)
func (s *Stream) LastID() string {
	r := &s.base.s.route
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pattern.(*streaming).last
}
