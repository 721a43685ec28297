package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/weirmq/weir/socket"
)

// tasksink waits for a batch to begin, counts what comes from the workers, and says how long the batch took: a PULL, which serves all its peers in turn.
func tasksink(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("tasksink", flag.ExitOnError)
	bind := flags.String("bind", "tcp://*:5558", "`endpoint` for the ventilator and the workers")
	tasks := flags.Int("n", 100, "wait for so many tasks")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	receiver, err := bound(ctx, rt, socket.NewPull, *bind)
	if err != nil {
		return err
	}
	return collect(ctx, receiver, *tasks, out)
}

// collect takes one batch: its beginning, and a message for each task.
func collect(ctx context.Context, receiver *socket.Pull, tasks int, out io.Writer) error {
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
