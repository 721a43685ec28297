package actor

import (
	"context"
	"runtime"
	"runtime/pprof"

	proto "github.com/asynkron/protoactor-go/actor"
)

// This file is an actor's mailbox, as protoactor sees it. It has three lanes, served in this order:
//
//  1. system: protoactor's messages and the kernel's orders (signals.go). Never refused, served even while the mailbox is
//     suspended.
//  2. control: what Tell brought (typed.go).
//  3. data: what Send brought, and the lane that the actor was lent (typed.go, lent.go).
//
// An idle actor has no goroutine. Whoever puts the first thing onto a lane calls for one (crew.go), which runs runLoop
// until all lanes are empty. That is decided on one word, status:
//
//	       wake: +signal bit, +running ── run runLoop ─┐
//	idle (0) ─────────────────────────────────────▶ running ◀──┐ wake: +signal bit
//	    ◀───────────────────────────────────────────  │   └────┘
//	       CAS(running, 0): only if no signal bit came since the lanes were looked at
//
// The order is what keeps a wake-up from being lost. A waker first makes its message visible, then sets a bit. The loop
// first clears the bits, then looks. So a message that the loop has not seen was made visible after the look, its bit is
// set after the clearing, and the CAS that would go idle fails.
//
// The control and the data lanes call wake only after their Idle has returned true. The loop remembers that in
// cell.quiet, and does not look at a quiet lane until its bit has come.

// The bits of cell.status.
const (
	statusRunning uint32 = 1 << iota // a goroutine is in runLoop, or about to be
	statusSignal                     // the system lane has had a post
	statusControl                    // the control lane is not quiet any more
	statusData                       // the actor's own data lane is not quiet any more
	statusLent                       // the lent lane is not quiet any more

	statusLanes = statusControl | statusData | statusLent
)

// wake says that the lane of that bit has something. Any goroutine calls it; it never waits.
func (c *cell) wake(bit uint32) {
	if c.status.Load()&(bit|statusRunning) == bit|statusRunning {
		return // the loop has not come round to clearing it yet
	}
	if c.status.Or(bit|statusRunning)&statusRunning == 0 {
		c.sys.crew.Schedule(c.runLoopf)
	}
}

// wakeHere is wake for the lent lane, called by who has the time to serve it: if the actor is idle, its goroutine is the
// actor's for as long as it takes to hand the instance DataReady. Whatever else there is to do is left to the crew.
func (c *cell) wakeHere() {
	if c.sys.labels || !c.status.CompareAndSwap(0, statusLent|statusRunning) {
		c.wake(statusLent)
		return
	}
	c.here = true
	if !c.serveHere() {
		c.sys.crew.Schedule(c.runLoopf)
	}
}

// stepsHere is how many steps serveHere takes: one hands over DataReady, the next finds the lane empty, and the last goes idle.
const stepsHere = 3

// serveHere is serve for wakeHere: the lent lane, and no other, and no longer than it takes, nor than nobody else waits for the actor.
func (c *cell) serveHere() (idle bool) {
	returned := false
	defer c.unwound(&returned)
	for n := 0; !idle && n < stepsHere && (n == 0 || c.status.Load() == statusRunning); n++ {
		idle = !c.step()
	}
	returned = true
	return idle
}

// runLoop is what a goroutine of the crew does for an actor.
func (c *cell) runLoop() {
	c.here = false
	if c.sys.labels {
		c.wearLabels()
		defer pprof.SetGoroutineLabels(context.Background())
	}
	for !c.serve() {
	}
}

// wearLabels gives the goroutine the actor's labels.
func (c *cell) wearLabels() {
	if c.profile == nil {
		labels := []string{"actor", c.path}
		if c.labels != nil {
			labels = append(labels, *c.labels...)
		}
		ctx := pprof.WithLabels(context.Background(), pprof.Labels(labels...))
		c.profile = &ctx
	}
	pprof.SetGoroutineLabels(*c.profile)
}

// attrs are what the log says of the actor each time.
func (c *cell) attrs() []any {
	attrs := []any{"actor", c.path}
	if c.labels != nil {
		for _, word := range *c.labels {
			attrs = append(attrs, word)
		}
	}
	return attrs
}

// serve serves the lanes until all are empty; then it returns true, and another goroutine may be in it already. It returns
// false after a panic that got past the recover around the handler: one of the kernel, or of a foreign message. Without
// this recover that would end the process.
func (c *cell) serve() (idle bool) {
	returned := false
	defer c.unwound(&returned)
	for n, most := 0, c.sys.crew.Throughput(); ; n++ {
		if n == most {
			n = 0
			runtime.Gosched()
		}
		if !c.step() {
			returned = true
			return true
		}
	}
}

// unwound is deferred by what serves the lanes, and looks how it ended where it has not returned.
func (c *cell) unwound(returned *bool) {
	if *returned {
		return
	}
	if r := recover(); r != nil {
		c.bug(r)
		return
	}
	c.sys.crew.Schedule(c.runLoopf) // runtime.Goexit: this goroutine ends, the actor does not
}

// step does one thing. It returns false if there was nothing to do, and the actor is idle.
func (c *cell) step() bool {
	if c.here {
		return c.stepHere()
	}
	if c.status.Load() != statusRunning {
		c.quiet &^= c.status.And(statusRunning)
	}
	if m := c.signals.take(); m != nil {
		c.onSignal(m)
		return true
	}
	switch {
	case c.phase == phaseRetiring:
		if c.retireStep() {
			return true
		}
	case !c.served():
	case c.quiet&statusLanes != statusLanes:
		c.proto.InvokeUserMessage(c)
		return true
	case c.draining:
		c.onStop()
		return true
	}
	return !c.status.CompareAndSwap(statusRunning, 0)
}

// stepHere is step for the lent lane alone, and its bit. Whoever posts anything else meanwhile sets a bit that keeps the actor from going idle, or finds it
// idle.
func (c *cell) stepHere() bool {
	c.quiet &^= c.status.And(^statusLent) & statusLent
	if c.served() && c.quiet&statusLent == 0 {
		c.proto.InvokeUserMessage(c)
		return true
	}
	return !c.status.CompareAndSwap(statusRunning, 0)
}

// serveTurn hands the instance one message: of the control lane if there is one, else of one of the data lanes, which
// take turns. Protoactor calls it, through router.Receive, for each message that step passes.
func (c *cell) serveTurn() {
	if c.here {
		c.serveLane(statusLent)
		return
	}
	if c.serveLane(statusControl) {
		return
	}
	first, second := statusData, statusLent
	if c.lentFirst {
		first, second = second, first
	}
	c.lentFirst = !c.lentFirst
	if !c.serveLane(first) {
		c.serveLane(second)
	}
}

// serveLane hands the instance one message of that lane, and notes when it has none.
func (c *cell) serveLane(lane uint32) bool {
	if c.quiet&lane != 0 {
		return false
	}
	if c.body.serve(lane) {
		return true
	}
	c.quiet |= lane
	return false
}

// bug deals with a panic that is not the handler's: the actor fails by it, if it still can. Called while panicking.
func (c *cell) bug(v any) {
	err := newPanicError(v)
	c.sys.log.Error("actor kernel panicked", "actor", c.path, "panic", v, "stack", string(err.Stack))
	c.fail(&mishap{reason: err})
}

// PostSystemMessage implements proto.Mailbox.
func (c *cell) PostSystemMessage(m any) { c.post(m) }

// PostUserMessage implements proto.Mailbox. Our own messages do not come this way; what does is protoactor's, such as
// PoisonPill. It goes onto the control lane, outside the mark, so this never blocks.
func (c *cell) PostUserMessage(m any) { c.body.foreign(m) }

// RegisterHandlers implements proto.Mailbox. Protoactor calls it once, before the first message, with its context. The
// dispatcher is the same for all actors: System.crew.
func (c *cell) RegisterHandlers(invoker proto.MessageInvoker, _ proto.Dispatcher) {
	c.proto = invoker.(protoContext)
	c.path = c.proto.Self().GetId()[1:]
	c.runLoopf = c.runLoop
}

// Start implements proto.Mailbox.
func (c *cell) Start() {}

// UserMessageCount implements proto.Mailbox.
func (c *cell) UserMessageCount() int { return c.body.queued() }

// cell is a mailbox to protoactor.
var _ proto.Mailbox = (*cell)(nil)
