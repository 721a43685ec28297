package wire

import (
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
)

// ErrReleased is the error of sending a message that was released, or sent,
// before.
var ErrReleased = errors.New("weir: message was released or sent before")

// A hold is what a message has beside its frames: the properties of the
// connection over which it came, and one reference to the chunks that the
// frames lie in. One without a reference is shared by many messages. One with a
// reference is that of one message at a time, and has turns: Give begins another, and
// so does who makes a message of a chunk whose own hold it is, which goes round with
// the chunk. A message knows its turn. So a second release finds that the first has
// been, whatever has become of the chunks, and of the hold, meanwhile.
//
//	mine ──Release, Drop──▶ gone ──of a chunk's own──▶ mine, of the next turn
//	 │▲                      ▲
//	Take, Return             │
//	 ▼│                      │
//	weirs ──Drop─────────────┘
//	  └──Give──▶ mine, of the next turn, which is the receiver's
type hold struct {
	// Set when it is made, then read-only.
	chunk *chunk    // nil where there is no reference
	more  *[]*chunk // further ones; nil if there are none
	alone tail      // of a message of one frame: see init

	// Atomic: written by whoever has the message, at the beginning of its turn.
	props atomic.Pointer[Properties] // nil for a message that came over no connection

	// Atomic: written by whoever has the message; the turn and a state.
	state atomic.Uint64
}

// The states of a hold. A turn is a multiple of nextTurn, so that the sum of turn and
// state says both.
const (
	mine  uint64 = iota // the application has the message
	weirs               // it was sent, and Weir has it
	gone                // released

	nextTurn uint64 = 4
	noTurn          = ^(nextTurn - 1) | gone // before the first
)

// turnOf is the turn of a hold's state.
func turnOf(state uint64) uint64 { return state &^ (nextTurn - 1) }

// newHold returns a hold with the caller's references to the chunks, of which there is
// at least one, in its first turn.
func newHold(p *Properties, chunks []*chunk) *hold {
	var h *hold
	switch len(chunks) {
	case 1:
		h = &hold{chunk: chunks[0]}
	case 2:
		h2 := &holdOf2{room: [1]*chunk{chunks[1]}}
		h2.list = h2.room[:]
		h = &h2.hold
		h.chunk, h.more = chunks[0], &h2.list
	default:
		more := slices.Clone(chunks[1:])
		h = &hold{chunk: chunks[0], more: &more}
	}
	h.init(p)
	return h
}

// A holdOf2 is a hold with room for one further chunk in the same allocation.
type holdOf2 struct {
	hold
	list []*chunk
	room [1]*chunk
}

// init makes h ready for its first turn.
func (h *hold) init(p *Properties) {
	h.alone.hold = h
	h.props.Store(p)
}

// tail returns the tail of a message of one frame; nil where h is.
func (h *hold) tail() *tail {
	if h == nil {
		return nil
	}
	return &h.alone
}

// become goes from one state of a turn to another, and reports whether that is where
// it was.
func (h *hold) become(turn, from, to uint64) bool {
	return h.state.CompareAndSwap(turn+from, turn+to)
}

// over ends the turn, and reports whether it had not ended before.
func (h *hold) over(turn uint64) bool {
	return h.become(turn, weirs, gone) || h.become(turn, mine, gone)
}

// further are the chunks after the first.
func (h *hold) further() []*chunk {
	if h.more == nil {
		return nil
	}
	return *h.more
}

// drop gives up the reference.
func (h *hold) drop() {
	h.chunk.drop(1)
	for _, c := range h.further() {
		c.drop(1)
	}
}

// another returns a hold with the reference to the same chunks that is the caller's.
func (h *hold) another(p *Properties, state uint64) *hold {
	other := &hold{chunk: h.chunk, more: h.more}
	other.init(p)
	other.state.Store(state)
	return other
}

// share returns another hold with a reference to the same chunks, in the given state.
func (h *hold) share(p *Properties, state uint64) *hold {
	h.chunk.refs.Add(1)
	for _, c := range h.further() {
		c.refs.Add(1)
	}
	return h.another(p, state)
}

// NewBody returns a message of one frame of n octets, to be written to before it
// is sent. What they read as is anything: memory is taken from the pool that
// Release fills, and that sent messages go back to once Weir is done with them.
// Small bodies are just made.
func NewBody(n int) Message {
	if n < poolMin || n > poolMax {
		return MessageOf(make([]byte, n))
	}
	c := getChunk(n, nil)
	return MessageOf(c.buf[:n]).own(c.nextTurn(nil))
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
	c := newChunk(nil)
	c.last = last
	c.cleanup = runtime.AddCleanup(c, (*farewell).say, last)
	return MessageOf(body).own(c.nextTurn(nil))
}

// Release says that the application is done with m, and with whatever Append,
// Prepend and Tail made of it: nobody may look at the frames and the properties any
// more, and the frames' memory is used again. Of a message of small frames, and of one that was made of
// the application's own octets, there is nothing to give back; one of [NewBody] or
// [MessageWithRelease] has a reference like one that was received.
//
// Nobody has to call it: what is forgotten is the garbage collector's. Calling it
// twice, or after Send, does nothing (built with the tag invariants, it panics).
func (m Message) Release() {
	h, turn := m.held()
	if h == nil {
		return
	}
	if !h.become(turn, mine, gone) {
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
	if h, turn := m.held(); h != nil && h.state.Load() == turn+mine {
		return m.with(h.share(m.Properties(), mine))
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
	var all []*chunk
	p := ms[0].Properties()
	for _, m := range ms {
		frames = append(frames, m.Frames()...)
		if h, turn := m.held(); h != nil && h.become(turn, mine, gone) {
			all = append(append(all, h.chunk), h.further()...)
		}
	}
	out := MessageOf(frames...)
	if len(all) == 0 {
		return out.own(p.plain(), 0)
	}
	return out.own(newHold(p, all), 0)
}
