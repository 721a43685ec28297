package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/weirmq/weir/socket"
)

// msreader reads from two sockets the poor way: it asks each in turn, tasks first, and sleeps a little where neither had anything. mspoller does it well.
func msreader(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("msreader", flag.ExitOnError)
	tasks := flags.String("tasks", "tcp://localhost:5557", "the ventilator's `endpoint`")
	weather := flags.String("weather", "tcp://localhost:5556", "the weather server's `endpoint`")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	receiver, err := connected(ctx, rt, socket.NewPull, *tasks)
	if err != nil {
		return err
	}
	subscriber, err := connected(ctx, rt, socket.NewSub, *weather)
	if err != nil {
		return err
	}
	if err := subscriber.Subscribe("10001 "); err != nil {
		return err
	}

	for ctx.Err() == nil {
		if err := drain(receiver, "task", out); err != nil {
			return err
		}
		if err := drain(subscriber, "weather", out); err != nil {
			return err
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// drain takes what is there, and does not wait for more.
func drain(from socket.Receiver, what string, out io.Writer) error {
	for {
		m, err := from.TryRecv()
		if errors.Is(err, socket.ErrWouldBlock) {
			return nil
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %s\n", what, m)
	}
}
