package socket

import (
	"context"
	"iter"
	"sync"
	"time"
)

// eventRoom is how many events wait for one loop over them.
const eventRoom = 1024

// Events returns the events of all sockets of the runtime, as they come to pass, for one loop over them. Listening begins with the call, not with the
// loop, so what happens in between is not missed: up to 1024 events wait for the loop, and nobody waits for it. What it is too slow for is counted, and
// told in its place by an EventMissed. The loop ends when ctx does, or the runtime after the last event; so does the listening, and with a break. A
// second loop has nothing.
func (rt *Runtime) Events(ctx context.Context) iter.Seq[Event] {
	return rt.events.listen(ctx, "").all(ctx)
}

// Events returns the events of the socket, as Runtime.Events does. The loop ends with the socket, after its last event.
func (b base) Events(ctx context.Context) iter.Seq[Event] {
	s := b.s.rt.events.listen(ctx, b.s.name)
	if !b.s.rt.has(b.s) {
		s.end()
	}
	return s.all(ctx)
}

// An eventStream holds the events that wait for one who loops over them. Safe for concurrent use.
type eventStream struct {
	// Set by listen, then read-only.
	hub    *hub
	socket string           // whose events; empty for all
	wants  func(Event) bool // which of them; nil for all
	room   int
	news   chan struct{} // room for one: there is something, or the end
	forget func() bool   // takes back what happens at the end of ctx

	mu     sync.Mutex
	queue  []Event // guarded by mu: oldest first
	missed uint64  // guarded by mu: events that had no room, and come after those in queue
	ended  bool    // guarded by mu: nothing more comes
}

// listen begins to listen, until ctx ends.
func (h *hub) listen(ctx context.Context, socket string) *eventStream {
	return h.listenFor(ctx, socket, nil)
}

// listenFor begins to listen to the events that are wanted, nil for all, until ctx ends.
func (h *hub) listenFor(ctx context.Context, socket string, wants func(Event) bool) *eventStream {
	s := &eventStream{hub: h, socket: socket, wants: wants, room: eventRoom, news: make(chan struct{}, 1)}
	if !h.add(s) {
		s.ended = true
	}
	s.forget = context.AfterFunc(ctx, func() { h.remove(s) })
	return s
}

// put adds an event, or counts it as missed.
func (s *eventStream) put(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return
	case len(s.queue) >= s.room:
		s.missed++
		return
	case s.missed > 0: // the place of those that are missing is before e
		s.queue = append(s.queue, s.gapLocked())
	}
	s.queue = append(s.queue, e)
	s.tellLocked()
}

// gapLocked is what stands in the place of those that are missing.
func (s *eventStream) gapLocked() Event {
	e := Event{Kind: EventMissed, Time: time.Now(), Socket: s.socket, Count: s.missed}
	s.missed = 0
	return e
}

// tellLocked wakes the loop.
func (s *eventStream) tellLocked() {
	select {
	case s.news <- struct{}{}:
	default: // it is told already
	}
}

// end says that nothing more comes.
func (s *eventStream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.tellLocked()
}

// close ends the listening.
func (s *eventStream) close() {
	s.forget()
	s.hub.remove(s)
	s.end()
}

// take empties the queue, and says whether anything may follow.
func (s *eventStream) take() (events []Event, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events, s.queue = s.queue, nil
	if s.missed > 0 {
		events = append(events, s.gapLocked())
	}
	return events, !s.ended
}

// all is the loop.
func (s *eventStream) all(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		defer s.close()
		for {
			events, more := s.take()
			for _, e := range events {
				if ctx.Err() != nil || !yield(e) {
					return
				}
			}
			if !more {
				return
			}
			select {
			case <-s.news:
			case <-ctx.Done():
				return
			}
		}
	}
}
