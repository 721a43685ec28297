package main

import "slices"

// Bodies up to smallBody bytes are cut out of chunks of bodyChunk bytes.
const (
	smallBody = 2 << 10
	bodyChunk = 32 << 10
)

// bodies makes the contents of messages. Every byte of every body is written for it, and no two bodies share one; a small body shares no more than an
// allocation with its neighbours. Not safe for concurrent use.
type bodies struct {
	pattern []byte // what is written; set by newBodies, then read-only
	chunk   []byte // what is left of the present chunk
}

// newBodies makes bodies of size bytes.
func newBodies(size int) *bodies {
	b := &bodies{pattern: make([]byte, size)}
	for i := range b.pattern {
		b.pattern[i] = byte(i)
	}
	return b
}

// next returns a new body, which belongs to the caller.
func (b *bodies) next() []byte {
	size := len(b.pattern)
	if size > smallBody {
		return slices.Clone(b.pattern)
	}
	if len(b.chunk) < size {
		b.chunk = make([]byte, bodyChunk)
	}
	body := b.chunk[:size:size]
	b.chunk = b.chunk[size:]
	copy(body, b.pattern)
	return body
}
