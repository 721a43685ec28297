package wire

import (
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
)

// A chunk is memory that somebody wants to hear the end of: octets of the pool,
// or octets that an application handed over with a callback. It counts the
// references to itself; the last to go gives the octets back to the pool, or
// calls back. References that are forgotten leave the chunk to the garbage
// collector: then the pool gets nothing, and the callback runs all the same.
//
//	pool ──getChunk──▶ in use ──last release──▶ pool
//	                     └──forgotten──▶ the garbage collector
type chunk struct {
	// Set while nobody else has the chunk, then read-only until the last
	// reference goes.
	buf     []byte          // the pool's octets; nil for those handed over
	last    *farewell       // the callback; nil for octets of the pool
	cleanup runtime.Cleanup // of last

	// Owned by the pool while nobody has a reference; then by the one who makes
	// messages of the chunk (NewBody, the decoder) until no reference is to come,
	// and from then on by who has the only one.
	spare []hold // the next holds of the chunk
	again bool   // the chunk has been in the pool

	// Atomic: written by whoever takes or gives up a reference.
	refs atomic.Int32
}

// spareHolds is how many holds are made at once for a chunk that goes round. One
// that nobody ever releases gets them one by one.
const spareHolds = 4

// hold returns a new hold with a reference to c, which is the caller's. No hold is
// ever used again, and to make one for each turn of a chunk is a good part of what
// the turn costs.
func (c *chunk) hold() *hold {
	if len(c.spare) == 0 {
		n := 1
		if c.again {
			n = spareHolds
		}
		c.spare = make([]hold, n)
	}
	h := &c.spare[0]
	c.spare = c.spare[1:]
	h.chunk = c
	return h.init()
}

// A farewell is a callback that runs once, whoever comes first.
type farewell struct {
	f    func()
	said atomic.Bool
}

// say runs the callback unless it has run.
func (f *farewell) say() {
	if f.said.CompareAndSwap(false, true) {
		f.f()
	}
}

// drop gives up n references.
func (c *chunk) drop(n int32) {
	switch left := c.refs.Add(-n); {
	case left > 0:
	case left < 0:
		panic("BUG: more references released than there were")
	case c.last != nil:
		c.cleanup.Stop()
		c.last.say()
	default:
		c.recycle()
	}
}

// recycle puts the chunk, which nobody refers to, into the pool.
func (c *chunk) recycle() {
	if invariants {
		for i := range c.buf {
			c.buf[i] = mangled
		}
	}
	if class := classBelow(len(c.buf)); class >= 0 && len(c.buf) <= poolMax {
		c.again = true
		pool[class].Put(c)
	}
}

// mangled is what released octets read as where invariants are checked.
const mangled = 0xdb

// The pool keeps chunks in classes of size, four to each doubling, so that no
// more than a fifth of a chunk is wasted.
const (
	poolShift = 9              // the smallest class has 1<<poolShift octets
	poolMin   = 1 << poolShift // no smaller body is worth a place in it
	poolMax   = 4 << 20        // the largest class, in octets
	classes   = 4*(22-poolShift) + 1
)

// pool holds the chunks that nobody refers to, by class. What is not used for a
// while is the garbage collector's.
var pool [classes]sync.Pool

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

// getChunk returns a chunk of at least n octets, whatever they read as, with one
// reference. The first of them are those of init, which is no longer than n: it
// saves zeroing fresh memory.
func getChunk(n int, init []byte) *chunk {
	class := classAbove(n)
	if class >= 0 {
		n = classSize(class)
		if c, ok := pool[class].Get().(*chunk); ok {
			c.refs.Store(1)
			copy(c.buf, init)
			return c
		}
	}
	c := &chunk{}
	if len(init) > n/2 {
		c.buf = append(make([]byte, 0, n), init...)[:n] // zeroes what is behind init alone
	} else {
		c.buf = make([]byte, n)
		copy(c.buf, init)
	}
	c.refs.Store(1)
	return c
}
