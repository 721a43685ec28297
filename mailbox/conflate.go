package mailbox

import "sync/atomic"

// box is what the slot of a newest points to. It is never changed once it is in the slot.
type box[T any] struct {
	v      T
	full   bool // v is an item; else the slot is empty
	closed bool // the store is closed: only the consumer changes the slot now
}

// newest is the storage of Conflate: one slot, which a push replaces. A box passes from producer to consumer, or into
// oblivion, with the compare-and-swap that takes it out of the slot. What the consumer looks at moves to its hand.
//
//	nil ◀──look──── {v} ◀──┐ push
//	 └─────push──────▶└────┘
//	 │ close          │ close
//	 ▼                ▼
//	{closed} ◀─look─ {v, closed}
type newest[T any] struct {
	// Set by newNewest, then read-only.
	drops *drops  // the queue's
	lose  func(T) // the queue's OnDrop; may be nil

	// Atomic: written by producers, consumer and close. nil is empty and open.
	slot atomic.Pointer[box[T]]

	// Atomic: written by producers, read by counts.
	accepted atomic.Uint64

	// Atomic: written by the consumer, read by len and counts.
	inHand atomic.Int64
	left   atomic.Uint64 // by Done or Drop

	// Owned by the consumer.
	hand hand[T]
}

// newNewest returns an empty store.
func newNewest[T any](d *drops, lose func(T)) *newest[T] { return &newest[T]{drops: d, lose: lose} }

// push puts v into the slot in place of what is there.
func (s *newest[T]) push(v T) verdict {
	b := &box[T]{v: v, full: true}
	for {
		old := s.slot.Load()
		if old != nil && old.closed {
			return closed
		}
		if !s.slot.CompareAndSwap(old, b) {
			continue
		}
		s.accepted.Add(1)
		if old != nil {
			s.drops.add(ReasonReplaced, 1)
			if s.lose != nil {
				s.lose(old.v)
			}
		}
		return taken
	}
}

// pushAll pushes the last of vs, which has replaced the others already.
func (s *newest[T]) pushAll(vs []T) verdict {
	last := len(vs) - 1
	got := s.push(vs[last])
	if got == taken && last > 0 {
		s.accepted.Add(uint64(last))
		s.drops.add(ReasonReplaced, uint64(last))
		tell(s.lose, vs[:last]...)
	}
	return got
}

// look shows what was looked at and not passed, or else moves the item from the slot to the hand and shows that.
func (s *newest[T]) look(max int) []T {
	for s.hand.len() == s.hand.cur {
		old := s.slot.Load()
		if old == nil || !old.full {
			return nil
		}
		var empty *box[T]
		if old.closed {
			empty = &box[T]{closed: true}
		}
		if s.slot.CompareAndSwap(old, empty) {
			s.hand.add(old.v, 0)
			s.inHand.Add(1)
		}
	}
	return s.hand.show(max)
}

// advance moves the cursor in the hand.
func (s *newest[T]) advance(n int) { s.hand.advance(n) }

// leave takes the n oldest items in the hand out of the mailbox.
func (s *newest[T]) leave(n int) {
	s.hand.leave(n)
	s.inHand.Add(int64(-n))
	s.left.Add(uint64(n))
}

// rewind puts the newest item of the hand back into the slot, unless a newer one is there, and drops the others.
func (s *newest[T]) rewind() int {
	passed, n := s.hand.cur, s.hand.len()
	if n == 0 {
		return 0
	}
	replaced := n
	if s.putBack(s.hand.vals.vals[n-1]) {
		replaced--
	}
	tell(s.lose, s.hand.vals.vals[:replaced]...)
	s.hand.cur = n
	s.hand.leave(n)
	s.inHand.Add(int64(-n))
	if replaced > 0 {
		s.drops.add(ReasonReplaced, uint64(replaced))
	}
	return passed
}

// putBack puts v into the slot if that is empty, and reports whether it did.
func (s *newest[T]) putBack(v T) bool {
	for {
		old := s.slot.Load()
		if old != nil && old.full {
			return false
		}
		b := &box[T]{v: v, full: true, closed: old != nil && old.closed}
		if s.slot.CompareAndSwap(old, b) {
			return true
		}
	}
}

// passed returns how many items the cursor has passed.
func (s *newest[T]) passed() int { return s.hand.cur }

// oldest returns the n oldest items in the hand.
func (s *newest[T]) oldest(n int) []T { return s.hand.vals.vals[:n] }

// ready reports whether an item lies after the cursor.
func (s *newest[T]) ready() bool {
	return s.hand.len() > s.hand.cur || s.arrived()
}

// arrived reports whether an item lies in the slot. Any goroutine may ask.
func (s *newest[T]) arrived() bool {
	b := s.slot.Load()
	return b != nil && b.full
}

// exhausted reports whether the store is closed and nothing lies after the cursor.
func (s *newest[T]) exhausted() bool { return s.isClosed() && !s.ready() }

// tidy gives back the memory of an empty hand.
func (s *newest[T]) tidy() { s.hand.tidy() }

// setLimits changes nothing: the slot holds one item whatever the mark.
func (s *newest[T]) setLimits(_, _ int64) {}

// close makes every later push answer closed. What is in the slot stays.
func (s *newest[T]) close() {
	for {
		old := s.slot.Load()
		b := &box[T]{closed: true}
		if old != nil {
			if old.closed {
				return
			}
			b.v, b.full = old.v, old.full
		}
		if s.slot.CompareAndSwap(old, b) {
			return
		}
	}
}

// isClosed reports whether close was called.
func (s *newest[T]) isClosed() bool {
	b := s.slot.Load()
	return b != nil && b.closed
}

// len returns the items in slot and hand.
func (s *newest[T]) len() int {
	n := int(s.inHand.Load())
	if b := s.slot.Load(); b != nil && b.full {
		n++
	}
	return n
}

// counts returns the figures for the ledger.
func (s *newest[T]) counts() (accepted, left, queued uint64) {
	left = s.left.Load()
	queued = uint64(s.len())
	return s.accepted.Load(), left, queued
}
