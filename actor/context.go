package actor

import (
	"log/slog"
	"time"
)

// A Context is what a handler sees of the kernel. There is one for each actor; it is valid inside Receive only, and on
// the actor's goroutine only. The exception is the function that After returns.
type Context[M any] struct {
	// Set by Spawn, then read-only.

	c *typed[M]

	// Owned by the actor's goroutine.

	msg any // the message at hand; nil outside Receive
}

// Message returns the message at hand: an M, or a lifecycle message.
func (x *Context[M]) Message() any { return x.msg }

// Self returns the actor's own reference.
func (x *Context[M]) Self() Ref[M] { return Ref[M]{x.c} }

// Name returns the actor's name, which is the last part of its path.
func (x *Context[M]) Name() string { return x.c.name }

// Path returns the actor's path, as [Ref.Path] does.
func (x *Context[M]) Path() string { return x.c.path }

// Logger returns the system's logger with the attribute "actor", the actor's path.
func (x *Context[M]) Logger() *slog.Logger { return x.c.more().logger(&x.c.cell) }

// OpenData lends the actor a queue as data lane: while it has something, and nothing waits on the control lane, the
// actor receives [DataReady] and looks into the queue, which it holds itself. Nobody else may be the consumer of the
// queue from now on. A lane that was open is closed first.
//
// The kernel closes the lane when the instance goes: at Restarting and Stopping, after the handler has returned. If the
// lane has a method Rewind() int, as a *mailbox.Queue has, it is called then: what was in hand belongs to the lane, and is
// there for the next to look. Nobody else may look before: wait for [ChildStopped], [Ref.Done], or CloseData.
//
// An instance that receives DataReady has to look at all that it can, or to close the lane; while there is something it
// receives DataReady again, at once.
func (x *Context[M]) OpenData(l Lane) { x.c.openLane(l) }

// Borrowed says that the handler runs in the goroutine of somebody who put something onto the lent lane, and who has the
// time to have it handled: the handler must do nothing then that could take longer, such as a write that may wait. What
// is left it tells itself, with [Ref.Tell]; that is handled in the actor's own time.
func (x *Context[M]) Borrowed() bool { return x.c.here }

// CloseData gives the lent lane back: DataReady is not received any more. No lane open is no error. What the actor had in
// hand of it stays so: Rewind it before its owner lends it to somebody else.
func (x *Context[M]) CloseData() { x.c.closeLane() }

// Healthy says that the actor works: History.Consecutive of its next failure is 0. Call it where that is known: a
// connection calls it when the handshake is done. It costs next to nothing.
func (x *Context[M]) Healthy() { x.c.healthy.Store(true) }

// Stop stops the actor after this message, as [Ref.Stop] does.
func (x *Context[M]) Stop() { x.c.post(stopOrder) }

// After puts m on the actor's own control lane once d has passed. The timer belongs to this instance: it ends with it.
// cancel may be called by any goroutine and more than once; called on the actor's goroutine it is exact, so that m is not
// received after it, even if it was queued already.
func (x *Context[M]) After(d time.Duration, m M) (cancel func()) {
	return x.c.after(d, m)
}

// Children returns the names of the actor's children, in the order of their start. They may be stopping.
func (x *Context[M]) Children() []string { return x.c.kin.names() }

// StopChild stops the child of that name and returns at once; it reports whether there is one. [ChildStopped] follows.
func (x *Context[M]) StopChild(name string) bool { return x.c.kin.stopNamed(name) }

// adopt implements [Parent].
func (x *Context[M]) adopt(name string, c *cell) error { return x.c.adopt(name, c) }

// Parent is where an actor is spawned: a *System, or the *Context of the actor whose child it shall be.
type Parent interface {
	// adopt starts c as a child under that name, or under a number if name is empty. Errors: ErrNameTaken, ErrStopped.
	adopt(name string, c *cell) error
}

// Both kinds of parent.
var (
	_ Parent = (*System)(nil)
	_ Parent = (*Context[struct{}])(nil)
)

// A Lane is a queue as an actor's data lane sees it; a *mailbox.Queue of any type is one.
type Lane interface {
	// SetOnReady sets the hook that says that there is something again. Nil takes it away; a call that had begun by then
	// may still come.
	SetOnReady(f func())

	// Idle says that the consumer stops looking. True: nothing is there, and the next push calls the hook, once. False:
	// there is something.
	Idle() bool
}
