package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/weirmq/weir/socket"
)

// rtreq gives work to whoever asks for it: the workers' REQs say that they have nothing to do, and a ROUTER answers each when it has something. So no
// worker is given more than it can do. When all tasks are done it fires the workers.
func rtreq(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rtreq", flag.ExitOnError)
	at := flags.String("at", "tcp://localhost:5671", "`endpoint` of the broker")
	workers := flags.Int("workers", 10, "so many work")
	tasks := flags.Int("n", 200, "so many tasks, in all")
	work := flags.Duration("work", 500*time.Millisecond, "how long a task takes at most")
	parts := partsFlag(flags, "broker", "workers")
	_ = flags.Parse(args) // exits where it fails

	ctx, rt, err := parts.begin(ctx)
	if err != nil {
		return err
	}
	parts.play("broker", 1, func() error {
		broker, err := bound(ctx, rt, socket.NewRouter, *at)
		for n := 0; n < *tasks+*workers && err == nil; n++ {
			var m socket.Message
			if m, err = broker.Recv(ctx); err != nil { // worker, "", "Hi Boss"
				return err
			}
			word := "Work harder"
			if n >= *tasks {
				word = "Fired!" // each but once: who was fired does not ask again
			}
			err = broker.SendTo(ctx, m.Frame(0), socket.NewMessage("", word))
		}
		return err
	})
	parts.play("workers", *workers, func() error {
		worker, err := connected(ctx, rt, socket.NewReq, *at, socket.RoutingID(printable()))
		for total := 0; err == nil; total++ {
			workload, err := ask(ctx, worker, socket.NewMessage("Hi Boss"))
			if err != nil {
				return err
			}
			if workload.String() == "Fired!" {
				fmt.Fprintf(out, "Completed: %d tasks\n", total)
				return nil
			}
			if err := pause(ctx, rand.N(*work+1)); err != nil {
				return err
			}
		}
		return err
	})
	return parts.end()
}
