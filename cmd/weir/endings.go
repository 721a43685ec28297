package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/weirmq/weir/socket"
)

// errGivenUp is the cause with which work ends when no endpoint is left.
var errGivenUp = errors.New("no endpoint is left")

// endings watch for endpoints that are given up for good, because the peer there breaks the protocol or is of a type that does not fit. The program goes
// on as long as another endpoint is left. Of an endpoint that is tried again because the peer there hung up amid the handshake, or let it time out, they tell once:
// it may do so for ever, and nothing else says why nothing flows.
type endings struct {
	// Set by watchEndings, then read-only.
	std     *streams
	total   int                     // endpoints there are
	end     context.CancelCauseFunc // ends the program's work
	events  chan socket.Event       // has room for two from each endpoint; closed by stop
	stopped chan struct{}           // closed when watchLoop has ended

	mu     sync.Mutex
	failed map[string]error // guarded by mu: why the last handshake of an endpoint failed; nil for one that was told of

	// Owned by watchLoop until stopped is closed.
	ended int // endpoints that were given up
}

// watchEndings starts to watch a number of endpoints, which are to be opened by a runtime that has onEvent. When the last one has ended, end is called
// with errGivenUp. The caller must call stop.
func watchEndings(std *streams, total int, end context.CancelCauseFunc) *endings {
	e := &endings{
		std: std, total: total, end: end, events: make(chan socket.Event, 2*total), stopped: make(chan struct{}), failed: map[string]error{},
	}
	go e.watchLoop()
	return e
}

// onEvent takes an event of the runtime. It is called by actors and never waits: an endpoint ends once, and is told of once before, so there is room.
func (e *endings) onEvent(ev socket.Event) {
	if ev.Kind != socket.EventEnded && !e.vain(ev) {
		return
	}
	select {
	case e.events <- ev:
	default:
	}
}

// vain says whether ev is the first of its endpoint that tells of another attempt behind a failed handshake. (Those that are bound make no attempts.)
func (e *endings) vain(ev socket.Event) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	why, known := e.failed[ev.Endpoint]
	switch {
	case ev.Kind == socket.EventHandshakeFailed && !known && len(e.failed) < e.total:
		e.failed[ev.Endpoint] = ev.Err
	case ev.Kind == socket.EventRetried && why != nil:
		e.failed[ev.Endpoint] = nil
		return true
	}
	return false
}

// watchLoop tells the user of each ending, and ends the work after the last. It ends with stop.
func (e *endings) watchLoop() {
	defer close(e.stopped)
	for ev := range e.events {
		if ev.Kind == socket.EventRetried {
			e.std.complain(fmt.Errorf("trying again: %w", ev.Err))
			continue
		}
		e.std.complain(fmt.Errorf("%s: refused for good: %w", ev.Endpoint, ev.Err))
		if e.ended++; e.ended == e.total {
			e.end(errGivenUp)
		}
	}
}

// stop ends the watch. It is called after the runtime that calls onEvent has ended. It returns an error where endpoints were given up.
func (e *endings) stop() error {
	close(e.events)
	<-e.stopped
	if e.ended == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d endpoints given up", e.ended, e.total)
}
