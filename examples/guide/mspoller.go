package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// mspoller reads from two sockets the good ways: it is woken when there is something. With -select by Go's own select, else by a Poller, which takes
// connections and files too, and can wait for room to send.
func mspoller(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mspoller", flag.ExitOnError)
	tasks := flags.String("tasks", "tcp://localhost:5557", "the ventilator's `endpoint`")
	weather := flags.String("weather", "tcp://localhost:5556", "the weather server's `endpoint`")
	selects := flags.Bool("select", false, "wait with select")
	_ = flags.Parse(args) // exits where it fails
	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	receiver, err1 := connected(ctx, rt, socket.NewPull, *tasks)
	subscriber, err2 := connected(ctx, rt, socket.NewSub, *weather)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if err := subscriber.Subscribe("10001 "); err != nil {
		return err
	}
	if *selects {
		return selectBoth(ctx, receiver, subscriber, out)
	}
	return pollBoth(ctx, receiver, subscriber, out)
}

// pollBoth waits with a Poller, which tells what is ready; receiving is then up to the caller, and does not wait.
func pollBoth(ctx context.Context, receiver *socket.Pull, subscriber *socket.Sub, out io.Writer) error {
	poller := socket.NewPoller()
	if err := errors.Join(poller.Add(receiver, socket.PollIn), poller.Add(subscriber, socket.PollIn)); err != nil {
		return err
	}
	what := map[socket.Socket]string{receiver: "task", subscriber: "weather"}
	for {
		ready, err := poller.Wait(ctx)
		if err != nil {
			return err
		}
		for _, event := range ready {
			m, err := event.Socket.(socket.Receiver).Recv(ctx)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s: %s\n", what[event.Socket], m)
		}
	}
}

// selectBoth waits with select, which hands out what was received. A channel is closed when ctx ends.
func selectBoth(ctx context.Context, receiver *socket.Pull, subscriber *socket.Sub, out io.Writer) error {
	tasks, updates := receiver.RecvChan(ctx), subscriber.RecvChan(ctx)
	for {
		select {
		case m, ok := <-tasks:
			if !ok {
				return ctx.Err()
			}
			fmt.Fprintln(out, "task:", m)
		case m, ok := <-updates:
			if !ok {
				return ctx.Err()
			}
			fmt.Fprintln(out, "weather:", m)
		}
	}
}
