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
	// alone, in octets, from a peer that has not sent a larger one; growth is how
	// many times what has arrived we make room for after that.
	trusted = 256 << 10
	growth  = 4
)

// A slab is room in which small bodies lie next to each other, so that one
// allocation serves many. One that begins with a body of poolMin octets or more, or
// behind a message of so many, is a chunk of the pool, and each message in it has a
// reference; it goes back when the decoder has gone on to the next slab and all of
// them are released. A message in it that is too small to be worth a hold has a
// reference that nobody ever gives back: then the whole slab is left to the garbage
// collector. Any other slab is plain memory that nobody counts. The zero value is
// empty and ready for use.
type slab struct {
	free []byte // the room that nobody has yet
	next int    // octets of the next slab; 0 is slabFirst

	chunk *chunk // what free is part of; nil where nobody counts
	given int32  // references to chunk that messages have got
	large bool   // the last message was worth a hold
	noted bool   // the message whose last frame is still to come has its reference to chunk
	holds []hold // for the next messages: one allocation serves those of a slab
}

// ours is how many references the decoder has to its present slab: more than it
// can give away.
const ours = 1 << 20

// reference counts a reference to the slab's chunk, which there is.
func (s *slab) reference() *chunk {
	s.given++
	return s.chunk
}

// hold returns a hold for a message of size octets, with a reference to the slab's
// chunk that is counted already.
func (s *slab) hold(p *Properties, size int) *hold {
	if len(s.holds) == 0 {
		s.holds = make([]hold, 1+min(len(s.free)/size, maxHolds-1))
	}
	h := &s.holds[0]
	s.holds = s.holds[1:]
	h.chunk = s.chunk
	h.init(p)
	return h
}

// maxHolds is how many holds are made at once, at most: what the slab has room for
// is not known before it has come.
const maxHolds = 8

// begin takes new room of at least n octets, which the first of p are copied into,
// and leaves the old slab to its messages.
func (s *slab) begin(n int, p []byte) {
	if s.chunk != nil {
		s.chunk.drop(ours - s.given)
	}
	s.chunk, s.given, s.noted, s.holds = nil, 0, false, nil
	size := s.nextSize(n)
	p = p[:min(len(p), size)]
	switch {
	case n >= poolMin || s.large:
		s.chunk = getChunk(size, p)
		s.chunk.refs.Store(ours)
		s.free = s.chunk.buf
	case len(p) == size:
		s.free = append([]byte(nil), p...) // unlike make, leaves out the zeroing
	default:
		s.free = make([]byte, size)
		copy(s.free, p)
	}
}

// room returns n octets, n <= slabMax, for the caller alone. What lies behind, as far
// as their capacity goes, is nobody's until the next call of a method.
func (s *slab) room(n int) []byte {
	if n > len(s.free) {
		s.begin(n, nil)
	}
	r := s.free[:n]
	s.keep(n)
	return r
}

// load copies p to the beginning of the room that nobody has yet, as far as it
// goes but at least n octets, n <= slabMax, and returns the copy. What of it is
// not kept is overwritten by the next load.
func (s *slab) load(p []byte, n int) []byte {
	if n > len(s.free) {
		s.begin(n, p)
		return s.free[:min(len(s.free), len(p))]
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

// A body is the body of one frame while its octets arrive. A large one lies in a
// chunk of its own.
type body struct {
	size    int    // octets when complete
	have    int    // octets that arrived
	octets  []byte // all of the room there is so far; the first have octets are in use; its capacity may be more
	chunk   *chunk // what octets are part of; nil in a slab, and of a command
	trust   int    // make room for so much on the word of the header; 0 for a command, whose octets are nobody's chunk
	discard bool   // the octets are counted and thrown away
}

// newBody returns the body of a message's frame, still empty. proven is how large a
// body the peer has sent whole.
func newBody(size int, s *slab, proven int) body {
	b := body{size: size, trust: max(trusted, proven)}
	if size <= slabMax {
		b.octets = s.room(size)
	}
	return b
}

// room returns room of n octets that begins with those that have arrived. What lies
// behind, as far as its capacity goes, is nobody's.
func (b *body) room(n int, arrived []byte) []byte {
	if b.trust == 0 {
		return append(make([]byte, 0, n), arrived...)[:n]
	}
	grown := getChunk(n, arrived)
	b.drop()
	b.chunk = grown
	return grown.buf[:n]
}

// drop gives back the chunk that the octets lie in, where it is the body's own.
func (b *body) drop() {
	if b.chunk != nil {
		b.chunk.drop(1)
	}
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
		b.octets = b.room(b.size, p)
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
		b.octets = b.room(min(b.size, max(b.trust, trusted, growth*b.have)), b.octets)
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
