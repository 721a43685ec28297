package actor

import (
	"context"

	"github.com/weirmq/weir/mailbox"
)

// A Ref is how everybody else reaches an actor. It is a comparable value, and safe for use by any number of goroutines.
// It stays good while the actor is restarted. The zero Ref is that of an actor that has stopped. Compare with ==, not with
// reflect.DeepEqual (nor what is built on it), which would look into the running actor.
type Ref[M any] struct {
	// Set by Spawn, then read-only. Nil in the zero Ref.

	c *typed[M]
}

// closedc is what Done of the zero Ref returns: closed from the start.
var closedc = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Tell puts m on the control lane: outside the mark, ahead of the data lane, in order with what this goroutine told the
// actor before. It never waits. It returns [ErrStopped], and m becomes a dead letter, if the actor takes nothing more;
// nil says that m was queued, not that it was handled.
func (r Ref[M]) Tell(m M) error {
	if r.c == nil {
		return ErrStopped
	}
	return r.c.tell(envelope[M]{msg: m})
}

// Send puts m on the data lane, under the mark of the actor. At the mark it does what the policy of the actor says: with
// mailbox.Block it waits for room until ctx ends, and m was not accepted if it returns the error of ctx. [ErrStopped] as
// for Tell. A handler must not use it on an actor that may be full: see TrySend.
func (r Ref[M]) Send(ctx context.Context, m M) error {
	if r.c == nil {
		return ErrStopped
	}
	return r.c.sent(m, r.c.dataLane().Push(ctx, m))
}

// TrySend is Send that never waits: mailbox.ErrFull at the mark, for the policies Block and Reject.
func (r Ref[M]) TrySend(m M) error {
	if r.c == nil {
		return ErrStopped
	}
	return r.c.sent(m, r.c.dataLane().TryPush(m))
}

// Stop asks the actor to stop once it has handled the message at hand, and returns at once. What is queued by then
// becomes dead letters. Stopping twice is no error.
func (r Ref[M]) Stop() {
	if r.c != nil {
		r.c.post(stopOrder)
	}
}

// Done returns a channel that is closed once the actor has stopped, and with it everything below it.
func (r Ref[M]) Done() <-chan struct{} {
	if r.c == nil {
		return closedc
	}
	return r.c.done()
}

// StopAndWait is Stop, and waits until the actor has stopped or ctx ends; the actor goes on stopping then, and the error
// is that of ctx. Never call it in a handler of the actor or of one below it: they would wait for themselves.
func (r Ref[M]) StopAndWait(ctx context.Context) error {
	r.Stop()
	select {
	case <-r.Done():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Drain shuts the data lane, lets the actor handle what is queued on its lanes, then stops it, and waits for that. If
// ctx ends before, the actor is told to stop at once, and the error is that of ctx; what was left becomes dead letters.
// A lane that was lent to the actor counts: it has to be empty for once. Like StopAndWait, not for handlers.
func (r Ref[M]) Drain(ctx context.Context) error {
	if r.c == nil {
		return nil
	}
	r.c.shutData()
	r.c.post(drainOrder{})
	select {
	case <-r.c.done():
		return nil
	case <-ctx.Done():
		r.Stop()
		return ctx.Err()
	}
}

// Path returns the names from the top of the tree down to the actor, joined by slashes, such as "socket/3-push/pipe". It
// does not change, and no two actors that are alive have the same. It is empty for the zero Ref.
func (r Ref[M]) Path() string {
	if r.c == nil {
		return ""
	}
	return r.c.path
}

// String returns Path.
func (r Ref[M]) String() string { return r.Path() }

// Stats returns the account of the data lane: of what Send and TrySend accepted. The message at hand counts as queued.
func (r Ref[M]) Stats() mailbox.Ledger {
	if r.c == nil {
		return mailbox.Ledger{}
	}
	if q := r.c.data.Load(); q != nil {
		return q.Ledger()
	}
	return mailbox.Ledger{}
}

// kernel gives the packages below this one the actor behind a Ref of any type; nil for the zero Ref.
func (r Ref[M]) kernel() *cell {
	if r.c == nil {
		return nil
	}
	return &r.c.cell
}
