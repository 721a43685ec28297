package actor

import (
	"context"
	"runtime/pprof"
	"sync"

	proto "github.com/asynkron/protoactor-go/actor"
)

// maxIdle is how many goroutines a crew keeps that have nothing to do.
const maxIdle = 64

// A crew is the goroutines that run actors: protoactor's dispatcher. One that has brought its actor to rest waits for the next actor that has
// something to do, and the one that came last goes first: its stack has grown to what a handler needs, and a new one's would have to. Make it with
// newCrew. Safe for concurrent use.
type crew struct {
	throughput int // set by newCrew, then read-only

	mu     sync.Mutex
	idle   []chan func() // guarded by mu: those that wait, the last one for the least time; each has room for one
	closed bool          // guarded by mu: nobody waits any more
}

// newCrew returns a crew of nobody, whose actors let other goroutines run after so many messages.
func newCrew(throughput int) *crew { return &crew{throughput: throughput} }

// Throughput implements proto.Dispatcher.
func (c *crew) Throughput() int { return c.throughput }

// Schedule implements proto.Dispatcher: a goroutine runs f. It never waits.
func (c *crew) Schedule(f func()) {
	c.mu.Lock()
	last := len(c.idle) - 1
	if last < 0 {
		c.mu.Unlock()
		go c.workLoop(f)
		return
	}
	next := c.idle[last]
	c.idle = c.idle[:last]
	c.mu.Unlock()
	next <- f
}

// workLoop runs f, and then whatever there is to run, until enough others wait for that, or the crew is closed.
func (c *crew) workLoop(f func()) {
	var next chan func()
	for f != nil {
		pprof.SetGoroutineLabels(context.Background()) // not those of whoever made it, nor of the actor before
		f()
		if next = c.rest(next); next == nil {
			return
		}
		f = <-next
	}
}

// rest says that one has nothing to do, and returns where it waits: next, or a new channel where that is nil; nil if it is not needed any more.
func (c *crew) rest(next chan func()) chan func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.idle) == maxIdle {
		return nil
	}
	if next == nil {
		next = make(chan func(), 1)
	}
	c.idle = append(c.idle, next)
	return next
}

// close sends all home that wait, and those that work once they have done. It may be called again.
func (c *crew) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, next := range c.idle {
		close(next)
	}
	c.idle = nil
}

// crew is a dispatcher to protoactor.
var _ proto.Dispatcher = (*crew)(nil)
