package socket

import (
	"fmt"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport"
)

// StreamNotify makes a Stream receive an empty data frame for each connection that is there, before its data, and one when it is gone, after its
// data. Default true. STREAM only; a Router with RouterRaw always does. (ZMQ_STREAM_NOTIFY)
func StreamNotify(on bool) Option {
	return func(o *options) error {
		o.streamNotify = on
		return o.typ.onlyFor("StreamNotify", streamType)
	}
}

// RouterRaw makes a Router exchange bytes with tcp peers that do not speak ZeroMQ, as a Stream does: messages are an id and data, an empty data frame
// tells of a connection or closes one. What differs from a Stream is that a message for a connection that is not there, or whose queue is full, is
// dropped and counted, unless RouterMandatory is set. Set cannot change it. Default false. ROUTER only; libzmq deprecates it in favour of STREAM.
// (ZMQ_ROUTER_RAW)
func RouterRaw(on bool) Option {
	return func(o *options) error {
		o.raw = on
		return o.typ.onlyFor("RouterRaw", routerType)
	}
}

// rawScheme is the one transport of raw connections.
const rawScheme = "tcp"

// serves refuses an endpoint of a transport that the socket cannot use, and one where nobody would see to the security that its options ask for.
func (s *socket) serves(addr transport.Endpoint) error {
	o := s.opts()
	if o.raw && addr.Scheme != rawScheme {
		return fmt.Errorf("%w: raw connections of %s are for %s, not %s", ErrIncompatible, s.typ.name, rawScheme, addr.Scheme)
	}
	if what := o.secures(); what != "" && (o.raw || isGroup(addr.Scheme)) {
		return fmt.Errorf("%w: %s: no handshake is made here, so nobody would be asked who he is", ErrBadOption, what)
	}
	return nil
}

// hangUpPipe asks for the end of a raw connection to which an empty data frame was sent.
type hangUpPipe struct{ pipe *pipe }

func (*hangUpPipe) socketMessage() {}

// onHangUpPipe closes a connection when what is queued for it is out, however long that takes; closing the socket bounds it by linger. What came of
// it is nobody's, as in libzmq. A connected endpoint ends, or it would come back.
func (s *socketActor) onHangUpPipe(ctx *actor.Context[socketMessage], m *hangUpPipe) {
	p := m.pipe
	if p.closing {
		return
	}
	s.inbox.abandon(p)
	if p.endpoint.bound {
		s.closePipe(p, -1)
		return
	}
	s.closeEndpoint(ctx, p.endpoint, -1)
}

// RoutingID is the id under which a Router or Stream knows the peer of this connected endpoint: from ConnectRoutingID, or, for a Stream, made up at
// Connect. It is empty for bound endpoints; for what the peer calls itself, which is known once its handshake is done; and for a Stream with
// Immediate, where each connection has an id of its own.
func (e *Endpoint) RoutingID() string { return e.peer }
