package wire

import (
	"runtime"
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
		putChunk(class, c)
	}
}

// mangled is what released octets read as where invariants are checked.
const mangled = 0xdb

// Large memory begins where a page does, and often so does what the kernel copies it
// to, behind a header of a few octets. Where octets come to lie a little further into
// a page than they were, that copy is three times as slow on some processors: a load
// seems to want what has just been stored (4K aliasing). So the octets of a chunk of
// more than asidePast begin aside octets into its memory. It costs them a page, and
// what is left of that has room for the header that follows a body: see Direct.
const (
	asidePast = 64 << 10
	aside     = 256
)

// getChunk returns a chunk of at least n octets, whatever they read as, with one
// reference. The first of them are those of init, which is no longer than n.
func getChunk(n int, init []byte) *chunk {
	class := classAbove(n)
	if class >= 0 {
		n = classSize(class)
		if c := takeChunk(class); c != nil {
			c.refs.Store(1)
			copy(c.buf, init)
			return c
		}
	}
	c := &chunk{}
	if n > asidePast {
		c.buf = make([]byte, aside+n+largeHeader)[aside : aside+n]
	} else {
		c.buf = make([]byte, n)
	}
	copy(c.buf, init)
	c.refs.Store(1)
	return c
}
