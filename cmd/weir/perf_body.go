package main

import (
	"slices"

	"github.com/weirmq/weir/socket"
)

// Bodies up to smallBody bytes, or below poolBody where the pool is used, are cut out of chunks of bodyChunk bytes.
const (
	smallBody = 2 << 10
	poolBody  = 512
	bodyChunk = 32 << 10
)

// bodies makes the contents of messages. Every byte of every body is written for it, and no two bodies that are in flight share one; a small body
// shares no more than an allocation with its neighbours. Not safe for concurrent use.
type bodies struct {
	pattern []byte // what is written, where memory is new; set by newBodies, then read-only
	recycle bool   // larger bodies are taken from the pool; set by newBodies, then read-only
	chunk   []byte // what is left of the present chunk
}

// newBodies makes bodies of size bytes.
func newBodies(size int, recycle bool) *bodies {
	b := &bodies{pattern: make([]byte, size), recycle: recycle}
	for i := range b.pattern {
		b.pattern[i] = byte(i)
	}
	return b
}

// next returns a new message of one frame, which belongs to the caller.
func (b *bodies) next() socket.Message {
	size := len(b.pattern)
	switch {
	case size >= poolBody && b.recycle:
		m := socket.NewBody(size)
		clear(m.Bytes()) // libzmq's program sets its bytes, too
		return m
	case size > smallBody:
		return socket.MessageOf(slices.Clone(b.pattern))
	case len(b.chunk) < size:
		b.chunk = make([]byte, bodyChunk)
	}
	body := b.chunk[:size:size]
	b.chunk = b.chunk[size:]
	copy(body, b.pattern)
	return socket.MessageOf(body)
}
