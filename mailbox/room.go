package mailbox

// A queue is shut by the claim that takes its last room, in the same compare-and-swap, and opened by whoever sees that it
// has drained to the low-water mark: mostly the consumer, in Done.
//
// The two must not miss each other. Whoever shuts the queue raises gate and then reads head; the consumer advances head
// and then reads gate. One of them sees what the other did, and opens. Bytes are given back before head advances (or by a
// producer that then reads gate), so the same holds for them.

// full reports whether a queue with the given tail position and head has no room, by items or by bytes.
func (q *Queue[T]) full(tail, head uint64) bool {
	if mark := q.mark.Load(); mark > 0 && int64(tail-head) >= mark {
		return true
	}
	limit := q.byteLimit()
	return limit > 0 && q.held.Load() >= limit
}

// drained reports whether a queue with the given tail position and head is at or below its low-water marks.
func (q *Queue[T]) drained(tail, head uint64) bool {
	if mark := q.mark.Load(); mark > 0 && int64(tail-head) > lowWater(mark) {
		return false
	}
	limit := q.byteLimit()
	return limit == 0 || q.held.Load() <= lowWater(limit)
}

// lowWater returns the fill at which a queue with the given mark opens again: (mark+1)/2 below the mark, as in libzmq
// (pipe.cpp, compute_lwm).
func lowWater(mark int64) int64 { return mark - (mark+1)/2 }

// byteLimit returns the limit in bytes, or 0 if there is none.
func (q *Queue[T]) byteLimit() int64 {
	if q.size == nil {
		return 0
	}
	return q.bytes.Load()
}

// shut is called by whoever has set a shut bit, after its item is published if it had one.
func (q *Queue[T]) shut() {
	q.gate.Store(true)
	if q.onFull != nil {
		q.onFull()
	}
	q.reopen()
}

// reopen opens the queue if it is shut and has drained. It is called after anything that may have made that true.
func (q *Queue[T]) reopen() {
	any := false
	for {
		w := q.tail.Load()
		if w&shutBits == 0 || w&closedBit != 0 || !q.drained(position(w), q.head.Load()) {
			break
		}
		if !q.tail.CompareAndSwap(w, w&^shutBits) {
			continue
		}
		any = true
		q.lowerGate()
	}
	if any {
		q.opened()
	}
}

// lowerGate lowers gate after the queue was opened. If it has been shut again meanwhile, gate goes up again, and the
// caller must look at head once more.
func (q *Queue[T]) lowerGate() {
	q.gate.Store(false)
	if q.tail.Load()&shutBits != 0 {
		q.gate.Store(true)
	}
}

// opened tells those who wait for room that there is some: the first producer in line, and OnRoom. It holds no lock.
func (q *Queue[T]) opened() {
	q.early.Store(false)
	q.line.wakeOne()
	if q.onRoom != nil {
		q.onRoom()
	}
}
