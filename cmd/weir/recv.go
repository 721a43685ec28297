package main

import (
	"context"
	"slices"

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
-o unsubscribe=PREFIX takes back one subscription that stands before it.
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
		if err := subscribe(sub, orEverything(s.set.topics)); err != nil {
			return job{}, err
		}
		return job{socket: sub, work: func(ctx context.Context) error { return s.printMessages(ctx, sub) }}, nil
	},
}

// A topicChange is a subscription, or the end of one.
type topicChange struct {
	prefix string
	end    bool
}

// orEverything is the changes, behind a subscription to everything where none of them subscribes.
func orEverything(changes []topicChange) []topicChange {
	if slices.ContainsFunc(changes, func(c topicChange) bool { return !c.end }) {
		return changes
	}
	return append([]topicChange{{prefix: ""}}, changes...)
}

// A subscriber is what subscribe changes.
type subscriber interface {
	Subscribe(prefix string) error
	Unsubscribe(prefix string) error
}

// subscribe makes the changes, one after the other. The end of what is not subscribed to is none, as in libzmq.
func subscribe(sub subscriber, changes []topicChange) error {
	for _, c := range changes {
		change := sub.Subscribe
		if c.end {
			change = sub.Unsubscribe
		}
		if err := change(c.prefix); err != nil {
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
