package actor

import (
	"context"
	"errors"
	"runtime/debug"
	"sync/atomic"

	"github.com/weirmq/weir/actor/internal/fault"
	"github.com/weirmq/weir/mailbox"
)

// ReasonFailed is the reason under which a ledger counts what was in hand of an actor that failed.
const ReasonFailed mailbox.Reason = "failed"

// errGoexit is what a handler fails with that ends its goroutine, as testing's FailNow does.
var errGoexit = errors.New("handler called runtime.Goexit")

// A typed is an actor whose messages are of type M: the cell, and everything that depends on M.
type typed[M any] struct {
	cell

	// Set by Spawn, then read-only.

	ctx     Context[M] // the one context; its msg is owned by the actor's goroutine
	make    func() Actor[M]
	control *mailbox.Queue[envelope[M]] // the control lane; unlimited
	mark    int                         // of the data lane
	policy  mailbox.Policy              // of the data lane

	// Atomic: the data lane is made by whoever sends first (see dataLane), and shut by the actor or by Drain.

	data     atomic.Pointer[mailbox.Queue[M]]
	dataShut atomic.Bool

	// Owned by the actor's goroutine.

	actor  Actor[M] // the instance; nil when there is none
	life   uint64   // number of the instance
	extras *extras  // nil before the first use; see more
}

// envelope is an item of the control lane.
type envelope[M any] struct {
	msg M

	// aux says what the item is besides a message that was told: pending (msg is an ask), *alarm (msg is from After), or,
	// without a message, obituary, foreign or fault.Fault. Nil for a message that was told.
	aux any
}

type (
	// obituary is the note that a child has stopped.
	obituary struct {
		kid  *child
		life uint64 // the instance whose child it was
	}

	// foreign is a message that came through protoactor.
	foreign struct{ msg any }
)

// newTyped makes an actor that is not started. Called by Spawn.
func newTyped[M any](build func() Actor[M], opts []Option) *typed[M] {
	o := newOptions(opts)
	c := &typed[M]{make: build, mark: o.mark, policy: o.policy}
	c.strategy = o.strategy
	if len(o.labels) > 0 {
		c.labels = &o.labels
	}
	c.ctx.c = c
	c.body = c
	c.quiet = statusData | statusLent
	c.control = mailbox.New(mailbox.Config[envelope[M]]{OnReady: func() { c.wake(statusControl) }})
	return c
}

// tell puts e on the control lane. Any goroutine calls it.
func (c *typed[M]) tell(e envelope[M]) error {
	if err := c.control.TryPush(e); err != nil {
		c.lost(e, ErrStopped)
		return ErrStopped
	}
	return nil
}

// lost makes e a dead letter, and ends the ask that it is.
func (c *typed[M]) lost(e envelope[M], reason error) {
	switch aux := e.aux.(type) {
	case obituary, fault.Fault, *alarm:
		return // they were for this instance
	case foreign:
		c.sys.deadLetter(DeadLetter{To: c.path, Message: aux.msg, Reason: reason})
		return
	case pending:
		aux.fail(reason)
	}
	c.sys.deadLetter(DeadLetter{To: c.path, Message: e.msg, Reason: reason})
}

// dataLane returns the data lane, and makes it at the first call. Any goroutine calls it.
func (c *typed[M]) dataLane() *mailbox.Queue[M] {
	if q := c.data.Load(); q != nil {
		return q
	}
	q := mailbox.New(mailbox.Config[M]{Mark: c.mark, Policy: c.policy, OnReady: func() { c.wake(statusData) }})
	if !c.data.CompareAndSwap(nil, q) {
		return c.data.Load()
	}
	if c.dataShut.Load() { // shutData may have come before the swap, and not seen the lane
		q.Close(ErrStopped)
	}
	return q
}

// shutData refuses everything from now on. Any goroutine calls it.
func (c *typed[M]) shutData() {
	c.dataShut.Store(true)
	if q := c.data.Load(); q != nil {
		q.Close(ErrStopped)
	}
}

// sent passes on the answer of the data lane to a push of m.
func (c *typed[M]) sent(m M, err error) error {
	if errors.Is(err, ErrStopped) {
		c.sys.deadLetter(DeadLetter{To: c.path, Message: m, Reason: ErrStopped})
	}
	return err
}

// serve implements [body].
func (c *typed[M]) serve(lane uint32) bool {
	switch lane {
	case statusControl:
		return c.serveControl()
	case statusData:
		return c.serveData()
	default:
		return c.serveLent()
	}
}

// serveControl hands the instance the oldest message of the control lane. The item stays in the lane, in hand, until the
// handler has returned.
func (c *typed[M]) serveControl() bool {
	items := c.control.Look(1)
	if len(items) == 0 {
		return !c.control.Idle()
	}
	e := items[0]
	c.control.Advance(1)
	switch aux := e.aux.(type) {
	case nil, pending:
	case *alarm:
		if !c.extras.alarms.ring(aux) {
			c.control.Done(1)
			return true
		}
	default:
		c.control.Done(1)
		c.onNote(aux)
		return true
	}
	c.hand = statusControl
	if !c.handle(e.msg) {
		return true
	}
	c.hand = 0
	c.control.Done(1)
	if ask, ok := e.aux.(pending); ok && !ask.settled() {
		c.more().asks.add(ask)
	}
	return true
}

// onNote handles an item of the control lane that is not a message of type M. It is not in hand: it is of no use to
// another instance.
func (c *typed[M]) onNote(note any) {
	switch n := note.(type) {
	case obituary:
		c.kin.forget(n.kid)
		if n.life == c.life {
			c.handle(ChildStopped{Name: n.kid.cell.name, Path: n.kid.cell.path, Reason: n.kid.stopReason()})
		}
	case fault.Fault:
		c.handle(n)
	case foreign:
		c.proto.InvokeUserMessage(n.msg)
	}
}

// serveData hands the instance the oldest message of the actor's own data lane, as serveControl does.
func (c *typed[M]) serveData() bool {
	q := c.data.Load()
	items := q.Look(1)
	if len(items) == 0 {
		return !q.Idle()
	}
	m := items[0]
	q.Advance(1)
	c.hand = statusData
	if c.handle(m) {
		c.hand = 0
		q.Done(1)
	}
	return true
}

// handle hands msg to the instance, and makes the actor fail if that fails; it reports whether it did not.
func (c *typed[M]) handle(msg any) bool {
	err := c.receive(msg)
	if err != nil {
		c.fail(&mishap{reason: err, msg: msg})
	}
	return err == nil
}

// receive hands msg to the instance. A panic comes back as *PanicError. If the handler ends the goroutine, the actor fails
// in the deferred function, since nothing after it runs.
func (c *typed[M]) receive(msg any) (err error) {
	returned := false
	c.ctx.msg = msg
	defer func() {
		c.ctx.msg = nil
		if returned {
			return
		}
		if v := recover(); v != nil {
			err = newPanicError(v)
			return
		}
		c.fail(&mishap{reason: newPanicError(errGoexit), msg: msg})
	}()
	if f, ok := msg.(fault.Fault); ok {
		err = f.Raise()
	} else {
		err = c.actor.Receive(&c.ctx)
	}
	returned = true
	return err
}

// newPanicError is called in the deferred function that recovered v, where the stack still is that of the panic.
func newPanicError(v any) *PanicError {
	return &PanicError{Value: v, Stack: debug.Stack()}
}

// childStopped implements [body].
func (c *typed[M]) childStopped(k *child) {
	_ = c.control.TryPush(envelope[M]{aux: obituary{kid: k, life: c.life}}) // fails when stopping: nobody to tell
}

// foreign implements [body].
func (c *typed[M]) foreign(m any) { _ = c.tell(envelope[M]{aux: foreign{m}}) }

// queued implements [body].
func (c *typed[M]) queued() int {
	n := c.control.Len()
	if q := c.data.Load(); q != nil {
		n += q.Len()
	}
	return n
}

// waitClosed is the context under which empty waits for a producer that has claimed its place and not filled it yet. That
// takes no longer than for the producer to be scheduled.
var waitClosed = context.Background()
