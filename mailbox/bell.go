package mailbox

import (
	"context"
	"sync/atomic"
)

// Stage 5 of a message's way (ARCHITECTURE.md): ring.

// What the bell is armed with.
const (
	// hookArmed: the next push calls OnReady.
	hookArmed uint32 = 1 << 0
	// waitArmed: the next push wakes the goroutine in Wait.
	waitArmed uint32 = 1 << 1
)

// bell tells the consumer that there is something to look at. Owned by a Queue.
//
// A producer publishes its item and then reads armed; the consumer arms and then looks for an item. One of them sees
// what the other did. Whoever clears a bit of armed has taken that call upon itself, so each arming rings at most once.
type bell struct {
	// Atomic: bits set by the consumer, cleared by the producer that rings or by the consumer.
	armed atomic.Uint32

	// Atomic: written by SetOnReady and SetOnReadyHere, read by the producer that rings. nil is none.
	hook atomic.Pointer[hook]

	// Made by the consumer before it first arms with waitArmed, then read-only. One slot.
	wakec chan struct{}
}

// A hook is what is called when an item comes into an idle queue. Immutable.
type hook struct {
	ready func()
	here  func() // in its place by RingHere; nil for ready
}

// ring is called by a producer after each publication.
func (b *bell) ring() {
	if b.armed.Load() != 0 {
		b.strike(false)
	}
}

// strike takes all that is armed, and does it. here says that the caller has time to be the consumer.
func (b *bell) strike(here bool) {
	armed := b.armed.Swap(0)
	if armed&waitArmed != 0 {
		b.send()
	}
	if armed&hookArmed != 0 {
		switch h := b.hook.Load(); {
		case h == nil:
		case here && h.here != nil:
			h.here()
		default:
			h.ready()
		}
	}
}

// wake wakes the goroutine in Wait, if there is one, and leaves the hook alone.
func (b *bell) wake() {
	if b.disarm(waitArmed) {
		b.send()
	}
}

// disarm clears bit and reports whether it was set.
func (b *bell) disarm(bit uint32) bool { return b.armed.And(^bit)&bit != 0 }

// send leaves a token for the goroutine in Wait. One that lies there already does as well.
func (b *bell) send() {
	select {
	case b.wakec <- struct{}{}:
	default:
	}
}

// SetOnReady replaces the function that is called when an item is pushed into an idle queue; nil is none. It is called
// once each time the queue was idle (see Idle), in the goroutine of the producer, outside any lock; it must not block. A
// call that is under way when the hook is replaced may still reach the old one. Any goroutine may call SetOnReady; a
// consumer that takes a queue over sets its hook first and then calls Idle, to learn of what is there already.
func (q *Queue[T]) SetOnReady(f func()) {
	q.SetOnReadyHere(f, nil)
}

// SetOnReadyHere is SetOnReady with another function beside f: here is called in its place by RingHere, outside any lock of the queue's, in the goroutine
// of a producer that has time. It may consume, in that goroutine. Nil is none, and RingHere calls f.
func (q *Queue[T]) SetOnReadyHere(f, here func()) {
	if f == nil {
		q.bell.hook.Store(nil)
		return
	}
	q.bell.hook.Store(&hook{f, here})
}

// RingHere tells the consumer of what TryPushQuietly has pushed, where nobody has yet, by the function for those who have time. Any goroutine may call it,
// and must hold no lock that the consumer may want.
func (q *Queue[T]) RingHere() {
	if q.bell.armed.Load() != 0 {
		q.bell.strike(true)
	}
}

// Idle says that the consumer stops looking. If it returns true, nothing lay after the cursor and the next push calls
// OnReady, once; if false, there is something and the consumer must keep looking. When an item comes at that very moment
// Idle may return true although it is there: then OnReady has been called for it, or is about to be.
func (q *Queue[T]) Idle() bool {
	if q.ready() {
		return false
	}
	q.tidy()
	return q.goIdle()
}

// goIdle arms the hook and looks again, for an item may have come just before. It returns what Idle returns.
//
// Once the hook is armed, a producer may ring it, and whoever it calls may be the consumer from then on, while this call is still under way. So what
// belongs to the consumer is read before; the second look only loads what producers write. Where it comes too late and sees a later state, the bit is
// gone, and the answer is right all the same. Whoever takes the bit back is the consumer again.
func (q *Queue[T]) goIdle() bool {
	c, i := q.cur, 0
	if c != nil {
		i = int(q.cursor - q.curBase)
	}
	q.bell.armed.Or(hookArmed)
	if !q.arrived(c, i) {
		return true
	}
	return !q.bell.disarm(hookArmed)
}

// arrived reports whether slot i of c, or of the chunk after it where c ends there, is published.
func (q *Queue[T]) arrived(c *chunk[T], i int) bool {
	if q.store != nil {
		return q.store.arrived()
	}
	if i == len(c.vals) {
		if c, i = c.next.Load(), 0; c == nil {
			return false
		}
	}
	return c.ready[i>>6].Load()>>(i&63)&1 != 0
}

// Wait parks the consumer until an item lies after the cursor. It returns nil when one does, the close reason when the
// queue is closed and none will come, and ctx.Err() when ctx ended first. It does not touch the OnReady hook.
func (q *Queue[T]) Wait(ctx context.Context) error {
	for {
		if q.ready() {
			return nil
		}
		if q.exhausted() {
			return *q.reason.Load()
		}
		if err := q.park(ctx); err != nil {
			return err
		}
	}
}

// Pop waits for an item as Wait does, and takes it as Take does. With an error the item is the zero value.
func (q *Queue[T]) Pop(ctx context.Context) (v T, err error) {
	for !q.takeInto(&v) {
		if err = q.Wait(ctx); err != nil {
			break
		}
	}
	return v, err
}

// park waits for the bell, unless there is something to look at already. It may return for nothing; the caller looks
// again.
func (q *Queue[T]) park(ctx context.Context) error {
	b := &q.bell
	if b.wakec == nil {
		b.wakec = make(chan struct{}, 1)
	}
	q.tidy()
	b.armed.Or(waitArmed)
	if q.ready() || q.exhausted() {
		b.disarm(waitArmed)
		return nil
	}
	select {
	case <-b.wakec:
		return nil
	case <-ctx.Done():
		b.disarm(waitArmed)
		return ctx.Err()
	}
}
