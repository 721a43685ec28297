package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/weirmq/weir/socket"
)

// taskwork does one task after the other, and tells the sink of each. Start as many as you like, whenever you like.
func taskwork(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("taskwork", flag.ExitOnError)
	source := flags.String("source", "tcp://localhost:5557", "the ventilator's `endpoint`")
	sink := flags.String("sink", "tcp://localhost:5558", "the sink's `endpoint`")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	receiver, err := connected(ctx, rt, socket.NewPull, *source)
	if err != nil {
		return err
	}
	sender, err := connected(ctx, rt, socket.NewPush, *sink)
	if err != nil {
		return err
	}

	for task, err := range receiver.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := perform(ctx, task, sender, out); err != nil {
			return err
		}
	}
	return nil
}

// perform does one task, and sends an empty message when it is done.
func perform(ctx context.Context, task socket.Message, sink socket.Sender, out io.Writer) error {
	fmt.Fprintf(out, "%s.", task)
	msec, err := strconv.Atoi(task.String())
	if err != nil {
		return fmt.Errorf("no task: %w", err)
	}
	if err := pause(ctx, time.Duration(msec)*time.Millisecond); err != nil {
		return err
	}
	return sink.Send(ctx, socket.NewMessage())
}
