package main

import (
	"github.com/weirmq/weir/socket"

	"github.com/weirmq/weir/benchmarks/rig"
)

// poolBody is the smallest body, in bytes, that is taken from the pool, where that is used: as in `weir perf`.
const poolBody = 512

// bodies makes messages. Not safe for concurrent use.
type bodies struct {
	body    *rig.Body // what is written; set by newBodies, then read-only
	recycle bool      // larger bodies are taken from the pool; set by newBodies, then read-only
}

// newBodies makes the messages of one sender.
func newBodies(body *rig.Body, recycle bool) *bodies { return &bodies{body: body, recycle: recycle} }

// next returns a new message of one frame, which belongs to the caller.
func (b *bodies) next() socket.Message {
	size := b.body.Size()
	if size < poolBody || !b.recycle {
		return socket.MessageOf(b.body.Fresh())
	}
	m := socket.NewBody(size)
	b.body.Fill(m.Bytes())
	return m
}
