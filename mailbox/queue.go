package mailbox

import (
	"sync"
	"sync/atomic"
	"weak"
)

// Queue is a queue of many producers and one consumer at a time. Make one with New; the zero value is not usable, and a
// Queue must not be copied.
//
// The methods that push, ask or account may be called by any goroutine. Those of the consumer (Look, Advance, Done, Drop,
// Rewind, Take, Idle, Wait, Pop, Discard) may be called by one goroutine at a time; the caller sees to that.
//
// The fields are ordered so that the words that producers write and those that the consumer writes lie on different cache
// lines, with what is hardly ever written between them.
type Queue[T any] struct {
	// Atomic: written by producers (and by SetMark, Close and whoever opens a shut queue), read by all.
	tail    atomic.Uint64            // a tailWord
	limit   atomic.Uint64            // a limitWord: claims that end below it need not look at head; may be too low, never too high
	hint    atomic.Pointer[chunk[T]] // a chunk at or near the tail, never nil
	held    atomic.Int64             // bytes admitted and not yet left; moves only with Config.Size
	walkers atomic.Int32             // producers on their way from hint to their chunk
	early   atomic.Bool              // a producer was refused for bytes that another has admitted and not yet claimed a place for

	// Atomic: written by the consumer when it goes idle, read by producers after each push.
	bell bell

	// Set by New, then read-only.
	policy Policy
	plain  bool // lock-free storage without sizes: the short ways of offer and Take apply
	size   func(T) int
	onRoom func()
	onFull func()   // nil: nobody asks
	onDrop func(T)  // nil: nobody asks
	store  store[T] // storage of DropOldest and Conflate; nil for the others

	// Atomic: written under setMu by SetMark and SetBytes, read by all. 0 is no limit.
	mark  atomic.Int64 // items
	bytes atomic.Int64 // bytes

	// Atomic: written once by the first Close, read by all; nil while open.
	reason atomic.Pointer[error]

	// Guards the order of changes of mark and bytes against each other. No producer and no consumer takes it.
	setMu sync.Mutex

	line  line                                  // producers that wait for room
	drops drops                                 // counts of dropped items
	rack  atomic.Pointer[weak.Pointer[rack[T]]] // chunks to reuse; made by the consumer; nil is none yet

	// Atomic: a copy of the shut bits for the consumer, so that Done need not touch the tail. May be set while the queue is
	// open; is set, or about to be set by whoever then looks at head, while it is shut.
	gate atomic.Bool

	// Atomic: written by the consumer, read by producers near the limit. The position of the oldest item not yet left.
	head atomic.Uint64

	// Owned by the consumer.
	headPos   uint64    // what head says
	headBase  uint64    // base of headChunk
	headChunk *chunk[T] // where headPos lies, or the chunk that ends there
	cursor    uint64    // the position that Look begins at; headPos <= cursor
	seen      uint64    // positions from cursor up to here are known to be published, all in cur
	curBase   uint64    // base of cur
	cur       *chunk[T] // where cursor lies, or the chunk that ends there
}

// store is the storage of a policy that cannot live in chunks, because it takes items out of turn. Its methods mean what
// those of Queue mean; look, advance, leave, rewind, passed, ready, exhausted and tidy belong to the consumer.
type store[T any] interface {
	push(v T) verdict
	pushAll(vs []T) verdict // all or, when closed, none
	look(max int) []T
	advance(n int)
	leave(n int)
	rewind() int
	passed() int      // how many items are in hand
	oldest(n int) []T // the n oldest items in hand
	ready() bool      // an item lies after the cursor
	arrived() bool    // an item lies where producers put it; any goroutine may ask
	exhausted() bool  // closed, and no item lies after the cursor
	tidy()            // the consumer goes idle: give memory back
	setLimits(mark, bytes int64)
	close()
	isClosed() bool
	len() int
	counts() (accepted, left, queued uint64) // left by Done or Drop
}

// New returns an open, empty, idle queue: its first push calls Config.OnReady.
func New[T any](cfg Config[T]) *Queue[T] {
	q := &Queue[T]{policy: cfg.Policy, size: cfg.Size, onRoom: cfg.OnRoom, onFull: cfg.OnFull, onDrop: cfg.OnDrop}
	q.drops.told = cfg.OnLoss
	q.mark.Store(int64(max(cfg.Mark, 0)))
	q.bytes.Store(max(cfg.Bytes, 0))
	q.SetOnReady(cfg.OnReady)
	q.bell.armed.Store(hookArmed)
	switch cfg.Policy {
	case DropOldest:
		q.store = newOldest(q.size, &q.drops, q.onDrop, q.mark.Load(), q.bytes.Load())
	case Conflate:
		q.store = newNewest(&q.drops, q.onDrop)
	default:
		stub := &chunk[T]{}
		q.hint.Store(stub)
		q.headChunk, q.cur = stub, stub
		q.plain = q.size == nil
	}
	return q
}

// HasRoom reports whether a TryPush would be accepted now: false when the queue is shut or closed. Under DropOldest and
// Conflate it is true until the queue is closed. Any goroutine may call it.
func (q *Queue[T]) HasRoom() bool {
	if q.store != nil {
		return !q.store.isClosed()
	}
	if q.tail.Load()&stopBits != 0 {
		return false
	}
	limit := q.byteLimit()
	return limit == 0 || q.held.Load() < limit
}

// Len returns how many items were accepted and have not left yet, those in the consumer's hand included. While the queue is in use it is not more than there
// were (under Conflate by one at most). Any goroutine may call it.
func (q *Queue[T]) Len() int {
	if q.store != nil {
		return q.store.len()
	}
	accepted := position(q.tail.Load())
	return int(accepted - min(q.head.Load(), accepted)) // read last: what moves meanwhile never adds to what is queued
}

// Mark returns the mark, in items; 0 is no limit. Any goroutine may call it.
func (q *Queue[T]) Mark() int { return int(q.mark.Load()) }

// SetMark changes the mark to n items; 0 or less is no limit. Nothing queued is lost: a queue that holds n or more is
// shut until it has drained to the low-water mark of n, and one that holds fewer is open at once. Setting the mark that
// is set already changes nothing. A queue that conflates has no mark to obey. Any goroutine may call it.
func (q *Queue[T]) SetMark(n int) {
	q.setMu.Lock()
	changed := q.mark.Swap(int64(max(n, 0))) != int64(max(n, 0))
	q.relimit(changed)
}

// SetBytes changes the limit in bytes to n; 0 or less is no limit. It has no effect on a queue without Config.Size, and is
// otherwise as SetMark. Any goroutine may call it.
func (q *Queue[T]) SetBytes(n int64) {
	q.setMu.Lock()
	changed := q.bytes.Swap(max(n, 0)) != max(n, 0)
	q.relimit(changed)
}

// relimit makes new limits hold, unlocks setMu, and tells those who wait if the queue is open now.
func (q *Queue[T]) relimit(changed bool) {
	if !changed {
		q.setMu.Unlock()
		return
	}
	if q.store != nil {
		q.store.setLimits(q.mark.Load(), q.bytes.Load())
		q.setMu.Unlock()
		return
	}
	var before, after tailWord
	for {
		before = q.tail.Load()
		after = nextEpoch(before) &^ shutBits
		if q.full(position(before), q.head.Load()) {
			after |= shutBit
		}
		if q.tail.CompareAndSwap(before, after) {
			break
		}
	}
	q.setMu.Unlock()
	switch {
	case after&shutBit != 0:
		q.shut()
	case before&shutBits != 0 && before&closedBit == 0:
		q.lowerGate()
		q.opened()
		q.reopen()
	}
}

// Close closes the queue for good. From its return on nothing more is accepted: pushes, waiting ones included, get the
// reason; nil means ErrClosed. Items left stay for the consumer, or for Discard. The first Close wins and later ones
// change nothing. OnReady is not called; a consumer in Wait or Pop wakes. Any goroutine may call it.
func (q *Queue[T]) Close(reason error) {
	if reason == nil {
		reason = ErrClosed
	}
	q.reason.CompareAndSwap(nil, &reason)
	if q.store != nil {
		q.store.close()
	} else {
		q.tail.Or(closedBit)
	}
	q.line.wakeAll()
	q.bell.wake()
}

// Policy returns what the queue was made to do at its mark. Any goroutine may call it.
func (q *Queue[T]) Policy() Policy { return q.policy }

// Closed returns the reason the queue was closed with, and nil while it is open. Any goroutine may call it.
func (q *Queue[T]) Closed() error {
	if q.store != nil && q.store.isClosed() || q.tail.Load()&closedBit != 0 {
		return *q.reason.Load()
	}
	return nil
}
