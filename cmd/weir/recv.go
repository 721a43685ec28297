package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weirmq/weir/socket"
)

// pullKind is PULL.
var pullKind = kind{
	name:  "pull",
	short: "print what the peers push",
	long: `pull prints a line for each message that its peers push, and serves them in turn.
A message is printed at once where no other is waiting.`,
	example: `  weir pull -b tcp://*:5555
  weir pull -c tcp://localhost:5555 -n 10 -f json
  weir pull -b 'ipc://@jobs' -t 30s > jobs; echo $?   # 3 after half a minute of silence`,
	open: func(s *session) (job, error) {
		pull, err := socket.NewPull(s.rt, s.options...)
		if err != nil {
			return job{}, err
		}
		return job{socket: pull, work: func(ctx context.Context) error { return s.printMessages(ctx, pull) }}, nil
	},
}

// subKind is SUB.
var subKind = kind{
	name:  "sub",
	short: "print what the peers publish, by prefix",
	long: `sub prints a line for each message that its peers publish and whose first frame
begins with one of the prefixes given. Without --subscribe it prints everything.
A message is printed at once where no other is waiting.`,
	example: `  weir sub -c tcp://localhost:5556
  weir sub -c tcp://localhost:5556 -s weather. -s traffic. -n 100`,
	flags: func(cmd *cobra.Command, s *settings) {
		cmd.Flags().StringArrayVarP(&s.subscribe, "subscribe", "s", nil,
			"print messages that begin with `PREFIX`; may be repeated (default: everything)")
	},
	open: func(s *session) (job, error) {
		sub, err := socket.NewSub(s.rt, s.options...)
		if err != nil {
			return job{}, err
		}
		if err := subscribe(sub, orEverything(s.set.subscribe)); err != nil {
			return job{}, err
		}
		return job{socket: sub, work: func(ctx context.Context) error { return s.printMessages(ctx, sub) }}, nil
	},
}

// orEverything is the prefixes, or the one of everything where there are none.
func orEverything(prefixes []string) []string {
	if len(prefixes) == 0 {
		return []string{""}
	}
	return prefixes
}

// subscribe asks for the prefixes.
func subscribe(sub interface{ Subscribe(prefix string) error }, prefixes []string) error {
	for _, prefix := range prefixes {
		if err := sub.Subscribe(prefix); err != nil {
			return err
		}
	}
	return nil
}

// printMessages prints what is received, until --count is reached.
func (s *session) printMessages(ctx context.Context, from socket.Receiver) error {
	for s.more() {
		m, err := s.receive(ctx, from)
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
