package wire

import (
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
)

// The pool keeps chunks in classes of size, four to each doubling, so that no
// more than a fifth of a chunk is not used.
const (
	poolShift = 9              // the smallest class has 1<<poolShift octets
	poolMin   = 1 << poolShift // no smaller body is worth a place in it
	poolMax   = 4 << 20        // the largest class, in octets
	classes   = 4*(22-poolShift) + 1

	stacked = 4*(13-poolShift) + 1 // from this class on, 10 kB, a shelf has hands and a stack: it is larger than a slab
)

// pool holds the chunks that nobody refers to, by class. What is not used for a
// while is the garbage collector's.
var pool [classes]shelf

// A shelf holds the chunks of one class that nobody refers to.
//
// Small ones are the sync.Pool's: each processor has its own, which costs least. It
// searches those of the others where it has none, and finds what has lain there
// longest. With large ones it counts which one it is. Of those each processor has a
// few at hand, and others lie in a stack that all share; of both, what was put there
// last is taken first. So few go round, and those are still in the caches, where it
// can be in those of the processor that asks. What the stack has no room for is the
// sync.Pool's.
type shelf struct {
	hands sync.Pool // of *hand
	rest  sync.Pool // of *chunk

	mu    sync.Mutex
	stack []*chunk // guarded by mu; what was put last is at the end
	least int      // guarded by mu; the fewest there were since the last sweep

	_ [128]byte // no two shelves share a line of the caches
}

// A hand is what a processor has at hand of a shelf. Owned by who took it from the
// shelf's hands, until he puts it back.
type hand struct {
	n      int
	chunks [handful]*chunk // the first n; what was put last is at the end
}

// handful is how many chunks a hand has room for. Half as many go between it and the
// stack at once.
const handful = 4

// stackBytes is the most that the stack of a class holds, in octets.
const stackBytes = 16 << 20

// takeChunk returns a chunk of the class, or nil where there is none.
func takeChunk(class int) *chunk {
	s := &pool[class]
	if class < stacked {
		c, _ := s.rest.Get().(*chunk)
		return c
	}
	h, _ := s.hands.Get().(*hand)
	if h == nil && s.stocked() {
		h = &hand{}
	}
	if h == nil { // where nobody releases anything there never is one
		c, _ := s.rest.Get().(*chunk)
		return c
	}
	if h.n == 0 {
		s.fill(h)
	}
	var c *chunk
	if h.n > 0 {
		h.n--
		c, h.chunks[h.n] = h.chunks[h.n], nil
	} else {
		c, _ = s.rest.Get().(*chunk)
	}
	s.hands.Put(h)
	return c
}

// putChunk puts c, which nobody refers to, with the others of its class.
func putChunk(class int, c *chunk) {
	s := &pool[class]
	if class < stacked {
		s.rest.Put(c)
		return
	}
	h, _ := s.hands.Get().(*hand)
	if h == nil {
		h = &hand{}
	}
	if h.n == handful {
		s.spill(h, stackBytes/classSize(class))
		sweepLater()
	}
	h.chunks[h.n] = c
	h.n++
	s.hands.Put(h)
}

// stocked says whether there is something on the stack.
func (s *shelf) stocked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.stack) > 0
}

// fill moves the top of the stack to h, which is empty.
func (s *shelf) fill(h *hand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := max(0, len(s.stack)-handful/2)
	h.n = copy(h.chunks[:], s.stack[n:])
	clear(s.stack[n:])
	s.stack = s.stack[:n]
	s.least = min(s.least, n)
}

// spill moves the bottom of h, which is full, to the top of the stack, if that has no
// more than most.
func (s *shelf) spill(h *hand, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range h.chunks[:handful/2] {
		if len(s.stack) < most {
			s.stack = append(s.stack, c)
		} else {
			s.rest.Put(c)
		}
	}
	h.n = copy(h.chunks[:], h.chunks[handful/2:])
	clear(h.chunks[h.n:])
}

// sweep lets go of the chunks that were not needed since the sweep before, and
// reports whether others are left.
func (s *shelf) sweep() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := copy(s.stack, s.stack[s.least:])
	clear(s.stack[n:])
	if s.stack = s.stack[:n]; n == 0 {
		s.stack = nil
	}
	s.least = n
	return n > 0
}

// sweepPool sweeps all stacks.
func sweepPool() {
	sweepDue.Store(false) // what is put from here on asks for the next sweep
	left := false
	for class := stacked; class < classes; class++ {
		left = pool[class].sweep() || left
	}
	if left {
		sweepLater()
	}
}

// sweepDue says that sweepLater was called, and its sweep has not begun.
var sweepDue atomic.Bool

// sweepLater has the pool swept once the garbage collector has been: as often as it
// looks for memory that nobody needs, unless another's cleanup keeps the runtime from
// ours. Where all stacks are empty there is none.
func sweepLater() {
	if sweepDue.Load() || !sweepDue.CompareAndSwap(false, true) {
		return
	}
	unused := new(*chunk) // with a pointer in it, so that it shares its memory with nothing that lives longer
	runtime.AddCleanup(unused, func(struct{}) { sweepPool() }, struct{}{})
}

// classSize is the size of a class, in octets.
func classSize(class int) int { return (4 + class&3) << (class>>2 + poolShift - 2) }

// classBelow is the largest class that n octets are enough for, or -1.
func classBelow(n int) int {
	if n < poolMin {
		return -1
	}
	top := bits.Len(uint(n)) - 1
	return min((top-poolShift)<<2|n>>(top-2)&3, classes-1)
}

// classAbove is the smallest class whose chunks have n octets, or -1.
func classAbove(n int) int {
	switch {
	case n <= poolMin:
		return 0
	case n > poolMax:
		return -1
	}
	class := classBelow(n)
	if classSize(class) < n {
		class++
	}
	return class
}
