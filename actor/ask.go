package actor

import (
	"context"
	"sync/atomic"
)

// Ask tells the actor what mk makes of a reply slot, and waits for the answer: until the actor sends one with
// [Reply.Send] or [Reply.Fail], or ctx ends. It does not hang on an actor that cannot answer: it returns [ErrStopped]
// when the actor stops first, and the reason of the failure when the instance that was asked fails first. A handler never
// asks, since handlers never wait.
func Ask[M, R any](ctx context.Context, to Ref[M], mk func(Reply[R]) M) (R, error) {
	var none R
	if to.c == nil {
		return none, ErrStopped
	}
	s := &slot[R]{c: make(chan result[R], 1)}
	if err := to.c.tell(envelope[M]{msg: mk(Reply[R]{s}), aux: s}); err != nil {
		return none, err
	}
	select {
	case r := <-s.c:
		return r.value, r.err
	case <-ctx.Done():
		if s.answered.CompareAndSwap(false, true) {
			return none, ctx.Err()
		}
		r := <-s.c
		return r.value, r.err
	}
}

// A Reply is where the answer to an [Ask] goes. It is a value, to be put into a message. The first answer counts, all
// others do nothing. The zero Reply takes every answer and does nothing, so a message that can be asked can also be told.
// It may be kept and answered later, by any goroutine; the ask belongs to the instance that received it all the same.
type Reply[R any] struct {
	// Set by Ask, then read-only. Nil in the zero Reply.

	s *slot[R]
}

// Send answers with v. It never waits.
func (r Reply[R]) Send(v R) {
	if r.s != nil {
		r.s.settle(result[R]{value: v})
	}
}

// Fail answers with an error, which Ask returns. It never waits.
func (r Reply[R]) Fail(err error) {
	if r.s != nil {
		r.s.settle(result[R]{err: err})
	}
}

// result is what travels from an answer to its Ask.
type result[R any] struct {
	value R
	err   error
}

// slot is one Ask under way.
type slot[R any] struct {
	// Set by Ask, then read-only.

	c chan result[R] // of one: whoever sets answered sends once, and never waits

	// Atomic: set by the first that answers, or by the Ask whose ctx has ended.

	answered atomic.Bool
}

// settle gives the answer if it is the first.
func (s *slot[R]) settle(r result[R]) {
	if s.answered.CompareAndSwap(false, true) {
		s.c <- r
	}
}

// settled reports whether nobody waits any more.
func (s *slot[R]) settled() bool { return s.answered.Load() }

// fail answers with err. Called by the kernel.
func (s *slot[R]) fail(err error) { s.settle(result[R]{err: err}) }

// pending is a slot of any type, as the kernel sees it.
type pending interface {
	settled() bool
	fail(err error)
}

// asks are the asks that an instance has received and not answered yet. The zero value is empty. Owned by the actor's
// goroutine.
type asks struct {
	open []pending
	next int // length of open at which add looks for settled ones; so a look costs nothing in the long run
}

// add notes an ask that the handler has returned from without an answer.
func (a *asks) add(p pending) {
	if len(a.open) >= a.next {
		kept := a.open[:0]
		for _, o := range a.open {
			if !o.settled() {
				kept = append(kept, o)
			}
		}
		clear(a.open[len(kept):])
		a.open = kept
		a.next = 2*len(kept) + 8
	}
	a.open = append(a.open, p)
}

// failAll ends all of them: the instance is gone.
func (a *asks) failAll(err error) {
	for _, p := range a.open {
		p.fail(err)
	}
	*a = asks{}
}
