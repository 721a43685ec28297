package mailbox

import "cmp"

// Force pushes v past the mark: a queue that is full or shut takes it all the same, and is as full as before. It is for what must not be lost and comes
// seldom, such as the word that nothing more will come. Only a closed queue refuses it, with the close reason. Under DropOldest and Conflate it is
// TryPush. Any goroutine may call it.
//
// Ownership of v passes to the queue when Force returns nil.
func (q *Queue[T]) Force(v T) error {
	if q.store != nil {
		return q.answer(q.rung(q.store.push(v)))
	}
	return q.force(v, 0)
}

// ForceLast is Force and Close in one act: whatever is pushed at the same moment comes before v, or is refused with the reason. Under DropOldest and Conflate
// it is TryPush and then Close, and an item pushed in between comes behind v, or in its place. Any goroutine may call it.
func (q *Queue[T]) ForceLast(v T, reason error) error {
	defer q.Close(reason)
	if q.store != nil {
		return q.Force(v)
	}
	reason = cmp.Or(reason, ErrClosed)
	q.reason.CompareAndSwap(nil, &reason)
	return q.force(v, closedBit)
}

// force pushes v past the mark, and sets bits of the tail word in the same act.
func (q *Queue[T]) force(v T, bits tailWord) error {
	size := q.sizeOf(v)
	if size > 0 {
		q.held.Add(size)
	}
	c := q.claimForced(bits)
	if c.n == 0 {
		q.release(size)
		return q.answer(c.got)
	}
	q.put(c, &v, size, false)
	return nil
}

// claimForced claims one place, wherever the mark is, and sets bits. One that takes the last room shuts the queue, as any other does.
func (q *Queue[T]) claimForced(bits tailWord) claim {
	for {
		w := q.tail.Load()
		if w&closedBit != 0 {
			return claim{got: closed}
		}
		c := claim{pos: position(w), n: 1}
		if mark := q.mark.Load(); mark > 0 && int64(c.pos+1-q.head.Load()) >= mark {
			c.shut = shutBit
		}
		if limit := q.byteLimit(); limit > 0 && q.held.Load() >= limit {
			c.shut |= bytesBit
		}
		if q.tail.CompareAndSwap(w, advanced(w, c)|bits) {
			return c
		}
	}
}
