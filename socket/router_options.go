package socket

import "github.com/weirmq/weir/actor"

// RouterMandatory makes a Router's Send say where a message cannot go: ErrUnroutable for an id that no peer has; for a peer whose queue is full it
// waits, and TrySend returns ErrWouldBlock. Default false: such messages are dropped and counted. ROUTER only. (ZMQ_ROUTER_MANDATORY)
func RouterMandatory(on bool) Option {
	return func(o *options) error {
		o.mandatory = on
		return o.typ.onlyFor("RouterMandatory", routerType)
	}
}

// RouterHandover decides what becomes of a peer with a routing id that another peer has: with true it takes the id over, and the other one's
// connection is closed; a connected endpoint ends with it. With false, the default, it waits for the id: it can send up to its mark, and is neither
// received from nor sent to until the other one goes. ROUTER only. (ZMQ_ROUTER_HANDOVER)
func RouterHandover(on bool) Option {
	return func(o *options) error {
		o.handover = on
		return o.typ.onlyFor("RouterHandover", routerType)
	}
}

// ProbeRouter makes the socket send an empty message to each new peer, so that a Router at the other end learns its routing id at once: it receives
// the id and an empty frame. Default false. ROUTER, DEALER and REQ only; peers of other types than ROUTER get the empty message too.
// (ZMQ_PROBE_ROUTER)
func ProbeRouter(on bool) Option {
	return func(o *options) error {
		o.probe = on
		return o.typ.onlyFor("ProbeRouter", routerType, dealerType, reqType)
	}
}

// ConnectRoutingID is the routing id that a Router or Stream gives to the peer it connects to, whatever that peer calls itself: 1 byte or more.
// Messages can be sent to it at once, before the connection is up. Connect returns ErrBadOption where another peer has the id. Default none: the
// peer's own RoutingID, or a made-up one, known once its handshake is done; for a Stream one made up at Connect. ROUTER and STREAM only.
// (ZMQ_CONNECT_ROUTING_ID)
func ConnectRoutingID(id string) EndpointOption {
	return func(o *endpointOptions) {
		err := o.typ.onlyFor("ConnectRoutingID", routerType, streamType)
		if err == nil && id == "" {
			err = badOption("ConnectRoutingID", id, "1 byte or more")
		}
		if o.err == nil {
			o.err = err
		}
		o.routingID = id
	}
}

// evictPipe asks for the end of a pipe whose routing id another has taken over.
type evictPipe struct{ pipe *pipe }

func (*evictPipe) socketMessage() {}

// named says whether a peer has the routing id.
func (s *socket) named(id string) bool {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return s.route.pattern.(interface{ named(string) bool }).named(id)
}

// onEvictPipe closes the connection of a pipe that came with it; a connected endpoint ends with its pipe, or it would come back for its id. What was
// queued for the peer is dropped.
func (s *socketActor) onEvictPipe(ctx *actor.Context[socketMessage], m *evictPipe) {
	p := m.pipe
	switch {
	case p.link != nil && p.link.accepted != nil:
		s.detach(p)
		p.link.line.Shut(ErrHandedOver)
	case p.endpoint.bound: // over inproc
		s.closePipe(p, 0)
	default:
		s.closeEndpoint(ctx, p.endpoint, 0)
	}
}
