package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirmq/weir/socket"
)

// errGivenUp is the cause with which work ends when no endpoint is left.
var errGivenUp = errors.New("no endpoint is left")

// endings watch for endpoints that are given up for good, because the peer there breaks the protocol or is of a type that does not fit. The program goes
// on as long as another endpoint is left.
type endings struct {
	// Set by watchEndings, then read-only.
	std     *streams
	total   int                     // endpoints there are
	end     context.CancelCauseFunc // ends the program's work
	events  chan socket.Event       // has room for one from each endpoint; closed by stop
	stopped chan struct{}           // closed when watchLoop has ended

	// Owned by watchLoop until stopped is closed.
	ended int // endpoints that were given up
}

// watchEndings starts to watch a number of endpoints, which are to be opened by a runtime that has onEvent. When the last one has ended, end is called
// with errGivenUp. The caller must call stop.
func watchEndings(std *streams, total int, end context.CancelCauseFunc) *endings {
	e := &endings{std: std, total: total, end: end, events: make(chan socket.Event, total), stopped: make(chan struct{})}
	go e.watchLoop()
	return e
}

// onEvent takes an event of the runtime. It is called by actors and never waits: an endpoint ends once, so there is room.
func (e *endings) onEvent(ev socket.Event) {
	if ev.Kind != socket.EventEnded {
		return
	}
	select {
	case e.events <- ev:
	default:
	}
}

// watchLoop tells the user of each ending, and ends the work after the last. It ends with stop.
func (e *endings) watchLoop() {
	defer close(e.stopped)
	for ev := range e.events {
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
