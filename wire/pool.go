package wire

import (
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
)

// The pool keeps chunks in classes of size, four to each doubling, so that no
// more than a fifth of a chunk is wasted.
const (
	poolShift = 9              // the smallest class has 1<<poolShift octets
	poolMin   = 1 << poolShift // no smaller body is worth a place in it
	poolMax   = 4 << 20        // the largest class, in octets
	classes   = 4*(22-poolShift) + 1

	stacked = 4 * (13 - poolShift) // from this class on, 8 kB, a shelf is a stack
)

// pool holds the chunks that nobody refers to, by class. What is not used for a
// while is the garbage collector's.
var pool [classes]shelf

// A shelf holds the chunks of one class that nobody refers to.
//
// Small ones are the sync.Pool's: each processor has its own at hand, which costs
// least. It searches those of the others where it has none, and finds what has lain
// there longest. With large ones it counts which one it is: they lie in a stack that
// all share, and what was put there last is taken first. So few go round, and those
// are still in the processors' caches.
type shelf struct {
	small sync.Pool // of *chunk

	mu    sync.Mutex
	stack []*chunk // guarded by mu; what was put last is at the end
	least int      // guarded by mu; the fewest there were since the last sweep

	_ [64]byte // no two shelves share a line of the caches
}

// takeChunk returns a chunk of the class, or nil where there is none.
func takeChunk(class int) *chunk {
	if class < stacked {
		c, _ := pool[class].small.Get().(*chunk)
		return c
	}
	return pool[class].pop()
}

// putChunk puts c, which nobody refers to, with the others of its class.
func putChunk(class int, c *chunk) {
	if class < stacked {
		pool[class].small.Put(c)
		return
	}
	pool[class].push(c)
	sweepLater()
}

// pop takes the chunk that was pushed last, or returns nil.
func (s *shelf) pop() *chunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.stack) - 1
	if n < 0 {
		return nil
	}
	c := s.stack[n]
	s.stack[n], s.stack = nil, s.stack[:n]
	s.least = min(s.least, n)
	return c
}

// push adds c to the stack.
func (s *shelf) push(c *chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stack = append(s.stack, c)
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
// looks for memory that nobody needs. A pool that is empty is not swept.
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
