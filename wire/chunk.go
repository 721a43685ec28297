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

	// Its state and properties are open to whoever has a message of any turn; they are
	// atomic.
	own hold // of the messages that have all of the chunk, one after another

	// Atomic: written by whoever takes or gives up a reference.
	refs atomic.Int32
}

// newChunk returns a chunk of octets that nobody else has, with one reference.
func newChunk(octets []byte) *chunk {
	c := &chunk{buf: octets}
	c.own.chunk = c
	c.own.init(nil)
	c.own.state.Store(noTurn)
	c.refs.Store(1)
	return c
}

// nextTurn begins a turn of the chunk's own hold with the reference that is the
// caller's. Both are a message's now.
func (c *chunk) nextTurn(p *Properties) (h *hold, turn uint64) {
	turn = turnOf(c.own.state.Load()) + nextTurn
	c.own.state.Store(turn + mine)
	if c.own.props.Load() != p {
		c.own.props.Store(p)
	}
	return &c.own, turn
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
	var octets []byte
	if n > asidePast {
		octets = make([]byte, aside+n+largeHeader)[aside : aside+n]
	} else {
		octets = make([]byte, n)
	}
	copy(octets, init)
	return newChunk(octets)
}
