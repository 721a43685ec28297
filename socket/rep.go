package socket

import (
	"bytes"
	"slices"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// rep is REP: one request, then its reply, in strict turn. The envelope of the request goes back before the reply.
// https://rfc.zeromq.org/spec/28/#the-rep-socket-type
//
//	ready ──request──▶ serving ──send──▶ ready
type rep struct {
	noPeer   func() // counts a reply whose asker is gone
	pipes    []*pipe
	serving  bool     // a request was received and its reply was not sent
	asker    *pipe    // who asked; nil once it has gone
	envelope [][]byte // the frames of the request up to and with the first empty one; then the room for the next one's
}

// attach adds a possible asker.
func (s *rep) attach(p *pipe) { s.pipes = append(s.pipes, p) }

// sole implements lockstep.
func (s *rep) sole() *pipe {
	if len(s.pipes) != 1 {
		return nil
	}
	return s.pipes[0]
}

// detach forgets the asker where that one goes: its reply is dropped.
func (s *rep) detach(p *pipe) {
	s.pipes = slices.DeleteFunc(s.pipes, func(q *pipe) bool { return q == p })
	if s.asker == p {
		s.asker = nil
	}
}

// route sends the reply to the asker. A reply whose asker is gone, or has no room, is dropped: REP never waits.
func (s *rep) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	if !s.serving {
		return dst, m, ErrBadState
	}
	if s.asker == nil || s.asker.gone() {
		s.noPeer()
		return dst, m, nil
	}
	if !s.asker.out.HasRoom() {
		s.asker.out.CountDropped(1, mailbox.ReasonFull)
		return dst, m, nil
	}
	return append(dst, s.asker), m.Prepend(s.envelope...), nil
}

// routed ends the turn.
func (s *rep) routed([]*pipe) {
	s.serving, s.asker = false, nil
	if cap(s.envelope) > maxEnvelope {
		s.envelope = nil
	}
	clear(s.envelope)
	s.envelope = s.envelope[:0]
}

// maxEnvelope is how many frames of an envelope the room may be for that is used again.
const maxEnvelope = 64

// mayReceive wants no reply owed.
func (s *rep) mayReceive() error {
	if s.serving {
		return ErrBadState
	}
	return nil
}

// accept takes the request out of its envelope. One without an empty delimiter frame is skipped, as libzmq does.
func (s *rep) accept(p *pipe, m Message) (Message, bool) {
	if s.serving {
		return m, false
	}
	for i := range m.Len() - 1 {
		if len(m.Frame(i)) != 0 {
			continue
		}
		s.envelope = appendEnvelope(s.envelope[:0], m, i+1)
		s.serving, s.asker = true, p
		if !slices.Contains(s.pipes, p) {
			s.asker = nil // it asked and went
		}
		return m.Tail(i + 1), true
	}
	return m, false
}

// appendEnvelope appends the first n frames of m to frames. They stay what they are if the application releases m before it replies.
func appendEnvelope(frames [][]byte, m Message, n int) [][]byte {
	held := wire.Held(m)
	for i := range n {
		f := m.Frame(i)
		if held {
			f = bytes.Clone(f)
		}
		frames = append(frames, f)
	}
	return frames
}

// A Rep receives a request and sends its reply, in turn (ZMQ_REP). Out of turn, Recv and Send return ErrBadState. Safe for concurrent use: one of
// several goroutines that wait in Recv gets the next request once the reply to the one before is sent.
type Rep struct {
	base
	sending
	receiving
}

// NewRep makes a Rep.
func NewRep(rt *Runtime, opts ...Option) (*Rep, error) {
	s, err := newSocket(rt, repType, opts)
	if err != nil {
		return nil, err
	}
	return &Rep{base{s}, sending{s}, receiving{s}}, nil
}
