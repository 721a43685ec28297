package codec

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/weirmq/weir/wire"
)

// ErrNoAuthenticator is the failure of a handshake that has to ask whether its peer may come in, where there is nobody to ask.
var ErrNoAuthenticator = errors.New("nobody to ask whether the peer may come in")

// An Ask puts a mechanism's question about the peer behind conn to whoever knows the answer. It must not wait, and conn is only to look at. answer may
// be called later, by any goroutine, or never; only the first call counts. ctx ends with the attempt. An error instead of a verdict fails the handshake.
type Ask func(ctx context.Context, conn net.Conn, q wire.Question, answer func(wire.Verdict, error))

// refusedTime bounds how long a peer that was told it is refused may take to hang up. Closing at once could make the system throw away what it was
// told, where it has sent something that nobody has read: then it would not know, and try again for ever.
const refusedTime = time.Second

// A verdict is what somebody answered.
type verdict struct {
	wire.Verdict
	err error
}

// A read is what came of one call of Read.
type read struct {
	p   []byte
	err error
}

// A shaker takes one connection through its handshake. It reads by itself until the mechanism asks something: from then on a goroutine reads, so
// that the peer's end is noticed while the answer is out. Owned by the connection's loop.
type shaker struct {
	c    *codec
	run  *run
	conn net.Conn
	h    *wire.Handshake

	heard   bool         // the peer has said something
	answers chan verdict // nil until the mechanism asks; room for one
	reads   chan read    // nil until then; room for one: what the goroutine that reads has read
	reading bool         // it is at it, and what it reads has not been taken
}

// shake moves bytes until the handshake is done, and returns what was read beyond it.
func (s *shaker) shake(ctx context.Context) ([]byte, error) {
	if _, err := s.conn.Write(s.h.Start()); err != nil {
		return nil, err
	}
	buf := make([]byte, handshakeRead)
	for s.answers == nil {
		n, err := s.conn.Read(buf[:s.ahead()])
		early, err := s.received(read{buf[:n], err})
		if s.h.Done() || err != nil {
			return early, err
		}
		if q := s.h.Asks(); q != nil {
			s.ask(ctx, *q)
		}
	}
	for {
		var early []byte
		var err error
		select {
		case r := <-s.reads:
			s.reading = false
			if early, err = s.received(r); err == nil && !s.h.Done() {
				s.readOn()
			}
		case v := <-s.answers:
			err = s.answered(v)
		}
		if s.h.Done() || err != nil {
			return early, err
		}
	}
}

// received gives the handshake what was read, and returns what is not its own.
func (s *shaker) received(r read) ([]byte, error) {
	s.heard = s.heard || len(r.p) > 0
	used, reply, err := s.h.Receive(r.p)
	if err := s.reply(reply, err); err != nil {
		return nil, err
	}
	switch {
	case s.h.Done():
		return r.p[used:], nil
	case errors.Is(r.err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	}
	return nil, r.err
}

// reply sends what the handshake wants to be sent, and returns why it failed.
func (s *shaker) reply(b []byte, err error) error {
	if len(b) > 0 {
		if _, werr := s.conn.Write(b); werr != nil && err == nil {
			return werr
		}
	}
	return err
}

// ask asks, and leaves the reading to a goroutine.
func (s *shaker) ask(ctx context.Context, q wire.Question) {
	answers := make(chan verdict, 1)
	s.answers, s.reads = answers, make(chan read, 1)
	s.readOn()
	if s.c.cfg.Ask == nil {
		answers <- verdict{err: ErrNoAuthenticator}
		return
	}
	s.c.cfg.Ask(ctx, s.conn, q, func(v wire.Verdict, err error) {
		select {
		case answers <- verdict{v, err}:
		default: // it has been answered
		}
	})
}

// readOn reads once, in a goroutine that the end of the connection ends and the codec joins.
func (s *shaker) readOn() {
	s.reading = true
	buf := make([]byte, s.ahead())
	s.run.group.Go(func() error {
		n, err := s.conn.Read(buf)
		s.reads <- read{buf[:n], err}
		return nil
	})
}

// answered gives the handshake its verdict.
func (s *shaker) answered(v verdict) error {
	if v.err != nil {
		return v.err
	}
	reply, err := s.h.Answer(v.Verdict)
	return s.reply(reply, err)
}

// late is where to find what a read that is still going on will have read; nil where there is none.
func (s *shaker) late() <-chan read {
	if !s.reading {
		return nil
	}
	return s.reads
}

// seeOff waits until a peer that was told it is refused has hung up, for a while.
func (s *shaker) seeOff(err error, deadline time.Time) {
	refusal, ok := errors.AsType[*wire.AuthError](err)
	if !ok || refusal.Peer != nil || refusal.Status == wire.StatusTemporary {
		return
	}
	if limit := time.Now().Add(refusedTime); deadline.IsZero() || limit.Before(deadline) {
		deadline = limit
	}
	_ = s.conn.SetReadDeadline(deadline) // fails where the connection has gone: then so does the read
	if s.reading {
		if r := <-s.reads; r.err != nil {
			return
		}
	}
	_, _ = io.Copy(io.Discard, s.conn) // whatever ends it, the connection is over
}
