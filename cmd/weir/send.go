package main

import (
	"context"
	"errors"
	"io"

	"github.com/weirmq/weir/socket"
)

// pushKind is PUSH.
var pushKind = kind{
	name:  "push",
	short: "send each line of standard input to one of the peers, in turn",
	long: `push sends each line of standard input, as it is read, to one of its peers: in
turn, past those whose queue is full. It waits where no peer has room and drops
nothing. At the end of input it flushes, within --linger, and exits with 0. What
was not sent is counted on standard error, with status 1.`,
	example: `  seq 1000 | weir push -c tcp://localhost:5555
  tail -f app.log | weir push -b tcp://*:5555 --wait-peers 3
  echo '["a frame","another"]' | weir push -c ipc:///tmp/jobs -f json
  weir push -c tcp://db:5555 -t 5s < jobs || echo "nobody takes them"`,
	unsent: undelivered,
	waits:  "finished handshakes",
	open: func(s *session) (job, error) {
		push, err := socket.NewPush(s.rt, s.options...)
		if err != nil {
			return job{}, err
		}
		return job{push, push.WaitPeers, func(ctx context.Context) error { return s.sendLines(ctx, push) }}, nil
	},
}

// pubKind is PUB.
var pubKind = kind{
	name:  "pub",
	short: "send each line of standard input to all subscribers",
	long: `pub sends each line of standard input, as it is read, to every peer that
subscribed to a prefix of its first frame. It never waits: where nobody has
subscribed the line goes nowhere, and a subscriber whose queue is full (--hwm)
misses it. --wait-peers N first waits for N peers with at least one subscription.
At the end of input it flushes, within --linger, and exits with 0.`,
	example: `  sensors | weir pub -b tcp://*:5556
  printf 'weather.oslo\train\n' | weir pub -b tcp://*:5556 --wait-peers 1 -t 10s`,
	unsent: leftOver,
	waits:  "peers with at least one subscription",
	open: func(s *session) (job, error) {
		pub, err := socket.NewPub(s.rt, s.options...)
		if err != nil {
			return job{}, err
		}
		return job{pub, pub.WaitSubscribers, func(ctx context.Context) error { return s.sendLines(ctx, pub) }}, nil
	},
}

// sendLines sends standard input to its end.
func (s *session) sendLines(ctx context.Context, to socket.Sender) error {
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
		if err := s.send(ctx, to, m); err != nil {
			return err
		}
		s.done++
	}
	return nil
}
