package wire

import (
	"errors"
	"runtime"
	"sync/atomic"
)

// ErrReleased is the error of sending a message that was released, or sent,
// before.
var ErrReleased = errors.New("weir: message was released or sent before")

// A hold is what a message has beside its frames: the properties of the
// connection over which it came, and one reference to the chunks that the
// frames lie in. A hold with a reference is never used for another one: so a
// second release finds that the first has been, whatever has become of the
// chunks meanwhile. One without is shared by many messages.
//
//	mine ──Release, Drop──▶ gone
//	 │▲                      ▲
//	Take, Return             │
//	 ▼│                      │
//	weirs ──Drop, Give───────┘   (Give: to another hold, which is the receiver's)
type hold struct {
	// Set when it is made, then read-only.
	props *Properties // nil for a message that came over no connection
	chunk *chunk      // nil where there is no reference
	more  []*chunk    // further ones
	alone tail        // of a message of one frame that has this hold; points back: see init

	// Atomic: written by whoever has the message; a holdState.
	state atomic.Uint32
}

// The states of a hold.
const (
	mine  uint32 = iota // the application has the message
	weirs               // it was sent, and Weir has it
	gone                // released
)

// init makes h ready for use: its tail points back.
func (h *hold) init() *hold {
	h.alone.hold = h
	return h
}

// held says whether there is a reference.
func (h *hold) held() bool { return h != nil && h.chunk != nil }

// drop gives up the reference.
func (h *hold) drop() {
	h.chunk.drop(1)
	for _, c := range h.more {
		c.drop(1)
	}
}

// share takes another reference to the same chunks, in the given state.
func (h *hold) share(p *Properties, state uint32) *hold {
	other := (&hold{props: p, chunk: h.chunk, more: h.more}).init()
	other.state.Store(state)
	h.chunk.refs.Add(1)
	for _, c := range h.more {
		c.refs.Add(1)
	}
	return other
}

// NewBody returns a message of one frame of n octets, to be written to before it
// is sent. What they read as is anything: memory is taken from the pool that
// Release fills, and that sent messages go back to once Weir is done with them.
// Small bodies are just made.
func NewBody(n int) Message {
	if n < poolMin || n > poolMax {
		return Message{first: make([]byte, n)}
	}
	c := getChunk(n, nil)
	return Message{first: c.buf[:n:n]}.with(c.hold())
}

// MessageWithRelease returns a message of one frame, body, which is not copied.
// When neither it nor any message made of it needs body any more, release is
// called, exactly once: when it was sent and the kernel has its last octet, or it
// was dropped, at each of several peers; over inproc, when the receiver has
// called Release; and at the latest when the garbage collector finds that no
// message is left that refers to body. (zmq_msg_init_data)
//
// The garbage collector sees messages, not slices of their frames: who keeps a
// frame of a received message of another's memory keeps the message as well, or a
// Clone of it. For the same reason release must not refer to the message.
// It may be called by any goroutine, while Weir holds locks: it must not wait, and
// not use a socket.
func MessageWithRelease(body []byte, release func()) Message {
	last := &farewell{f: release}
	c := &chunk{last: last}
	c.refs.Store(1)
	c.cleanup = runtime.AddCleanup(c, (*farewell).say, last)
	return Message{first: body}.with((&hold{chunk: c}).init())
}

// Release says that the application is done with m, and with whatever Append,
// Prepend and Tail made of it: nobody may look at the frames any more, and their
// memory is used again. Of a message of small frames, and of one that was made of
// the application's own octets, there is nothing to give back; one of [NewBody] or
// [MessageWithRelease] has a reference like one that was received.
//
// Nobody has to call it: what is forgotten is the garbage collector's. Calling it
// twice, or after Send, does nothing (built with the tag invariants, it panics).
func (m Message) Release() {
	h := m.hold()
	if !h.held() {
		return
	}
	if !h.state.CompareAndSwap(mine, gone) {
		if invariants {
			panic("BUG: a message was released twice, or after it was sent")
		}
		return
	}
	h.drop()
}

// Copy returns a message with the same frames, and a reference of its own: both
// may be sent and released, each by whoever has it, and the octets last as long as
// the longer of the two. No octet is copied; see [Message.Clone] for that. It has
// to come before Send and Release: afterwards the octets may be somebody else's
// already, and there is no reference to take. (zmq_msg_copy)
func (m Message) Copy() Message {
	if h := m.hold(); h.held() && h.state.Load() == mine {
		return m.with(h.share(h.props, mine))
	}
	return m
}

// Join returns a message of the frames of all ms, in order, and takes over their
// references: they are not to be used any more. Without arguments it is the zero
// message. It has the properties of the first.
func Join(ms ...Message) Message {
	switch len(ms) {
	case 0:
		return Message{}
	case 1:
		return ms[0]
	}
	var frames [][]byte
	all := (&hold{props: ms[0].Properties()}).init()
	for _, m := range ms {
		frames = append(frames, m.Frames()...)
		if h := m.hold(); h.held() && h.state.CompareAndSwap(mine, gone) {
			all.more = append(append(all.more, h.chunk), h.more...)
		}
	}
	out := MessageOf(frames...)
	if len(all.more) == 0 {
		return out.WithProperties(all.props)
	}
	all.chunk, all.more = all.more[0], all.more[1:]
	return out.own(all)
}
