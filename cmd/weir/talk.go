package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/socket"
)

// The two-way types send standard input and print what arrives, both at the same time: a sayer has a goroutine of its own, so that a queue that is
// full never keeps what arrives from being printed. The life of such a command, in order:
//
//	1  say     lines to messages, messages to the socket                      (the sayer's goroutine)
//	2  hear    receive and print, until --count is reached                    (the command's goroutine)
//	3  silence what it means that nothing has moved for --timeout             (the command's goroutine)
//	4  join    the sayer ends with the command: what it holds was not accepted
//	5  close   what is queued goes out while some of it moves; what a dead peer never takes is said, and no failure   (close.go)

// A duplex is a socket that sends and receives.
type duplex interface {
	endpoints
	socket.Sender
	socket.Receiver
}

// What a sayer is doing.
const (
	reading int32 = iota // it waits for standard input, or sends without having to wait
	pushing              // it waits for a peer, or for room
	silent               // standard input has ended, and the socket has all of it
)

// A sayer sends standard input in a goroutine of its own.
type sayer struct {
	// Set by talk, then read-only.
	session *session
	to      socket.Sender
	peers   func(ctx context.Context, n int) error // waits for --wait-peers
	reads   context.Context                        // ends standard input: it outlasts the saying, for what is left to be counted

	doing atomic.Int32  // written by sayLoop, read by the command's goroutine
	done  chan struct{} // closed when sayLoop has ended

	// Owned by sayLoop until done is closed.
	in     *input // nil until the peers are there
	err    error  // why it ended: nil at the end of standard input
	held   bool   // it ended with a message that the socket had not accepted
	astray uint64 // messages for a peer that is not there
}

// talk sends standard input and prints what arrives. peers is what --wait-peers waits for.
func (s *session) talk(ctx context.Context, with duplex, peers func(context.Context, int) error) error {
	if !s.more() {
		return nil
	}
	ctx, end := context.WithCancel(ctx)
	saying, hush := context.WithCancel(ctx)
	defer hush()
	say := &sayer{session: s, to: with, peers: peers, reads: ctx, done: make(chan struct{})}
	go say.sayLoop(saying, end)
	err := s.hear(ctx, with, say)
	if errors.Is(err, errTimedOut) && !s.set.counted {
		hush()
		if say.ended(ctx) {
			err = nil
		}
	}
	s.settled = err == nil
	end()
	<-say.done
	if errors.Is(err, context.Canceled) && say.err != nil && !errors.Is(say.err, context.Canceled) {
		err = say.err // which is what ended it
	}
	if say.held && s.more() {
		s.inHand++
	}
	if say.astray > 0 {
		stray := fmt.Errorf("%d messages not sent: nobody has the identity they name", say.astray)
		if !s.settled {
			return errors.Join(err, stray)
		}
		s.std.complain(stray)
	}
	return err
}

// sayLoop sends to the end of standard input, or of ctx. A fault ends the command, with end.
func (y *sayer) sayLoop(ctx context.Context, end context.CancelFunc) {
	defer close(y.done)
	if y.err = y.say(ctx); y.err != nil {
		if ctx.Err() == nil {
			end()
		}
		return
	}
	y.session.patience.touch() // silence counts from here
	y.doing.Store(silent)
}

// say waits for the peers that are to be there first, and sends line by line.
func (y *sayer) say(ctx context.Context) error {
	s := y.session
	if n := int(s.set.waitPeers); n > 0 {
		if err := y.pushing(func() error { return y.peers(ctx, n) }); err != nil {
			return err
		}
	}
	in := newInput(y.reads, s.std.in, s.set.format)
	y.in = in
	for {
		m, err := in.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = y.to.TrySend(m)
		if errors.Is(err, socket.ErrWouldBlock) {
			err = y.pushing(func() error { return expired(y.to.Send(ctx, m), "sent", "sndtimeo") })
		}
		switch {
		case errors.Is(err, socket.ErrUnroutable):
			y.astray++
			s.std.note("weir: standard input, line %d: %v", in.line, err)
		case err != nil:
			y.held = ctx.Err() != nil || errors.Is(err, errTimedOut) // else it is the message itself that cannot be sent
			return err
		default:
			s.patience.touch()
		}
	}
}

// ended says, of a sayer that was told to stop while it had a message that nobody takes, whether standard input has ended too. What is left of it is counted
// as not sent.
func (y *sayer) ended(ctx context.Context) bool {
	<-y.done
	if y.in == nil || !errors.Is(y.err, context.Canceled) {
		return false
	}
	left, ended := y.in.rest(ctx, y.session.limit())
	if ended {
		y.session.inHand += left
	}
	return ended
}

// pushing does what may have to wait for a peer.
func (y *sayer) pushing(do func() error) error {
	y.session.patience.touch()
	y.doing.Store(pushing)
	defer y.doing.Store(reading)
	return do()
}

// hear prints what arrives, until --count is reached, or nothing more is to be expected.
func (s *session) hear(ctx context.Context, from socket.Receiver, say *sayer) error {
	for s.more() {
		m, err := s.receive(ctx, from)
		if errors.Is(err, errTimedOut) {
			if over, err := s.silence(say, err); over {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := s.out.print(m); err != nil {
			return err
		}
		s.done++
	}
	return nil
}

// silence says whether a time in which nothing moved is the end. Where messages are counted it is, and they did not come. Where standard input has
// ended and all was sent, it is what the end looks like. Where a message cannot be sent it is a failure, unless standard
// input has ended: talk looks at that. While the next line is waited for it means nothing.
func (s *session) silence(say *sayer, err error) (over bool, _ error) {
	switch say.doing.Load() {
	case silent:
		if s.set.counted {
			return true, err
		}
		return s.quiet(), nil
	case pushing:
		return s.quiet(), err
	default:
		return s.set.counted || s.set.recvTimeout == 0, err
	}
}

// quiet says whether nothing has moved for so long.
func (s *session) quiet() bool {
	return s.patience.still() >= s.limit()
}

// limit is --timeout, or rcvtimeo where that is less.
func (s *session) limit() time.Duration {
	limit, recv := s.patience.limit, s.set.recvTimeout
	if recv >= 0 && (limit == 0 || recv < limit) {
		limit = recv
	}
	return limit
}
