package mailbox

import (
	"math/bits"
	"sync/atomic"
	"unsafe"
	"weak"
)

// The storage of the lock-free policies is a list of chunks. Position p of the queue lies in the chunk with
// base <= p < base+len(vals); a chunk's base is the end of the one before it, so positions have no holes.
//
//	      head            cursor                    tail
//	       │                │                         │
//	┌──────▼──────┐   ┌─────▼───────┐   ┌─────────────▼┐
//	│x x x 3 4 5 6│──▶│7 8 9 a b c d│──▶│e f g h . . . │──▶ nil
//	└─────────────┘◀──└─────────────┘◀──└──────────────┘
//	   in hand   in hand     ready       claimed: filled or not
//
// Who owns a slot, and the act that passes it on:
//
//	nobody ── claim: the producer's CAS of the tail word ──▶ that producer
//	producer ── publish: its Add to the ready word ────────▶ the consumer
//	consumer ── leave: its step to the next chunk ─────────▶ nobody, or the next life of the chunk
//
// # Why chunks can be reused
//
// Call a chunk pinned while it, or a chunk before it, has a slot that is claimed and not published. The consumer cannot
// pass such a slot, so it neither leaves nor recycles a pinned chunk. A producer touches slots only of the chunk of its
// own unpublished claim, and reads links only
//
//   - of pinned chunks: backwards from a later chunk to its own, or forwards from its own (the rest of a batch); or
//   - while it is counted in walkers, forwards from the hint.
//
// When the consumer leaves a chunk it first makes sure that the hint does not name it, and then reads walkers. If that is
// zero, no producer is on its way forwards, and one that starts later loads the hint after that, so it cannot arrive at
// this chunk; the chunk is recycled. If it is not zero, the chunk is left to the garbage collector. Nobody can put the
// hint back on the chunk: the hint is only ever set to a chunk in which the setter has an unpublished claim, or by the
// consumer to the one after.
//
// What remains is a producer that loaded the hint long ago and now compares the base of that chunk with its own position.
// Bases grow with each life, and the base is stored after the chunk is linked; so if it matches, the chunk is linked at
// that place in its present life and pinned by this very claim. If it does not match, the producer walks.

// Sizes of chunks.
const (
	// minSlots is the size of the first chunk, in items.
	minSlots = 8
	// maxSlots is the largest size of a chunk, in items.
	maxSlots = 128
	// chunkBytes is what the slots of a chunk may take, if that is at least minSlots items.
	chunkBytes = 4096
	// rackSlots is how many recycled chunks a busy queue keeps.
	rackSlots = 16
)

// chunk is a run of slots. A chunk without slots stands at the beginning of a new queue.
type chunk[T any] struct {
	// Atomic: written by the producer that links the chunk and by any that has its claim in it, read by all.
	base atomic.Uint64 // position of the first slot; valid once stored in this life

	// Atomic: written once in a life, by the producer that links the next chunk; read by all.
	next atomic.Pointer[chunk[T]]

	// Written before the chunk is linked; read by producers whose claim lies before base; cleared by the consumer when
	// it has passed all of those.
	prev *chunk[T]

	// Set when the chunk is made, then read-only; each slot is owned as said above.
	vals []T

	// Atomic: bit i%64 of word i/64 is added by the producer that filled slot i, once. Read by the consumer.
	ready [maxSlots / 64]atomic.Uint64

	// Set when the chunk is made, nil without Config.Size; each element is owned like its slot. In bytes.
	sizes []int64
}

// rack holds chunks between two lives. The zero value is empty, and so is a nil rack, which also takes nothing. The queue
// holds it weakly: chunks are kept while they are soon used again, and the next garbage collection takes what is spare.
type rack[T any] struct {
	// Atomic: filled by the consumer and by producers that made a chunk in vain, emptied by producers.
	slots [rackSlots]atomic.Pointer[chunk[T]]
}

// put keeps c, or leaves it to the garbage collector if the rack is full. c is cleared and nobody else uses it.
func (r *rack[T]) put(c *chunk[T]) {
	if r == nil {
		return
	}
	for i := range r.slots {
		if r.slots[i].Load() == nil && r.slots[i].CompareAndSwap(nil, c) {
			return
		}
	}
}

// take returns a chunk that is now the caller's, or nil.
func (r *rack[T]) take() *chunk[T] {
	if r == nil {
		return nil
	}
	for i := range r.slots {
		if r.slots[i].Load() != nil {
			if c := r.slots[i].Swap(nil); c != nil {
				return c
			}
		}
	}
	return nil
}

// mostSlots returns the largest size of a chunk of T, in items.
func mostSlots[T any]() int {
	var v T
	if size := int(unsafe.Sizeof(v)); size > 0 {
		return min(max(chunkBytes/size, minSlots), maxSlots)
	}
	return maxSlots
}

// fresh returns a chunk to follow one of n slots: a recycled one, or a new one that is larger when the queue is long and
// smaller when it is short.
func (q *Queue[T]) fresh(n int) *chunk[T] {
	if c := q.spareRack().take(); c != nil {
		return c
	}
	switch depth := q.Len(); {
	case depth >= n:
		n *= 2
	case depth < n/4:
		n /= 2
	}
	n = min(max(n, minSlots), mostSlots[T]())
	c := &chunk[T]{vals: make([]T, n)}
	if q.size != nil {
		c.sizes = make([]int64, n)
	}
	return c
}

// after returns the chunk after c, and links a new one if there is none. base is where that chunk begins. The caller is
// a walker, or has an unpublished claim in c and another one in the chunk after it.
func (q *Queue[T]) after(c *chunk[T], base uint64) *chunk[T] {
	if n := c.next.Load(); n != nil {
		return n
	}
	n := q.fresh(len(c.vals))
	n.prev = c
	if c.next.CompareAndSwap(nil, n) {
		n.base.Store(base)
		return n
	}
	n.prev = nil
	q.spareRack().put(n)
	return c.next.Load()
}

// place returns the chunk of position p and the index of its slot. The caller has claimed p and not published it.
func (q *Queue[T]) place(p uint64) (c *chunk[T], i uint64) {
	c = q.hint.Load()
	i = p - c.base.Load() // wraps, and is too large, if p lies before
	if i < uint64(len(c.vals)) {
		return c, i
	}
	return q.walk(p)
}

// walk is place for a position outside the chunk of the hint.
func (q *Queue[T]) walk(p uint64) (c *chunk[T], i uint64) {
	q.walkers.Add(1)
	hint := q.hint.Load()
	c, base := hint, hint.base.Load()
	if p >= base {
		for p-base >= uint64(len(c.vals)) {
			base += uint64(len(c.vals))
			c = q.after(c, base)
		}
		q.pointTo(hint, c, base)
	}
	for p < base {
		c = c.prev
		base -= uint64(len(c.vals))
	}
	q.walkers.Add(-1)
	return c, p - base
}

// pointTo moves the hint from one chunk to a later one. The base is stored again because the producer that linked the
// chunk may not have come to it yet.
func (q *Queue[T]) pointTo(from, to *chunk[T], base uint64) {
	to.base.Store(base)
	q.hint.CompareAndSwap(from, to)
}

// publish passes slots i to i+n of c to the consumer. It is the caller's last act on c, unless it has a further claim in
// it.
func (c *chunk[T]) publish(i, n int) {
	for n > 0 {
		k := min(n, 64-i&63)
		c.ready[i>>6].Add((^uint64(0) >> (64 - k)) << (i & 63))
		i, n = i+k, n-k
	}
}

// publishOne is publish for one slot.
func (c *chunk[T]) publishOne(i uint64) { c.ready[i/64].Add(1 << (i % 64)) }

// readyRun returns how many slots from i on are published without a gap. The consumer calls it.
func (c *chunk[T]) readyRun(i int) int {
	start := i
	for i < len(c.vals) {
		run := bits.TrailingZeros64(^(c.ready[i>>6].Load() >> (i & 63)))
		i += run
		if run == 0 || i&63 != 0 {
			break
		}
	}
	return i - start
}

// leaveChunk takes the consumer's head from its chunk, whose items have all left, to the next, and recycles the chunk if
// nobody can come to it any more. Only the consumer calls it; there is a next chunk.
func (q *Queue[T]) leaveChunk() {
	c := q.headChunk
	n := c.next.Load()
	q.headBase += uint64(len(c.vals))
	q.headChunk = n
	n.prev = nil
	if q.hint.Load() == c {
		q.pointTo(c, n, q.headBase)
	}
	if q.walkers.Load() != 0 || len(c.vals) < max(len(n.vals), minSlots) {
		return
	}
	c.next.Store(nil)
	for i := range c.ready {
		c.ready[i].Store(0)
	}
	r := q.spareRack()
	if r == nil {
		r = new(rack[T])
		w := weak.Make(r)
		q.rack.Store(&w)
	}
	r.put(c)
}

// spareRack returns the rack, or nil if there is none or the garbage collector has taken it.
func (q *Queue[T]) spareRack() *rack[T] {
	if w := q.rack.Load(); w != nil {
		return w.Value()
	}
	return nil
}
