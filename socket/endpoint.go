package socket

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport"
)

// An Endpoint is one Bind or Connect of a socket. Safe for concurrent use.
type Endpoint struct {
	// Set when it is made, then read-only.
	sock  *socket
	opts  *options // the socket's as they were when it was made: they hold for its connections
	addr  transport.Endpoint
	text  string // resolved: with the real port
	bound bool
	id    int64  // unique in the runtime
	peer  string // what a ROUTER or STREAM calls its peer, from ConnectRoutingID or, of a STREAM, made up at Connect; empty for what the peer calls itself

	// Set when it is made, then read-only: what opens its connections, nil for the transport; and the one that was handed over, if that is what it has.
	open   func(ctx context.Context) (net.Conn, error)
	handed net.Conn

	// Owned by the socket actor.
	worker   *ioWorker               // nil for inproc
	task     task                    // the dialer or listener; nil for inproc
	link     *link                   // a dialed endpoint's; nil otherwise
	listener *listenerTask           // a bound endpoint's; nil otherwise
	inproc   *inprocName             // nil for network transports
	group    *group                  // of pgm and epgm; nil for others; set before the socket actor sees the endpoint
	closed   bool                    // told to close
	stuck    bool                    // owned by the socket's actor: its listener was closed, and left something behind
	fd       int                     // of the listener, for monitors; 0 where it has none
	done     []actor.Reply[struct{}] // those who wait for its end
	unsent   []Unsent                // what its peers did not get, once somebody waits
}

// newEndpoint makes an endpoint of s.
func newEndpoint(s *socket, addr transport.Endpoint, text string, bound bool) *Endpoint {
	return &Endpoint{sock: s, opts: s.opts(), addr: addr, text: text, bound: bound, id: s.rt.lastEndpoint.Add(1)}
}

// labels are those of the actors that serve the endpoint.
func (e *Endpoint) labels() actor.Option {
	return actor.WithLabels("socket", e.sock.name, "endpoint", e.text)
}

// label names the endpoint's task: no other of the runtime has the same.
func (e *Endpoint) label() string { return fmt.Sprintf("%s/%s#%d", e.sock.name, e.text, e.id) }

// String returns the endpoint, resolved: a wildcard port is the real one. (ZMQ_LAST_ENDPOINT)
func (e *Endpoint) String() string { return e.text }

// Close ends the endpoint and its pipes: a bound one closes its listener and the connections accepted through it (over inproc only the name: those
// who are joined stay so, as in libzmq). What is queued for its peers goes out within the socket's linger; Close waits for that until ctx ends. Where
// linger was over first, an *UnsentError lists what was left. What came over a connected endpoint and was not received is dropped and counted; what
// came over a bound one can still be received. (zmq_unbind, zmq_disconnect)
func (e *Endpoint) Close(ctx context.Context) error {
	for {
		_, err := actor.Ask(ctx, e.sock.ref, func(r actor.Reply[struct{}]) socketMessage {
			return &closeEndpoint{endpoint: e, reply: r}
		})
		if errors.Is(err, actor.ErrStopped) {
			return nil // the socket is closed, and its endpoints with it
		}
		if _, told := errors.AsType[*UnsentError](err); err == nil || told || ctx.Err() != nil {
			return err
		}
		// The actor failed while it had the question. Its successor is asked again.
	}
}

// An EndpointOption sets a property of one Connect.
type EndpointOption func(*endpointOptions)

// endpointOptions are the settings of one endpoint.
type endpointOptions struct {
	typ       *socketType                                                  // of the socket that connects
	err       error                                                        // of the first option that was refused; nil where none was
	routingID string                                                       // what a ROUTER calls the peer; empty for what the peer calls itself
	dial      func(ctx context.Context, endpoint string) (net.Conn, error) // nil for the transport
	strategy  actor.Strategy                                               // of the dialer; nil for the one that the socket's options describe
}

// Reconnect replaces the strategy by which this endpoint's lost or failed connections come back: its verdict restarts the connection's actor, stops
// it, or escalates, which ends the endpoint. The default follows ReconnectInterval and ReconnectIntervalMax, and stops at a protocol error. It is not
// for Bind, and inproc, where nothing comes back, refuses it with ErrBadOption. libzmq has nothing like it.
func Reconnect(s actor.Strategy) EndpointOption {
	return func(o *endpointOptions) { o.strategy = s }
}

// Bind makes the socket reachable at endpoint and returns it, resolved. ctx bounds the resolution of names. Errors: ErrBadEndpoint, ErrNameTooLong,
// ErrUnknownScheme, ErrAddrInUse, ErrAddrNotAvailable, ErrNoDevice, ErrNoIOWorker, ErrIncompatible, ErrBadOption for options of security where no
// handshake is made, ErrClosed, or what the system says. (zmq_bind)
func (b base) Bind(ctx context.Context, endpoint string) (*Endpoint, error) {
	addr, err := transport.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	if err := b.s.serves(addr); err != nil {
		return nil, fmt.Errorf("bind %s: %w", endpoint, err)
	}
	if addr.Scheme == inprocScheme {
		return b.s.bindInproc(ctx, addr)
	}
	if isGroup(addr.Scheme) {
		return b.s.joinGroup(ctx, addr, "bind", nil)
	}
	if err := transport.CheckBind(addr); err != nil {
		return nil, fmt.Errorf("bind %s: %w", endpoint, err)
	}
	e := newEndpoint(b.s, addr, "", true)
	listener, err := transport.Listen(ctx, addr, e.opts.transport())
	if err != nil {
		b.s.emit(Event{Kind: EventBindFailed, Endpoint: addr.String(), bound: true, Err: err})
		return nil, fmt.Errorf("bind %s: %w", endpoint, err)
	}
	e.text = listener.Endpoint()
	if err := b.s.bind(ctx, e, listener); err != nil {
		_ = listener.Close() // nobody has seen it
		return nil, fmt.Errorf("bind %s: %w", endpoint, err)
	}
	return e, nil
}

// bind asks the socket actor to take e on; listener is nil for inproc.
func (s *socket) bind(ctx context.Context, e *Endpoint, listener transport.Listener) error {
	err := s.ask(ctx, func(r actor.Reply[struct{}]) socketMessage {
		return &bindEndpoint{endpoint: e, listener: listener, reply: r}
	})
	if err != nil {
		s.giveUp(e)
		return err
	}
	s.last.Store(&e.text)
	return nil
}

// giveUp takes back the question for e: the actor may come to it though nobody waits for the answer any more.
func (s *socket) giveUp(e *Endpoint) {
	_ = s.ref.Tell(&closeEndpoint{endpoint: e}) // a stopped socket has no endpoints
}

// Connect makes the socket a peer of whoever is, or will be, bound at endpoint. It returns at once: names are resolved and connections made, and
// made again, in the background. WaitPeers is the barrier. A Connect of a SUB, PUB, REQ or DEALER to an endpoint that it is connected to, or bound at,
// does nothing and returns that one, as in libzmq, but over inproc; other types make a connection of its own for each. Errors: ErrBadEndpoint,
// ErrNameTooLong, ErrUnknownScheme, ErrNoIOWorker, ErrIncompatible, ErrTaken for the second peer of a Pair over inproc, ErrBadOption for opts and for
// options of security where no handshake is made, ErrClosed. (zmq_connect)
func (b base) Connect(ctx context.Context, endpoint string, opts ...EndpointOption) (*Endpoint, error) {
	addr, err := transport.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	if err := b.s.serves(addr); err != nil {
		return nil, fmt.Errorf("connect %s: %w", endpoint, err)
	}
	set, err := b.s.endpointOptions(addr.Scheme, opts)
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", endpoint, err)
	}
	if isGroup(addr.Scheme) {
		return b.s.joinGroup(ctx, addr, "connect", set.strategy)
	}
	e := newEndpoint(b.s, addr, addr.String(), false)
	e.peer = set.routingID
	if set.dial != nil {
		e.open = e.openWith(set.dial)
	}
	if addr.Scheme == inprocScheme {
		return b.s.connect(ctx, e, nil)
	}
	if err := transport.CheckConnect(addr); err != nil {
		return nil, fmt.Errorf("connect %s: %w", endpoint, err)
	}
	return b.s.connect(ctx, e, set.strategy)
}

// endpointOptions applies the options of one Connect, and refuses those that its transport has no use for.
func (s *socket) endpointOptions(scheme string, opts []EndpointOption) (endpointOptions, error) {
	set := endpointOptions{typ: s.typ}
	for _, o := range opts {
		o(&set)
	}
	switch {
	case set.err != nil:
	case set.dial != nil && (scheme == inprocScheme || isGroup(scheme)):
		set.err = fmt.Errorf("%w: Dialer: %s has no connections", ErrBadOption, scheme)
	case set.strategy != nil && scheme == inprocScheme:
		set.err = fmt.Errorf("%w: Reconnect: over inproc nothing comes back", ErrBadOption)
	}
	return set, set.err
}

// connect is take for a caller of Connect.
func (s *socket) connect(ctx context.Context, e *Endpoint, strategy actor.Strategy) (*Endpoint, error) {
	made, err := s.take(ctx, e, strategy)
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", e.text, err)
	}
	return made, nil
}

// take asks the socket actor to take e on. It returns e, or the endpoint that does its work already.
func (s *socket) take(ctx context.Context, e *Endpoint, strategy actor.Strategy) (*Endpoint, error) {
	made, err := actor.Ask(ctx, s.ref, func(r actor.Reply[*Endpoint]) socketMessage {
		return &connectEndpoint{endpoint: e, strategy: strategy, reply: r}
	})
	if errors.Is(err, actor.ErrStopped) {
		err = ErrClosed
	}
	if err != nil {
		s.giveUp(e)
		return nil, err
	}
	if made == e {
		s.last.Store(&e.text)
	}
	return made, nil
}

// doubles says whether other is the endpoint that e connects to, in use already: connected to, or bound.
func (e *Endpoint) doubles(other *Endpoint) bool {
	return !other.closed && other.text == e.text && other.open == nil && e.open == nil
}
