package actor

import "sync/atomic"

// signals is the system lane of an actor: protoactor's own messages and the kernel's orders, in the order of their
// posts. Any number of goroutines post, the actor's goroutine takes. It is never full and never closed. The zero value is
// empty, and takes no memory beyond itself.
//
// Posts go onto a stack. The consumer takes the whole stack at once and turns it round, so nobody ever waits for
// anybody: ownership of the nodes passes with the swap in take.
type signals struct {
	// Atomic: written by every post and by take.

	top atomic.Pointer[signal]

	// Owned by the consumer.

	next *signal // taken from the stack and not handed out yet, oldest first
}

// signal is one message of the system lane. Immutable once it is posted, but for next.
type signal struct {
	msg  any
	next *signal // the one posted before it; after take, the one posted after it
}

// post adds m.
func (s *signals) post(m any) {
	n := &signal{msg: m}
	for {
		n.next = s.top.Load()
		if s.top.CompareAndSwap(n.next, n) {
			return
		}
	}
}

// take returns the oldest message; nil when there is none.
func (s *signals) take() any {
	if s.next == nil {
		if s.top.Load() == nil {
			return nil
		}
		for n := s.top.Swap(nil); n != nil; {
			older := n.next
			n.next = s.next
			s.next, n = n, older
		}
	}
	n := s.next
	s.next = n.next
	return n.msg
}
