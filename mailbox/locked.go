package mailbox

import "sync"

// smallRing is the number of places that a new ring has, and the most that an idle one keeps.
const smallRing = 8

// entry is an item in the ring of an oldest.
type entry[T any] struct {
	v    T
	size int64 // bytes
}

// oldest is the storage of DropOldest: a ring that grows, under a mutex that is held for a few instructions. What the
// consumer looks at moves from the ring to its hand, where no producer can drop it; both count towards the mark. An item
// that comes while the hand alone fills the queue is dropped itself, for the mark is exact.
type oldest[T any] struct {
	// Set by newOldest, then read-only.
	size  func(T) int // nil: items have no sizes
	drops *drops      // the queue's
	lose  func(T)     // the queue's OnDrop; may be nil

	// Owned by the consumer.
	hand hand[T]

	mu sync.Mutex
	// Guarded by mu.
	ring     []entry[T] // its length is a power of two, or 0
	first    int        // index of the oldest entry
	n        int        // entries in the ring
	inHand   int        // items in the hand
	held     int64      // bytes in ring and hand
	mark     int64      // items; 0 is no limit
	bytes    int64      // bytes; 0 is no limit
	shutDown bool       // closed
	accepted uint64
	left     uint64 // by Done or Drop
}

// newOldest returns an empty store with the given limits.
func newOldest[T any](size func(T) int, d *drops, lose func(T), mark, bytes int64) *oldest[T] {
	return &oldest[T]{size: size, drops: d, lose: lose, mark: mark, bytes: bytes}
}

// push adds v, and drops the oldest items as far as the limits ask for it.
func (s *oldest[T]) push(v T) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shutDown {
		return closed
	}
	s.addLocked(v)
	return taken
}

// pushAll is push for several items in one go.
func (s *oldest[T]) pushAll(vs []T) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shutDown {
		return closed
	}
	for _, v := range vs {
		s.addLocked(v)
	}
	return taken
}

// addLocked adds v to the ring, or drops it if the hand alone fills the queue.
func (s *oldest[T]) addLocked(v T) {
	s.accepted++
	for s.fullLocked() && s.n > 0 {
		e := s.shiftLocked()
		s.held -= e.size
		s.drops.add(ReasonReplaced, 1)
		if s.lose != nil {
			s.lose(e.v)
		}
	}
	if s.fullLocked() {
		s.drops.add(ReasonFull, 1)
		if s.lose != nil {
			s.lose(v)
		}
		return
	}
	e := entry[T]{v: v}
	if s.size != nil {
		e.size = int64(max(s.size(v), 0))
	}
	if s.n == len(s.ring) {
		s.growLocked()
	}
	s.ring[(s.first+s.n)&(len(s.ring)-1)] = e
	s.n++
	s.held += e.size
}

// fullLocked reports whether there is no room for one more item.
func (s *oldest[T]) fullLocked() bool {
	return s.mark > 0 && int64(s.n+s.inHand) >= s.mark ||
		s.size != nil && s.bytes > 0 && s.held >= s.bytes
}

// shiftLocked takes the oldest entry out of the ring, which is not empty.
func (s *oldest[T]) shiftLocked() entry[T] {
	e := s.ring[s.first]
	s.ring[s.first] = entry[T]{}
	s.first = (s.first + 1) & (len(s.ring) - 1)
	s.n--
	return e
}

// growLocked doubles the ring, which is full.
func (s *oldest[T]) growLocked() {
	ring := make([]entry[T], max(2*len(s.ring), smallRing))
	k := copy(ring, s.ring[s.first:])
	copy(ring[k:], s.ring[:s.first])
	s.ring, s.first = ring, 0
}

// look shows what was looked at and not passed, or else moves items from the ring to the hand and shows those.
func (s *oldest[T]) look(max int) []T {
	if vs := s.hand.show(max); vs != nil {
		return vs
	}
	s.mu.Lock()
	k := min(s.n, max)
	for range k {
		e := s.shiftLocked()
		s.hand.add(e.v, e.size)
	}
	s.inHand += k
	s.mu.Unlock()
	return s.hand.show(max)
}

// advance moves the cursor in the hand.
func (s *oldest[T]) advance(n int) { s.hand.advance(n) }

// leave takes the n oldest items, which are in the hand, out of the mailbox.
func (s *oldest[T]) leave(n int) {
	bytes := s.hand.leave(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inHand -= n
	s.held -= bytes
	s.left += uint64(n)
}

// rewind moves the cursor to the beginning of the hand.
func (s *oldest[T]) rewind() int {
	n := s.hand.cur
	s.hand.cur = 0
	return n
}

// passed returns how many items the cursor has passed.
func (s *oldest[T]) passed() int { return s.hand.cur }

// oldest returns the n oldest items in the hand.
func (s *oldest[T]) oldest(n int) []T { return s.hand.vals.vals[:n] }

// ready reports whether an item lies after the cursor.
func (s *oldest[T]) ready() bool {
	return s.hand.len() > s.hand.cur || s.arrived()
}

// arrived reports whether an item lies in the ring. Any goroutine may ask.
func (s *oldest[T]) arrived() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n > 0
}

// exhausted reports whether the store is closed and nothing lies after the cursor.
func (s *oldest[T]) exhausted() bool { return s.isClosed() && !s.ready() }

// tidy gives back the memory of an empty hand and of an empty ring that has grown.
func (s *oldest[T]) tidy() {
	s.hand.tidy()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n == 0 && len(s.ring) > smallRing {
		s.ring, s.first = nil, 0
	}
}

// setLimits changes the limits; a longer queue is cut by the next push.
func (s *oldest[T]) setLimits(mark, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mark, s.bytes = mark, bytes
}

// close makes every later push answer closed.
func (s *oldest[T]) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shutDown = true
}

// isClosed reports whether close was called.
func (s *oldest[T]) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shutDown
}

// len returns the items in ring and hand.
func (s *oldest[T]) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n + s.inHand
}

// counts returns the figures for the ledger.
func (s *oldest[T]) counts() (accepted, left, queued uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted, s.left, uint64(s.n + s.inHand)
}
