package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weirmq/weir/socket"
)

// The two-way types send standard input and print what arrives, both at the same time: a sayer has a goroutine of its own, so that neither a queue that is
// full nor a line that cannot be sent ever keeps what arrives from being printed. The life of such a command, in order:
//
//	1  say     lines to messages, messages to the socket                      (the sayer's goroutine, talk_say.go)
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

// talk sends standard input and prints what arrives. peers is what --wait-peers waits for.
func (s *session) talk(ctx context.Context, with duplex, peers func(context.Context, int) error) error {
	if !s.more() {
		return nil
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	say := &sayer{session: s, to: with, peers: peers, done: make(chan struct{})}
	go say.sayLoop(ctx, end)
	err := s.hear(ctx, with, say)
	s.settled = err == nil
	end()
	<-say.done
	s.said.Store(false)
	if errors.Is(err, context.Canceled) && say.err != nil && !errors.Is(say.err, context.Canceled) {
		err = say.err // which is what ended it
	}
	s.inHand += say.unsent()
	if say.astray > 0 {
		stray := fmt.Errorf("%d messages not sent: nobody has the identity they name", say.astray)
		if !s.settled {
			return errors.Join(err, stray)
		}
		s.std.complain(stray)
	}
	return err
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

// silence says whether a time in which nothing arrived is the end. It is not where something went out meanwhile, unless all of standard input has. Where
// messages are counted, or peers waited for, they did not come, and err says so. Otherwise it is what the end looks like once standard input has ended,
// and means nothing before: to wait for nothing, with an rcvtimeo of 0, is to end.
func (s *session) silence(say *sayer, err error) (over bool, _ error) {
	doing := say.doing.Load()
	switch {
	case !s.quiet():
		return false, nil
	case s.set.counted, doing == awaiting:
		return true, err
	case doing == silent:
		return true, nil
	case s.set.recvTimeout == 0:
		return true, err
	default:
		return say.stuck(), nil
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
