package mailbox

import "sync/atomic"

// Ledger is the account of a queue since it was made, in items. While nobody uses the queue,
// Accepted == Delivered + Queued + the sum of Dropped. While it is in use the four are read one after the other and may
// be some items apart; Queued is not more than there were.
type Ledger struct {
	// Accepted counts the items that a push took, those dropped by the policy and by CountDropped included.
	Accepted uint64 `json:"accepted"`
	// Delivered counts the items that left by Done.
	Delivered uint64 `json:"delivered"`
	// Queued is the number of items held now, those in the consumer's hand included.
	Queued uint64 `json:"queued"`
	// Dropped counts the rest, by reason. Only reasons that have occurred are in it. The map is the caller's.
	Dropped map[Reason]uint64 `json:"dropped,omitempty"`
}

// dropCount is the count of one reason: a link of the list in drops.
type dropCount struct {
	// Set before the link is published, then read-only.
	reason Reason
	next   *dropCount
	// Atomic: written by whoever drops, read by Ledger.
	n atomic.Uint64
}

// drops counts dropped items by reason, without a lock: a list that only grows, one link a reason. The zero value is an
// empty account. Owned by a Queue, shared with its store.
type drops struct {
	told func() // set before use, then read-only: called after each count; nil where nobody asks
	// Atomic: written by producers and consumer, read by Ledger.
	list    atomic.Pointer[dropCount]
	refused atomic.Uint64 // items dropped without ever having had a place in the queue
	removed atomic.Uint64 // items that left the queue by Drop or Discard
}

// add counts n items dropped for r. Anybody may call it.
func (d *drops) add(r Reason, n uint64) {
	d.count(r, n)
	if d.told != nil {
		d.told()
	}
}

// count adds n to what was dropped for r.
func (d *drops) count(r Reason, n uint64) {
	first := d.list.Load()
	for {
		for c := first; c != nil; c = c.next {
			if c.reason == r {
				c.n.Add(n)
				return
			}
		}
		c := &dropCount{reason: r, next: first}
		c.n.Store(n)
		if d.list.CompareAndSwap(first, c) {
			return
		}
		first = d.list.Load()
	}
}

// refuse counts n items that were accepted and dropped in one act: they never had a place.
func (d *drops) refuse(n int, r Reason) {
	d.refused.Add(uint64(n))
	d.add(r, uint64(n))
}

// counts returns a copy of the counts by reason.
func (d *drops) counts() map[Reason]uint64 {
	m := make(map[Reason]uint64)
	for c := d.list.Load(); c != nil; c = c.next {
		m[c.reason] = c.n.Load()
	}
	return m
}

// CountDropped enters n items in the ledger as accepted and dropped for r. It is for items that the caller's own policy
// refused before they reached the queue; n below 1 counts nothing. Any goroutine may call it.
func (q *Queue[T]) CountDropped(n int, r Reason) {
	if n > 0 {
		q.drops.refuse(n, r)
	}
}

// Ledger returns the account. Any goroutine may call it; see Ledger for what it promises while the queue is in use.
func (q *Queue[T]) Ledger() Ledger {
	var accepted, left, queued uint64
	if q.store != nil {
		accepted, left, queued = q.store.counts()
	} else {
		accepted = position(q.tail.Load())
		left = min(q.head.Load(), accepted) // read last: what moves meanwhile never adds to what is queued
		queued = accepted - left
	}
	return Ledger{
		Accepted:  accepted + q.drops.refused.Load(),
		Delivered: left - min(left, q.drops.removed.Load()),
		Queued:    queued,
		Dropped:   q.drops.counts(),
	}
}
