package socket

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/wire"
)

// MonitorEvents is a set of libzmq's monitor events.
type MonitorEvents uint64

// The events, by libzmq's names and numbers (ZMQ_EVENT_CONNECTED and so on), with what their value is.
const (
	MonitorConnected               MonitorEvents           = 1 << iota // the connection's descriptor
	MonitorConnectDelayed                                              // EINPROGRESS
	MonitorConnectRetried                                              // the time to the next attempt, in milliseconds
	MonitorListening                                                   // the listener's descriptor
	MonitorBindFailed                                                  // an errno
	MonitorAccepted                                                    // the connection's descriptor
	MonitorAcceptFailed                                                // an errno
	MonitorClosed                                                      // the listener's descriptor, or 0 for an attempt to connect that failed
	MonitorCloseFailed                                                 // an errno
	MonitorDisconnected                                                // the connection's descriptor
	MonitorStopped                                                     // 0; the last event
	MonitorHandshakeFailedNoDetail                                     // an errno
	MonitorHandshakeSucceeded                                          // 0
	MonitorHandshakeFailedProtocol                                     // ZMQ_PROTOCOL_ERROR_*
	MonitorHandshakeFailedAuth                                         // the status: 300, 400 or 500
	monitorEnd                                                         // the first that there is not
	MonitorAll                     = MonitorEvents(0xFFFF)             // ZMQ_EVENT_ALL
)

// A MonitorOption sets a property of a monitor.
type MonitorOption func(*monitor) error

// MonitorVersion says in which form events are told. Range 1 to 2. Default 1. (zmq_socket_monitor_versioned, draft)
func MonitorVersion(v int) MonitorOption {
	return func(m *monitor) error {
		if v != 1 && v != 2 {
			return badOption("MonitorVersion", v, "1 or 2")
		}
		m.version = v
		return nil
	}
}

// MonitorType is the type of the socket that tells. Range: "PAIR", "PUSH" and "PUB". Default "PAIR". (zmq_socket_monitor_versioned, draft)
func MonitorType(name string) MonitorOption {
	return func(m *monitor) error {
		typ, ok := monitorTypes[name]
		if !ok {
			return badOption("MonitorType", name, "PAIR, PUSH or PUB")
		}
		m.typ = typ
		return nil
	}
}

// monitorTypes are those of sockets that tell. Nobody is told of what happens to them.
var monitorTypes = map[string]*socketType{wire.TypePair: hidden(pairType), wire.TypePush: hidden(pushType), wire.TypePub: hidden(pubType)}

// hidden is a type of which there are no events.
func hidden(t *socketType) *socketType {
	h := *t
	h.hidden = true
	return &h
}

// Monitor tells of the socket's connections in libzmq's way, for programs that expect it; others are better off with Events. A PAIR is bound to endpoint,
// which must be inproc, and sends a message for each of the wanted events: to whoever connects, or, by a Proxy, to a program elsewhere. The form is
// that of libzmq on this machine: in version 1 two frames, of 16 bits with the event and 32 with its value, and of the endpoint; in version 2 frames of 64
// bits with the event, with the number of values, and with each value, and then two of the local and the remote endpoint. The order of bytes is the
// machine's. There are no events of inproc.
//
// Nobody waits for a reader who is slow, or not there: about a thousand events wait for him beside those in his queue, then the newest are left out. With
// libzmq, sockets stand still. A second Monitor stops the first; an empty endpoint does only that. MonitorStopped is the last event, then or when
// the socket is closed. Errors: ErrUnknownScheme for another transport than inproc, ErrBadOption for events of more than the 16 bits of version 1,
// ErrAddrInUse, ErrTooManySockets, ErrClosed. (zmq_socket_monitor)
func (b base) Monitor(ctx context.Context, endpoint string, events MonitorEvents, opts ...MonitorOption) error {
	s := b.s
	m := &monitor{of: s, events: events, version: 1, typ: monitorTypes[wire.TypePair], done: make(chan struct{})}
	for _, o := range opts {
		if err := o(m); err != nil {
			return err
		}
	}
	if m.version == 1 && events > MonitorAll {
		return badOption("Monitor", fmt.Sprintf("%#x", uint64(events)), "events of 16 bits")
	}
	var addr transport.Endpoint
	if endpoint != "" {
		var err error
		if addr, err = transport.Parse(endpoint); err != nil {
			return err
		}
		if addr.Scheme != inprocScheme {
			return fmt.Errorf("monitor %s: %w: a monitor is inproc", endpoint, ErrUnknownScheme)
		}
	}
	if s.isClosed() {
		return ErrClosed
	}
	select {
	case s.monitoring <- struct{}{}:
		defer func() { <-s.monitoring }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.stopMonitor(ctx); err != nil || endpoint == "" {
		return err
	}
	return m.start(ctx, addr)
}

// A monitor tells of a socket's events by another socket. Its loop ends with the socket, or when it is stopped.
type monitor struct {
	// Set by start, then read-only.
	of      *socket
	events  MonitorEvents
	version int
	typ     *socketType
	by      *socket // the one that tells
	stream  *eventStream
	life    context.Context // ends when nothing is waited for any more
	stop    context.CancelFunc
	done    chan struct{} // closed when the loop has ended
}

// start binds the socket that tells, and begins to listen.
func (m *monitor) start(ctx context.Context, addr transport.Endpoint) error {
	rt := m.of.rt
	by, err := newSocket(rt, m.typ, []Option{Linger(0)})
	if err != nil {
		return err
	}
	m.by = by
	m.life, m.stop = context.WithCancel(context.Background())
	if _, err := by.bindInproc(ctx, addr); err != nil {
		m.stop()
		_ = by.close(context.WithoutCancel(ctx)) // it has nothing to lose
		return err
	}
	if !rt.monitors.add() {
		m.stop()
		return errors.Join(ErrClosed, by.close(context.WithoutCancel(ctx)))
	}
	m.stream = rt.events.listenFor(m.life, m.of.name, m.wants)
	m.of.monitor.Store(m)
	if !rt.has(m.of) { // it closed just now: the loop says so, and ends
		m.stream.end()
		m.stop()
	}
	go m.monitorLoop()
	return nil
}

// stopMonitor stops the monitor that there is, and waits for its end.
func (s *socket) stopMonitor(ctx context.Context) error {
	m := s.monitor.Load()
	if m == nil {
		return nil
	}
	m.stream.end()
	m.stop()
	return m.wait(ctx)
}

// wait waits for the end of m, which may be nil.
func (m *monitor) wait(ctx context.Context) error {
	if m == nil {
		return nil
	}
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// monitorLoop tells until the stream ends, then says that it stops. Once life is over it waits for nobody.
func (m *monitor) monitorLoop() {
	defer m.end()
	for {
		events, more := m.stream.take()
		for _, e := range events {
			for _, f := range monitorFrames(e) {
				if m.events&f.event != 0 && m.by.send(m.life, f.message(m.version)) != nil && m.by.isClosed() {
					return
				}
			}
		}
		if !more {
			break
		}
		select {
		case <-m.stream.news:
		case <-m.life.Done():
			m.stream.end()
		}
	}
	if m.events&MonitorStopped != 0 {
		m.by.sendLast(monitorFrame{event: MonitorStopped}.message(m.version))
	}
}

// end closes the socket that tells.
func (m *monitor) end() {
	m.stop()
	m.stream.close()
	_ = m.by.close(context.Background()) // it lingers for nothing
	close(m.done)
	m.of.rt.monitors.done()
}

// isClosed says whether s takes no more calls.
func (s *socket) isClosed() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// sendLast sends m, where there is anybody to send it to: beyond the mark, if need be.
func (s *socket) sendLast(m Message) {
	if s.trySend(m) == nil {
		return
	}
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	for _, p := range s.stats.pipes {
		_ = p.out.Force(m) // a queue that is closed has no reader
		return
	}
}
