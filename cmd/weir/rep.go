package main

import (
	"context"

	"github.com/weirmq/weir/socket"
)

// repKind is REP.
var repKind = kind{
	name:  "rep",
	short: "answer each request with itself",
	long: `rep sends each request back as its reply, and prints nothing. --count counts
replies; the last one is flushed.`,
	example: `  weir rep -b tcp://*:5557
  weir rep -b tcp://*:5557 -n 1 -t 10s   # answer once; fail with 3 where nobody asks`,
	unsent: leftOver,
	open: func(s *session) (job, error) {
		rep, err := socket.NewRep(s.rt, s.options...)
		if err != nil {
			return job{}, err
		}
		return job{socket: rep, work: func(ctx context.Context) error { return s.echo(ctx, rep) }}, nil
	},
}

// echo answers requests until --count is reached.
func (s *session) echo(ctx context.Context, rep *socket.Rep) error {
	for s.more() {
		m, err := s.receive(ctx, rep)
		if err != nil {
			return err
		}
		if err := s.send(ctx, rep, m); err != nil {
			return err
		}
		s.done++
	}
	return nil
}
