package socket

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/wire/codec"
)

// WithEvents makes the runtime call f for each event of its sockets. It is called in the goroutine of the socket's actor, or of the listener's, or, of a
// Bind that fails, in the caller's: several at once, but one after the other for what happens to one connection. Until it returns, that actor stands
// still: f must be quick and must not wait. No
// lock is held. It may call what does not wait: String, Stats, Settings, TrySend, TryRecv. It must not call what asks an actor, such as Bind, Connect,
// Set, Close and Shutdown: that actor may be the one that is calling. A panic in f is logged, and nothing else happens. To take one's time, see
// Runtime.Events. Default: nobody is
// told. (libzmq: zmq_socket_monitor, for which see Monitor)
func WithEvents(f func(Event)) RuntimeOption {
	return func(o *runtimeOptions) error {
		o.onEvent = f
		return nil
	}
}

// A hub passes the events of a runtime on: to the log, to the callback, and to those who loop over them. Nobody who emits ever waits for anybody.
type hub struct {
	// Set by NewRuntime, then read-only.
	log     *slog.Logger
	onEvent func(Event) // nil for nobody

	// Atomic: how many there are to tell, the log and the callback among them.
	listeners atomic.Int32
	// Atomic: those of them who want to hear what could flood.
	patient atomic.Int32
	// Atomic: those who loop; what it points to never changes. Written under mu.
	streams atomic.Pointer[[]*eventStream]

	mu    sync.Mutex // for changes of streams
	ended bool       // guarded by mu: the runtime is over
}

// open counts those who have been there from the beginning.
func (h *hub) open(log *slog.Logger, onEvent func(Event)) {
	h.log, h.onEvent = log, onEvent
	if onEvent != nil {
		h.listeners.Add(1)
		h.patient.Add(1)
	}
	if log.Enabled(context.Background(), slog.LevelInfo) {
		h.listeners.Add(1)
		h.patient.Add(1)
	}
}

// heard says whether anybody listens.
func (h *hub) heard() bool { return h != nil && h.listeners.Load() > 0 }

// add makes s be told of events from now on. It returns false where there will be none.
func (h *hub) add(s *eventStream) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return false
	}
	var all []*eventStream
	if old := h.streams.Load(); old != nil {
		all = slices.Clone(*old)
	}
	all = append(all, s)
	h.streams.Store(&all)
	h.count(s, 1)
	return true
}

// remove takes back add. Removing twice does nothing.
func (h *hub) remove(s *eventStream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.streams.Load()
	if old == nil || !slices.Contains(*old, s) {
		return
	}
	left := slices.DeleteFunc(slices.Clone(*old), func(o *eventStream) bool { return o == s })
	h.streams.Store(&left)
	h.count(s, -1)
}

// count counts one more listener, or one less.
func (h *hub) count(s *eventStream, d int32) {
	h.listeners.Add(d)
	if s.wants == nil {
		h.patient.Add(d)
	}
}

// floods says whether anybody wants to hear what could flood.
func (h *hub) floods() bool { return h != nil && h.patient.Load() > 0 }

// end ends the loops over the events of a socket, or, where it is empty, all there are, once they have had what is there.
func (h *hub) end(socket string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = h.ended || socket == ""
	all := h.streams.Load()
	if all == nil {
		return
	}
	for _, s := range *all {
		if socket == "" || s.socket == socket {
			s.end()
		}
	}
}

// emit tells of an event.
func (h *hub) emit(e Event) {
	e = e.complete()
	h.write(e)
	if h.onEvent != nil {
		h.call(e)
	}
	h.pass(e, false)
}

// pass puts an event into the buffers of those who loop; choosy leaves out all but monitors.
func (h *hub) pass(e Event, choosy bool) {
	all := h.streams.Load()
	if all == nil {
		return
	}
	for _, s := range *all {
		if s.wants == nil && choosy || s.socket != "" && s.socket != e.Socket {
			continue
		}
		if s.wants == nil || s.wants(e) {
			s.put(e)
		}
	}
}

// complete fills in what all events have.
func (e Event) complete() Event {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if e.Err != nil {
		e.Err = &PeerError{Endpoint: e.Endpoint, Peer: e.Peer, Err: e.Err}
	}
	return e
}

// call calls the callback.
func (h *hub) call(e Event) {
	defer func() {
		if v := recover(); v != nil {
			h.log.Error("the function of WithEvents panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	h.onEvent(e)
}

// write writes e to the log.
func (h *hub) write(e Event) {
	level := slog.LevelDebug
	switch {
	case e.Kind == EventRetried || e.Kind == EventConnectFailed:
	case e.Err != nil || e.Suppressed > 0 || e.Kind == EventDropped || e.Kind == EventSlowPeer:
		level = slog.LevelInfo
	}
	if !h.log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("socket", e.Socket), slog.String("endpoint", e.Endpoint), slog.String("peer", e.Peer), slog.Uint64("attempt", e.Attempt),
		slog.Any("err", e.Err),
	}
	if e.Direction != 0 {
		attrs = append(attrs, slog.String("direction", e.Direction.String()))
	}
	if e.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(e.Reason)))
	}
	if e.Count+e.Suppressed > 0 {
		attrs = append(attrs, slog.Uint64("count", e.Count), slog.Uint64("suppressed", e.Suppressed))
	}
	h.log.LogAttrs(context.Background(), level, e.Kind.String(), attrs...)
}

// emit tells of an event of s, unless nobody is to know of it, or there were too many of its kind: then a monitor alone is told, as libzmq does. It must not
// be called under a lock: see WithEvents.
func (s *socket) emit(e Event) {
	if !s.rt.events.heard() {
		return
	}
	if e.limited() && s.noise.heard() {
		ok := s.noise.allows(e.Kind, nil)
		s.noise.ring() // for the end of the period
		if !ok {
			e.Socket = s.name
			s.rt.events.pass(e.complete(), true)
			return
		}
	}
	s.publish(e)
}

// publish tells of an event of s, unless nobody is to know of it.
func (s *socket) publish(e Event) {
	if s.typ.hidden {
		return
	}
	e.Socket = s.name
	s.rt.events.emit(e)
}

// failureOf is the class of the reason why a handshake failed.
func failureOf(err error) HandshakeFailure {
	if _, ok := errors.AsType[*AuthError](err); ok {
		return HandshakeAuth
	}
	if _, ok := errors.AsType[*ProtocolError](err); ok {
		return HandshakeProtocol
	}
	return HandshakeNoDetail
}

// of fills in what is known of a connection's peer.
func (e Event) of(peer codec.Peer) Event {
	e.Peer, e.Local, e.Identity = peer.Remote, peer.Local, string(peer.Identity)
	return e
}
