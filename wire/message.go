package wire

import (
	"bytes"
	"iter"
	"strings"
	"unsafe"
)

// A Message is one ZeroMQ message: one or more frames, which travel together
// or not at all. The zero value is a message of one empty frame; there is no
// message without frames.
//
// A Message is small and meant to be passed by value. Copies share their
// frames. The octets belong to the message: whoever hands slices to
// [MessageOf], [Message.Append] or [Message.Prepend] must not write to them
// afterwards, and whoever got a message from a socket may do with its octets as
// he pleases as long as nobody else holds a copy. No method changes a message:
// those that return a Message return another one. So a message may be read by
// many goroutines at once.
//
// A message that was received has properties: see [Message.Property]. Append,
// Prepend, Tail, Copy and Clone keep them; Send takes them away.
//
// A message may have a reference to memory that is used again once it is
// released: see [Message.Release], [NewBody] and [MessageWithRelease]. Copies by
// assignment, and what Append, Prepend and Tail return, stand for the same
// reference: it ends when one of them is sent or released. Copy makes another;
// Clone needs none.
type Message struct {
	_ [0]func() // no two messages are compared with ==

	first view   // the first frame
	rest  *tail  // the frames after the first, and what it has beside them; nil if there is nothing of both
	turn  uint64 // which of the hold's turns, where that has a reference; otherwise 0
}

// A view is a slice without its capacity, as a string is one; for the rest it is a
// slice: the octets are the application's to change, so nothing may look at them as a
// string. There is no room for a capacity: a Message of more than four words is no
// longer kept in registers, and a third slower to send.
type view string

// viewOf returns the view of p.
func viewOf(p []byte) view { return view(unsafe.String(unsafe.SliceData(p), len(p))) }

// slice returns what v is the view of, with no room behind it.
func (v view) slice() []byte { return unsafe.Slice(unsafe.StringData(string(v)), len(v)) }

// A tail is what a message has beside its first frame, but for its turn: that changes
// when the message is handed on. A tail is never changed once its message is made, so
// that copies of the message can share it.
type tail struct {
	frames [][]byte // the frames after the first; may be empty
	hold   *hold    // nil if there is none
}

// tailOf1 and tailOf3 are tails with room for their frames in the same
// allocation, for messages of two frames (a topic or an empty delimiter, and a
// body) and of three or four. They fit the allocation classes of 64 and of 112
// octets.
type (
	tailOf1 struct {
		tail
		room [1][]byte
	}
	tailOf3 struct {
		tail
		room [3][]byte
	}
)

// NewMessage returns a message with a copy of each string as a frame. Without
// arguments it is the zero message, which has one empty frame.
func NewMessage(frames ...string) Message {
	if len(frames) == 0 {
		return Message{}
	}
	m := Message{first: viewOf([]byte(frames[0]))}
	if len(frames) > 1 {
		m.rest = newTail(len(frames) - 1)
		for i, f := range frames[1:] {
			m.rest.frames[i] = []byte(f)
		}
	}
	return m
}

// MessageOf returns a message of the given frames, whose octets it takes over
// without copying. The slice of frames itself is not kept. Without arguments
// it is the zero message, which has one empty frame.
func MessageOf(frames ...[]byte) Message {
	if len(frames) == 0 {
		return Message{}
	}
	m := Message{first: viewOf(frames[0])}
	if len(frames) > 1 {
		m.rest = newTail(len(frames) - 1)
		copy(m.rest.frames, frames[1:])
	}
	return m
}

// newTail returns a tail with room for n further frames, n > 0.
func newTail(n int) *tail {
	switch n {
	case 1:
		t := new(tailOf1)
		t.frames = t.room[:]
		return &t.tail
	case 2, 3:
		t := new(tailOf3)
		t.frames = t.room[:n:n]
		return &t.tail
	default:
		return &tail{frames: make([][]byte, n)}
	}
}

// hold returns what the message has beside its frames; nil if nothing.
func (m Message) hold() *hold {
	if m.rest == nil {
		return nil
	}
	return m.rest.hold
}

// held returns the hold of a message that has a reference, and the turn in which it
// had it; nil if it has none.
func (m Message) held() (*hold, uint64) {
	if m.rest == nil || m.rest.hold == nil || m.rest.hold.chunk == nil {
		return nil, 0
	}
	return m.rest.hold, m.turn
}

// beside returns what own makes another message like m with.
func (m Message) beside() (*hold, uint64) { return m.hold(), m.turn }

// with returns m with a hold in its first turn instead of what it has beside its frames;
// nil for nothing.
func (m Message) with(h *hold) Message {
	switch {
	case m.hold() == h:
	case m.Len() == 1:
		m.rest = h.tail()
	default:
		m.rest = &tail{frames: m.rest.frames, hold: h}
	}
	m.turn = 0
	return m
}

// own returns m, whose tail nobody else has yet, with a hold in one of its turns.
func (m Message) own(h *hold, turn uint64) Message {
	if m.rest == nil {
		m.rest = h.tail()
	} else {
		m.rest.hold = h
	}
	m.turn = turn
	return m
}

// Len returns the number of frames, at least 1.
func (m Message) Len() int {
	if m.rest == nil {
		return 1
	}
	return 1 + len(m.rest.frames)
}

// Frame returns frame i, counted from 0. Like indexing a slice, it panics if
// there is no such frame. An empty frame may be nil.
func (m Message) Frame(i int) []byte {
	if i == 0 {
		return m.Bytes()
	}
	if m.rest == nil {
		return [][]byte{m.Bytes()}[i] // panics with the index and the length
	}
	return m.rest.frames[i-1]
}

// Frames returns all frames, in a new slice of at least one element.
func (m Message) Frames() [][]byte {
	frames := make([][]byte, 0, m.Len())
	frames = append(frames, m.Bytes())
	if m.rest != nil {
		frames = append(frames, m.rest.frames...)
	}
	return frames
}

// All yields the frames in order, each with its index.
func (m Message) All() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i, n := 0, m.Len(); i < n; i++ {
			if !yield(i, m.Frame(i)) {
				return
			}
		}
	}
}

// Bytes returns the first frame: the whole message, for one of a single frame. Its
// capacity is its length.
func (m Message) Bytes() []byte { return m.first.slice() }

// String returns a copy of the frames' octets. Between two frames stands "|",
// so this is for people to read; use Bytes or Frame for data.
func (m Message) String() string {
	if m.Len() == 1 {
		return string(m.Bytes())
	}
	var b strings.Builder
	b.Grow(m.Size() + len(m.rest.frames))
	b.Write(m.Bytes())
	for _, f := range m.rest.frames {
		b.WriteByte('|')
		b.Write(f)
	}
	return b.String()
}

// Size returns the sum of the lengths of all frames, in octets. Headers are not
// counted.
func (m Message) Size() int {
	size := len(m.first)
	if m.rest != nil {
		for _, f := range m.rest.frames {
			size += len(f)
		}
	}
	return size
}

// Append returns m followed by the given frames, whose octets it takes over.
func (m Message) Append(frames ...[]byte) Message {
	if len(frames) == 0 {
		return m
	}
	have := m.Len() - 1
	out := Message{first: m.first, rest: newTail(have + len(frames))}.own(m.beside())
	if m.rest != nil {
		copy(out.rest.frames, m.rest.frames)
	}
	copy(out.rest.frames[have:], frames)
	return out
}

// Prepend returns the given frames, whose octets it takes over, followed by m.
func (m Message) Prepend(frames ...[]byte) Message {
	if len(frames) == 0 {
		return m
	}
	add := len(frames)
	out := Message{first: viewOf(frames[0]), rest: newTail(add - 1 + m.Len())}.own(m.beside())
	copy(out.rest.frames, frames[1:])
	out.rest.frames[add-1] = m.Bytes()
	if m.rest != nil {
		copy(out.rest.frames[add:], m.rest.frames)
	}
	return out
}

// Tail returns the message without its first n frames. If that leaves none, it
// is a message of one empty frame: compare n with Len first where the
// difference matters. A negative n counts as 0.
func (m Message) Tail(n int) Message {
	switch {
	case n <= 0:
		return m
	case n >= m.Len():
		return Message{}.own(m.beside())
	}
	return MessageOf(m.rest.frames[n-1:]...).own(m.beside())
}

// Clone returns a message with a copy of every frame, and m's properties: whatever
// becomes of m does not matter to it. See [Message.Copy] for sharing the octets.
func (m Message) Clone() Message {
	out := Message{first: viewOf(bytes.Clone(m.Bytes()))}
	if m.Len() > 1 {
		out.rest = newTail(len(m.rest.frames))
		for i, f := range m.rest.frames {
			out.rest.frames[i] = bytes.Clone(f)
		}
	}
	return out.own(m.Properties().plain(), 0)
}
