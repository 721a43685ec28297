package wire

const (
	// slabMax is the largest body that is stored in a slab, in octets. Larger
	// ones get a buffer of their own.
	slabMax = 2<<10 - 1

	// slabFirst and slabLast bound the size of a slab, in octets. A connection
	// begins with small ones and doubles them, so that one with little traffic
	// holds little. A message that is kept pins its slab, so at most slabLast.
	slabFirst = 512
	slabLast  = 8 << 10

	// trusted is how much of a body we make room for on the word of its header
	// alone, in octets; growth is how many times what has arrived we make room
	// for after that.
	trusted = 256 << 10
	growth  = 4

	// directMin is how many octets must be missing from a body for it to pay to
	// read straight into it. Below that a read of a larger chunk, which brings
	// the following frames too, is worth the copy.
	directMin = 16 << 10
)

// A slab is room in which small bodies lie next to each other, so that one
// allocation serves many. The zero value is empty and ready for use.
type slab struct {
	free []byte // the room that nobody has yet
	next int    // octets of the next slab; 0 is slabFirst
}

// room returns n octets, n <= slabMax, for the caller alone.
func (s *slab) room(n int) []byte {
	if n > len(s.free) {
		s.free = make([]byte, s.nextSize(n))
	}
	r := s.free[:n:n]
	s.keep(n)
	return r
}

// load copies p to the beginning of the room that nobody has yet, as far as it
// goes but at least n octets, n <= slabMax, and returns the copy. What of it is
// not kept is overwritten by the next load.
func (s *slab) load(p []byte, n int) []byte {
	if n > len(s.free) {
		size := s.nextSize(n)
		if len(p) >= size {
			s.free = append([]byte(nil), p[:size]...) // unlike make, leaves out the zeroing
			return s.free
		}
		s.free = make([]byte, size)
	}
	return s.free[:copy(s.free, p)]
}

// keep gives away the first n octets of the room that nobody has yet.
func (s *slab) keep(n int) { s.free = s.free[n:] }

// nextSize returns the size of the slab that follows, for a request of n
// octets.
func (s *slab) nextSize(n int) int {
	size := max(s.next, slabFirst)
	for size < n {
		size *= 2
	}
	s.next = min(2*size, slabLast)
	return size
}

// A body is the body of one frame while its octets arrive.
type body struct {
	size    int    // octets when complete
	have    int    // octets that arrived
	octets  []byte // all of the room there is so far; the first have octets are in use
	discard bool   // the octets are counted and thrown away
}

// newBody returns the body of a frame, still empty.
func newBody(size int, s *slab) body {
	b := body{size: size}
	if size <= slabMax {
		b.octets = s.room(size)
	}
	return b
}

// missing returns how many octets are still to come.
func (b *body) missing() int { return b.size - b.have }

// complete reports whether all octets are there.
func (b *body) complete() bool { return b.have == b.size }

// take takes what belongs to the body from the beginning of p, and returns how
// much that is.
func (b *body) take(p []byte) int {
	p = p[:min(len(p), b.missing())]
	switch {
	case b.discard:
		b.have += len(p)
	case b.octets == nil && len(p) == b.size:
		b.octets = append([]byte(nil), p...) // unlike make, leaves out the zeroing
		b.octets = b.octets[:b.size:b.size]
		b.have = b.size
	default:
		for rest := p; len(rest) > 0; {
			n := copy(b.free(), rest)
			rest = rest[n:]
			b.have += n
		}
	}
	return len(p)
}

// free returns the room that is not in use yet. If there is none and octets are
// missing, it makes some: not for what the header said, but in proportion to
// what has arrived.
func (b *body) free() []byte {
	if b.have == len(b.octets) && b.have < b.size {
		grown := make([]byte, min(b.size, max(trusted, growth*b.have)))
		copy(grown, b.octets)
		b.octets = grown
	}
	return b.octets[b.have:]
}

// filled counts n octets that were written to the beginning of free.
func (b *body) filled(n int) {
	if n < 0 || n > len(b.octets)-b.have {
		panic("BUG: more octets filled than Direct had room for")
	}
	b.have += n
}
