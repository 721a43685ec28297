package main

import (
	"context"
	"errors"
	"io"

	"github.com/weirmq/weir/socket"
)

// reqKind is REQ.
var reqKind = kind{
	name:  "req",
	short: "send each line of standard input as a request, print its reply",
	long: `req sends a line of standard input to one of its peers, in turn, waits for the
reply and prints it, before it goes on to the next line. --count counts replies.`,
	example: `  echo ping | weir req -c tcp://localhost:5557 -t 1s
  weir req -c tcp://a:5557 -c tcp://b:5557 < requests > replies`,
	unsent: undelivered,
	waits:  "finished handshakes",
	open: func(s *session) (job, error) {
		req, err := socket.NewReq(s.rt, s.options...)
		if err != nil {
			return job{}, err
		}
		return job{req, req.WaitPeers, func(ctx context.Context) error { return s.askLines(ctx, req) }}, nil
	},
}

// askLines asks line by line, to the end of standard input.
func (s *session) askLines(ctx context.Context, req *socket.Req) error {
	if !s.more() {
		return nil
	}
	in := newInput(ctx, s.std.in, s.set.format, 0, nil)
	for s.more() {
		m, err := in.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.ask(ctx, req, m); err != nil {
			return err
		}
		s.done++
	}
	return nil
}

// ask sends one request and prints its reply, at once: the next line may take its time.
func (s *session) ask(ctx context.Context, req *socket.Req, m socket.Message) error {
	if err := s.send(ctx, req, m); err != nil {
		return err
	}
	s.owed = true
	reply, err := s.receive(ctx, req)
	if err != nil {
		return err
	}
	s.owed = false
	return errors.Join(s.out.print(reply), s.out.flush())
}
