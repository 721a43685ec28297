package mailbox

import "context"

// Look returns the next items after the cursor, at most max, without moving it. It is a view into the queue: nothing is
// copied, and it is valid until those items are done, dropped or rewound. It may be shorter than what is queued, because
// it ends where a chunk ends; nil means that nothing is there. Consumer only.
func (q *Queue[T]) Look(max int) []T {
	if max <= 0 {
		return nil
	}
	if q.store != nil {
		return q.store.look(max)
	}
	if q.seen-q.cursor < uint64(max) {
		q.scout()
	}
	n := min(int(q.seen-q.cursor), max)
	if n == 0 {
		return nil
	}
	i := int(q.cursor - q.curBase)
	return q.cur.vals[i : i+n : i+n]
}

// Advance moves the cursor past the next n items, which Look has shown. They stay in the queue and keep their room: they
// are in the consumer's hand. n must not exceed what Look has shown; it panics when
// there are not so many. Consumer only.
func (q *Queue[T]) Advance(n int) {
	if q.store != nil {
		q.store.advance(n)
		return
	}
	if n < 0 || uint64(n) > q.seen-q.cursor {
		panic("mailbox: Advance past what Look has shown")
	}
	q.cursor += uint64(n)
}

// Done says that the n oldest items, which are in hand, are delivered: they leave the queue and their room returns. It
// panics when fewer are in hand. Consumer only.
func (q *Queue[T]) Done(n int) {
	if q.store != nil {
		q.store.leave(n)
		return
	}
	q.leave(n)
}

// Drop is Done for items that are not delivered: they are counted as dropped for r. A consumer that has several in hand may drop another than the
// oldest, of which one leaves all the same: so what becomes of the item itself is the consumer's affair, and OnDrop does not hear of it. Consumer only.
func (q *Queue[T]) Drop(n int, r Reason) {
	if n > 0 && n <= q.inHand() { // counted before they leave: whoever reads the ledger in between finds them queued, and the sums agree
		q.drops.removed.Add(uint64(n))
		q.drops.add(r, uint64(n))
	}
	q.Done(n)
}

// tellDropped calls OnDrop for the n oldest items, which are in hand.
func (q *Queue[T]) tellDropped(n int) {
	if q.store != nil {
		tell(q.onDrop, q.store.oldest(n)...)
		return
	}
	for c, i := q.headChunk, int(q.headPos-q.headBase); n > 0; c, i = c.next.Load(), 0 {
		k := min(n, len(c.vals)-i)
		tell(q.onDrop, c.vals[i:i+k]...)
		n -= k
	}
}

// tell calls an OnDrop, which may be nil.
func tell[T any](onDrop func(T), vs ...T) {
	if onDrop == nil {
		return
	}
	for _, v := range vs {
		onDrop(v)
	}
}

// inHand is how many items were looked at, advanced over, and have not left.
func (q *Queue[T]) inHand() int {
	if q.store != nil {
		return q.store.passed()
	}
	return int(q.cursor - q.headPos)
}

// Rewind moves the cursor back to the oldest item that has not left, and returns how many items were in hand. Under
// Conflate only the newest of them is kept, and only if nothing newer has come; the others are counted as replaced.
// Consumer only.
func (q *Queue[T]) Rewind() int {
	if q.store != nil {
		return q.store.rewind()
	}
	n := int(q.cursor - q.headPos)
	q.cur, q.curBase = q.headChunk, q.headBase
	q.cursor, q.seen = q.headPos, q.headPos
	return n
}

// Take takes one item: Look, Advance and Done of one. ok is false, and v the zero value, when nothing is there. While
// items are in hand it is the oldest of those that is done, not v. Consumer only.
func (q *Queue[T]) Take() (v T, ok bool) {
	ok = q.takeInto(&v)
	return v, ok
}

// takeInto is Take into *v, which it leaves alone when nothing is there.
func (q *Queue[T]) takeInto(v *T) bool {
	if q.store != nil {
		vs := q.store.look(1)
		if len(vs) == 0 {
			return false
		}
		*v = vs[0]
		q.store.advance(1)
		q.store.leave(1)
		return true
	}
	if q.seen == q.cursor && !q.scout() {
		return false
	}
	slot := &q.cur.vals[q.cursor-q.curBase]
	*v = *slot
	q.cursor++
	if q.cursor != q.headPos+1 || q.size != nil {
		q.leave(1)
		return true
	}
	// Nothing else is in hand, so the item is the oldest, and its chunk both the cursor's and the head's.
	var zero T
	*slot = zero
	q.headPos = q.cursor
	q.head.Store(q.cursor)
	if q.gate.Load() {
		q.reopen()
	}
	return true
}

// Discard drops everything that was pushed before it was called, in hand or not, counts it under r, and returns how many
// items that were. After Close it leaves the queue empty for good. A producer that has claimed a place and is just about
// to fill it is waited for, parked. Consumer only.
func (q *Queue[T]) Discard(r Reason) int {
	const all = int(^uint(0) >> 1)
	n := 0
	if q.store != nil {
		for vs := q.Look(all); vs != nil; vs = q.Look(all) {
			q.Advance(len(vs))
		}
		n = q.store.passed()
	} else {
		for end := position(q.tail.Load()); q.cursor < end; {
			k := len(q.Look(int(end - q.cursor)))
			if k == 0 {
				_ = q.park(context.Background()) // that ctx never ends
			}
			q.Advance(k)
		}
		n = int(q.cursor - q.headPos)
	}
	if q.onDrop != nil {
		q.tellDropped(n)
	}
	q.Drop(n, r)
	return n
}

// scout finds out how many items are published after the cursor, up to the end of the chunk, and moves to the next chunk
// when this one is at its end. It reports whether there is one at all.
func (q *Queue[T]) scout() bool {
	i := int(q.cursor - q.curBase)
	if i == len(q.cur.vals) {
		n := q.cur.next.Load()
		if n == nil {
			return false
		}
		q.curBase += uint64(i)
		q.cur, i = n, 0
		q.retire()
	}
	q.seen = q.cursor + uint64(q.cur.readyRun(i))
	return q.seen > q.cursor
}

// leave takes the n oldest items, which are in hand, out of the queue: slots are cleared, bytes and places returned, and
// the queue is opened if it was waiting for that.
func (q *Queue[T]) leave(n int) {
	if n < 0 || uint64(n) > q.cursor-q.headPos {
		panic("mailbox: Done or Drop of more items than are in hand")
	}
	var bytes int64
	for left := n; left > 0; {
		c := q.headChunk
		i := int(q.headPos - q.headBase)
		if i == len(c.vals) {
			q.leaveChunk()
			continue
		}
		k := min(left, len(c.vals)-i)
		clear(c.vals[i : i+k])
		if c.sizes != nil {
			for _, size := range c.sizes[i : i+k] {
				bytes += size
			}
		}
		q.headPos += uint64(k)
		left -= k
	}
	if bytes != 0 {
		q.held.Add(-bytes)
	}
	q.head.Store(q.headPos)
	if q.gate.Load() {
		q.reopen()
	}
	q.retire()
}

// retire leaves the head's chunk if all its items have left and the cursor is beyond it.
func (q *Queue[T]) retire() {
	if q.headChunk != q.cur && q.headPos-q.headBase == uint64(len(q.headChunk.vals)) {
		q.leaveChunk()
	}
}

// ready reports whether an item lies after the cursor.
func (q *Queue[T]) ready() bool {
	if q.store != nil {
		return q.store.ready()
	}
	return q.seen > q.cursor || q.scout()
}

// exhausted reports whether the queue is closed and no item will ever lie after the cursor.
func (q *Queue[T]) exhausted() bool {
	if q.store != nil {
		return q.store.exhausted()
	}
	w := q.tail.Load()
	return w&closedBit != 0 && position(w) == q.cursor
}

// tidy gives back the memory that an idle queue does not need. Spare chunks need no tidying: see rack.
func (q *Queue[T]) tidy() {
	if q.store != nil {
		q.store.tidy()
	}
}
