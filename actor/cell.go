package actor

import (
	"context"
	"sync/atomic"
	"time"

	proto "github.com/asynkron/protoactor-go/actor"

	"github.com/weirmq/weir/actor/internal/fault"
)

// A cell is one actor, as far as the type of its messages does not matter. To protoactor it is the Mailbox (box.go); what
// the mailbox hands to protoactor's context comes back through the router (bridge.go). It lives as long as the actor,
// restarts included; only the instance that the user's function makes is replaced.
//
//	       spawn                    Stop order, from any phase but stopped
//	         │                                    │
//	fresh ───┴──▶ active ────────────────▶ retiring ──▶ stopped
//	                ▲   halt order │           ▲
//	                │              ▼           │
//	          begin order      retiring ──▶ halted
//
// A failure does not change the phase: the cell stays active, and suspended, until its parent has decided.
type cell struct {
	// Set before the actor runs, then read-only.

	sys        *System
	name, path string
	parent     port         // where events about this actor go
	kid        *child       // the parent's record of this actor; touched by the parent only
	body       body         // the typed half: the struct that this cell is embedded in
	strategy   Strategy     // of the actor's children
	proto      protoContext // protoactor's half of this actor
	runLoopf   func()       // runLoop as a value, made once
	labels     *[]string    // see WithLabels; nil for none

	onRoll rollEntry // see System.Tree

	// Atomic.

	restarts  atomic.Uint32                 // written by the actor's goroutine
	lastError atomic.Pointer[error]         // likewise; nil for never
	status    atomic.Uint32                 // see box.go
	healthy   atomic.Bool                   // set by Context.Healthy, taken by the parent at a failure
	donep     atomic.Pointer[chan struct{}] // see done
	signals   signals                       // the system lane

	// Owned by the actor's goroutine: by whoever has set statusRunning.

	phase     phase
	suspended bool          // protoactor's: between SuspendMailbox and ResumeMailbox
	draining  bool          // stop once the lanes are empty
	here      bool          // the goroutine is that of a producer of the lent lane; see wakeHere
	lentFirst bool          // the lent lane is served before the actor's own data lane next time
	quiet     uint32        // lanes that have nothing, and will wake the actor: a set of statusLanes
	hand      uint32        // the lane, statusControl or statusData, whose oldest item is being handled; else 0
	retire    *retirement   // how far the instance is given up; nil while it is not
	mishap    *mishap       // nil if this instance has not failed. Read by the parent after it got the failure
	started   time.Duration // of this instance, since System.epoch. Read by the parent after it got a failure
	kin       *family       // the actor's children; nil before the first

	profile *context.Context // with the labels of its goroutine; nil where it has none, and before the first
}

// mishap is the failure of an instance. While there is one, nothing is served. Immutable.
type mishap struct {
	reason    error
	escalated bool // it is the failure of a child, passed on
	msg       any  // the message that the instance failed over; nil if it was none of a lane's
}

// protoContext is protoactor's context of an actor, in all its roles.
type protoContext interface {
	proto.Context
	proto.MessageInvoker
	proto.Supervisor
}

// phase is where an actor is in its life; see cell.
type phase uint8

// The phases.
const (
	phaseFresh    phase = iota // spawned; Started not handled yet
	phaseActive                // there is an instance
	phaseRetiring              // the instance is being stopped, then the children are; see retirement
	phaseHalted                // no instance, no children; waits for the order to begin
	phaseStopped               // the end
)

// body is what a cell asks of its typed half. All are called on the actor's goroutine.
type body interface {
	// begin makes the instance, if there is none, and hands it Started.
	begin() error

	// serve hands the instance the oldest message of one lane: statusControl, statusData, or statusLent, for which it
	// is DataReady. It returns false if there was none; then the lane calls wake with that bit at the next one.
	serve(lane uint32) bool

	// end hands the instance its last message, and forgets it. Does nothing without an instance.
	end(last any)

	// release gives up what belongs to the instance: the lent lane, the message in hand, timers, open asks.
	release(r *retirement)

	// shut closes the lanes: nothing more is accepted.
	shut()

	// empty gives what is left on the shut lanes to the dead letters.
	empty()

	// childStopped queues the note that a child has stopped.
	childStopped(k *child)

	// foreign queues a message that protoactor brought.
	foreign(m any)

	// inject queues a fault; see package actortest. Called by any goroutine.
	inject(f fault.Fault) error

	// queued returns how many messages wait on the control and the data lane. Called by any goroutine.
	queued() int
}

// port takes the events that a supervisor gets about its children. *cell and *root are ports. Any goroutine calls it.
type port interface {
	tell(ev any)
}

// Orders and events of the kernel. They travel on the system lane; orders go down, events go up.
type (
	// haltOrder tells an actor to give up its instance and its children, then to report halted.
	haltOrder struct {
		reason error  // for Restarting; not nil
		inHand InHand // what becomes of the message in hand
	}

	// beginOrder tells a halted actor to make its next instance, then to report begun.
	beginOrder struct{}

	// drainOrder tells an actor to stop once its lanes are empty.
	drainOrder struct{}

	// halted says that an actor has carried out haltOrder.
	halted struct{ kid *child }

	// begun says that an actor's Started has returned without an error, after beginOrder.
	begun struct{ kid *child }

	// roundDue says that the delay of a round is over.
	roundDue struct {
		round *round
		turn  int // the round's turn when the timer was set; an older one does not count
	}
)

// stopOrder is protoactor's message that stops an actor; immutable, so one serves all.
var stopOrder = &proto.Stop{}

// post puts m on the system lane. Any goroutine calls it.
func (c *cell) post(m any) {
	c.signals.post(m)
	c.wake(statusSignal)
}

// tell implements [port].
func (c *cell) tell(ev any) { c.post(ev) }

// served reports whether messages for the instance are served now.
func (c *cell) served() bool { return c.phase == phaseActive && !c.suspended && c.mishap == nil }

// done returns the channel that is closed when the actor has stopped. It is made when it is first asked for, which for
// most actors is never. Any goroutine calls it.
func (c *cell) done() <-chan struct{} {
	for {
		if p := c.donep.Load(); p != nil {
			return *p
		}
		ch := make(chan struct{})
		if c.donep.CompareAndSwap(nil, &ch) {
			return ch
		}
	}
}

// finish closes the channel of done. Called once, by retireStep, when nothing of the actor runs any more.
func (c *cell) finish() {
	c.sys.roll.remove(c)
	if p := c.donep.Swap(&closedc); p != nil {
		close(*p)
	}
}

// adopt starts child under that name. Called by Context.adopt, on the actor's goroutine.
func (c *cell) adopt(name string, child *cell) error {
	if c.phase != phaseActive || c.mishap != nil {
		return ErrStopped
	}
	if c.kin == nil {
		c.kin = &family{owner: c, strategy: c.strategy, prefix: len(c.path) + 2}
	}
	child.sys, child.parent = c.sys, c
	k, err := c.kin.reserve(name, child)
	if err != nil {
		return err
	}
	err = c.sys.start(child, func(p *proto.Props) error {
		_, err := c.proto.SpawnNamed(p, child.name)
		return err
	})
	if err != nil {
		c.kin.forget(k)
		return ErrNameTaken
	}
	c.kin.add(k)
	return nil
}

// begin makes an instance. ordered says that the parent gave the order, and waits for begun.
func (c *cell) begin(ordered bool) {
	c.phase, c.mishap, c.retire = phaseActive, nil, nil
	if ordered {
		c.restarts.Add(1)
	}
	c.kin.open()
	c.started = time.Since(c.sys.epoch)
	if err := c.body.begin(); err != nil {
		c.fail(&mishap{reason: err})
		return
	}
	if ordered {
		c.parent.tell(begun{c.kid})
	}
}

// fail makes the actor fail: protoactor suspends the mailbox and tells the parent. An instance fails once.
func (c *cell) fail(m *mishap) {
	if c.phase != phaseActive || c.mishap != nil {
		return
	}
	c.mishap = m
	c.lastError.Store(&m.reason)
	c.proto.EscalateFailure(m.reason, c)
}

// escalate implements [owner]: a child's failure becomes this actor's own.
func (c *cell) escalate(err error) { c.fail(&mishap{reason: err, escalated: true}) }

// report implements [owner].
func (c *cell) report(f failing) { c.sys.logFailure(f) }

// bereaved implements [owner]: a child is gone. The instance is told in its turn; another than the one that had the child
// is not.
func (c *cell) bereaved(k *child) { c.body.childStopped(k) }

// judge implements [owner]: an actor carries out what its strategy says.
func (c *cell) judge(v Verdict, _ bool) Verdict { return v }
