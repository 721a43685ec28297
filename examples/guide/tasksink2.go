package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/weirmq/weir/socket"
)

// tasksink2 is tasksink that tells the workers to end when the batch is done. A publisher does not know who hears it; but it can wait until so many do.
func tasksink2(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("tasksink2", flag.ExitOnError)
	bind := flags.String("bind", "tcp://*:5558", "`endpoint` for the ventilator and the workers")
	control := flags.String("control", "tcp://*:5559", "`endpoint` where workers hear when it is over")
	tasks := flags.Int("n", 100, "wait for so many tasks")
	workers := flags.Int("workers", 1, "end when so many listen")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx) // sends what is queued first
	receiver, err := bound(ctx, rt, socket.NewPull, *bind)
	if err != nil {
		return err
	}
	controller, err := bound(ctx, rt, socket.NewPub, *control)
	if err != nil {
		return err
	}

	if err := collectOnce(ctx, receiver, *tasks, out); err != nil {
		return err
	}
	if err := controller.WaitSubscribers(ctx, *workers); err != nil {
		return err
	}
	return controller.Send(ctx, socket.NewMessage("KILL"))
}

// collectOnce takes one batch: its beginning, and a message for each task.
func collectOnce(ctx context.Context, receiver *socket.Pull, tasks int, out io.Writer) error {
	if _, err := receiver.Recv(ctx); err != nil {
		return err
	}
	began := time.Now()
	for n := range tasks {
		if _, err := receiver.Recv(ctx); err != nil {
			return err
		}
		fmt.Fprint(out, map[bool]string{true: ":", false: "."}[n%10 == 0])
	}
	fmt.Fprintf(out, "\nTotal elapsed time: %d msec\n", time.Since(began).Milliseconds())
	return nil
}
