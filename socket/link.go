package socket

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// A link joins one codec actor to its socket: it is the codec's host. A dialed link lasts as long as its endpoint, through all incarnations of its
// codec; an accepted one as long as its connection.
type link struct {
	// Set before the codec is spawned, then read-only.
	sock     *socket
	endpoint *Endpoint
	worker   *ioWorker
	line     *codec.Line
	accepted *listenerTask // whose door it came through; nil for a dialed link

	// Atomic: attempts counts the connections tried, one by each incarnation of the codec; phase is what the worker counts this link under.
	attempts atomic.Uint64
	phase    atomic.Int32
	placed   atomic.Bool  // an accepted link holds one of the places for handshakes
	fd       atomic.Int64 // of the last connection, for monitors; 0 where it has none

	traffic codec.Traffic // of all its connections

	codec atomic.Pointer[actor.Ref[codec.Message]] // the last codec that finished a handshake; written by Up

	// Owned by the socket actor.
	pipe *pipe // nil before the handshake of an accepted or IMMEDIATE link, and after its loss
	up   bool  // between peerUp and peerDown
}

var _ codec.Host = (*link)(nil)

// What a worker counts a link under.
const (
	idling int32 = iota
	dialing
	shaking
	connected
)

// enter moves the link from one of its worker's accounts to another.
func (l *link) enter(phase int32) {
	l.worker.load[l.phase.Swap(phase)].Add(-1)
	l.worker.load[phase].Add(1)
}

// Up passes a finished handshake to the socket.
func (l *link) Up(self actor.Ref[codec.Message], peer codec.Peer) {
	l.enter(connected)
	l.codec.Store(&self)
	if l.accepted != nil {
		l.accepted.shook(l)
	}
	if err := l.sock.ref.Tell(&peerUp{link: l, attempt: l.attempts.Load(), codec: self, peer: peer}); err != nil {
		_ = self.Tell(&codec.Refuse{Reason: ErrClosed}) // the codec is the one that is asking
	}
}

// Down passes the end of a connection to the socket.
func (l *link) Down(loss codec.Loss) {
	l.enter(idling)
	if l.accepted != nil {
		l.accepted.gone(l)
	}
	_ = l.sock.ref.Tell(&peerDown{link: l, attempt: l.attempts.Load(), loss: loss}) // a stopped socket has nothing left to detach
}

// Flushed passes the end of a closed queue to its pipe.
func (l *link) Flushed() {
	_ = l.pipe.ref.Tell(&flushed{}) // a stopped pipe has ended already
}

// ipcScheme is the scheme whose attempts to connect do not wait.
const ipcScheme = "ipc"

// newCodec makes an incarnation of a dialed link's codec.
func (l *link) newCodec() actor.Actor[codec.Message] {
	if l.endpoint.group != nil {
		return newGroupCodec(l)
	}
	return codec.New(l.config(l.dial))
}

// finish asks a group's source to end well, and reports whether there is one to ask.
func (l *link) finish() bool {
	ref := l.codec.Load()
	return ref != nil && ref.Tell(&groupFinish{}) == nil
}

// config is what the link's codec needs. open yields the connection.
func (l *link) config(open func(context.Context) (net.Conn, error)) codec.Config {
	s, o := l.sock, l.endpoint.opts
	cfg := codec.Config{
		Open: func(ctx context.Context) (net.Conn, error) {
			l.attempts.Add(1)
			l.enter(dialing)
			l.tellAttempt()
			conn, err := open(ctx)
			if err == nil {
				l.enter(shaking)
				l.tellOpen(conn)
			}
			return conn, err
		},
		Line: l.line,
		Host: l,
		Handshake: wire.HandshakeConfig{
			SocketType: s.typ.name,
			Identity:   o.routingID,
			Properties: o.metadata,
			ZMTP1:      o.zmtp1,
			Accepts:    s.typ.accepts,
			Mechanism:  o.secured,
		},
		Traffic:           &l.traffic,
		Ask:               l.ask,
		HandshakeInterval: o.handshakeInterval,
		Heartbeat:         o.heartbeat(),
		MaxMsgSize:        o.maxMsgSize,
		SmallBody:         o.copied(),
		PeerName:          transport.PeerName,
		PeerAddress:       transport.PeerAddress,
		Raw:               o.raw,
		Hello:             o.helloMsg,
		Subscriber:        s.typ.subscriber,
		Publisher:         s.typ.publisher,
	}
	if sent := o.trace.Sent; sent != nil {
		cfg.Sent = func(p codec.Peer, m Message) { sent(l.conn(p), m) }
	}
	return cfg
}

// dial opens the link's connection. Names are resolved at each attempt.
func (l *link) dial(ctx context.Context) (net.Conn, error) {
	var conn net.Conn
	var err error
	if open := l.endpoint.open; open != nil {
		conn, err = open(ctx)
	} else {
		conn, err = transport.Dial(ctx, l.endpoint.addr, l.endpoint.opts.transport())
	}
	if err != nil {
		return nil, &dialError{err, l.endpoint.addr.Scheme}
	}
	return conn, nil
}

// tellAttempt tells that a dialed link begins an attempt. Over ipc its end is known at once.
func (l *link) tellAttempt() {
	if e := l.endpoint; l.accepted == nil && e.addr.Scheme != ipcScheme && e.handed == nil {
		l.tell(Event{Kind: EventConnectDelayed, Endpoint: e.text, Attempt: l.attempts.Load()})
	}
}

// tellOpen tells that there is a connection, before anything is said on it.
func (l *link) tellOpen(conn net.Conn) {
	l.fd.Store(int64(fdOf(conn)))
	e := Event{Kind: EventConnected, Endpoint: l.endpoint.text, Peer: transport.PeerName(conn), Attempt: l.attempts.Load(), fd: int(l.fd.Load())}
	if a := conn.LocalAddr(); a != nil {
		e.Local = a.String()
	}
	if l.accepted != nil {
		e.Kind, e.bound = EventAccepted, true
	}
	l.tell(e)
}

// tell makes the socket actor tell of an event, after all that it has been told of this link before.
func (l *link) tell(e Event) {
	if !l.sock.rt.events.heard() {
		return
	}
	e.Time = time.Now()
	_ = l.sock.ref.Tell(&linkNews{e}) // a stopped socket has no news
}

// A dialError is the failure to reach a peer at all.
type dialError struct {
	err    error
	scheme string // of the endpoint
}

// Error returns the transport's words.
func (e *dialError) Error() string { return fmt.Sprintf("dial: %v", e.err) }

// Unwrap returns the reason.
func (e *dialError) Unwrap() error { return e.err }

// conn names the link's present connection.
func (l *link) conn(p codec.Peer) Conn {
	return Conn{Socket: l.sock.name, Endpoint: l.endpoint.text, Peer: p.Remote, Attempt: l.attempts.Load()}
}
