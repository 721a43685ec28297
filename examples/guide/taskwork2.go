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

// taskwork2 is taskwork that can be told to end: anything that comes over a second socket does. Any number of sockets can be waited for with select, as
// channels; what such a channel holds when it is given up goes back to its socket.
func taskwork2(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("taskwork2", flag.ExitOnError)
	source := flags.String("source", "tcp://localhost:5557", "the ventilator's `endpoint`")
	sink := flags.String("sink", "tcp://localhost:5558", "the sink's `endpoint`")
	control := flags.String("control", "tcp://localhost:5559", "the `endpoint` of who says when it is over")
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
	controller, err := connected(ctx, rt, socket.NewSub, *control)
	if err != nil {
		return err
	}
	if err := controller.Subscribe(""); err != nil {
		return err
	}

	tasks, orders := receiver.RecvChan(ctx), controller.RecvChan(ctx)
	for {
		select {
		case task, ok := <-tasks:
			if !ok { // ctx has ended
				return ctx.Err()
			}
			if err := performOne(ctx, task, sender, out); err != nil {
				return err
			}
		case <-orders:
			return nil
		}
	}
}

// performOne does one task, and sends an empty message when it is done.
func performOne(ctx context.Context, task socket.Message, sink socket.Sender, out io.Writer) error {
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
