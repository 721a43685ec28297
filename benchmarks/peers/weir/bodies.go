package main

import (
	"slices"

	"github.com/weirmq/weir/socket"

	"github.com/weirmq/weir/benchmarks/rig"
)

// Bodies up to smallBody bytes, or below poolBody where the pool is used, are cut out of chunks of bodyChunk bytes: as in `weir perf`.
const (
	smallBody = 2 << 10
	poolBody  = 512
	bodyChunk = 32 << 10
)

// bodies makes messages. Every byte of every body is written for it, and no two bodies that are in flight share one; a small body shares no more than
// an allocation with its neighbours. Not safe for concurrent use.
type bodies struct {
	body    *rig.Body // what is written; set by newBodies, then read-only
	recycle bool      // larger bodies are taken from the pool; set by newBodies, then read-only
	chunk   []byte    // what is left of the present chunk
}

// newBodies makes the messages of one sender.
func newBodies(body *rig.Body, recycle bool) *bodies { return &bodies{body: body, recycle: recycle} }

// next returns a new message of one frame, which belongs to the caller.
func (b *bodies) next() socket.Message {
	size := b.body.Size()
	if size >= poolBody && b.recycle {
		m := socket.NewBody(size)
		b.body.Fill(m.Bytes())
		return m
	}
	content := b.body.Bytes()
	switch {
	case size > smallBody:
		return socket.MessageOf(slices.Clone(content))
	case len(b.chunk) < size:
		b.chunk = make([]byte, bodyChunk)
	}
	body := b.chunk[:size:size]
	b.chunk = b.chunk[size:]
	copy(body, content)
	return socket.MessageOf(body)
}
