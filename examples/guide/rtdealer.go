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

// rtdealer is rtreq with DEALERs for workers, at the same broker. A DEALER may send and receive in any order, so it must write the empty frame that a REQ
// writes by itself, and take it off.
func rtdealer(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rtdealer", flag.ExitOnError)
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
	parts.play("workers", *workers, func() error { return deal(ctx, rt, *at, *work, out) })
	return parts.end()
}

// deal is what a REQ would do, with a DEALER.
func deal(ctx context.Context, rt *socket.Runtime, broker string, work time.Duration, out io.Writer) error {
	worker, err := connected(ctx, rt, socket.NewDealer, broker, socket.RoutingID(printable()))
	for total := 0; err == nil; total++ {
		if err := worker.Send(ctx, socket.NewMessage("", "Hi Boss")); err != nil {
			return err
		}
		workload, err := worker.Recv(ctx) // an empty frame, and a word
		if err != nil {
			return err
		}
		if workload.Tail(1).String() == "Fired!" {
			fmt.Fprintf(out, "Completed: %d tasks\n", total)
			return nil
		}
		if err := pause(ctx, rand.N(work+1)); err != nil {
			return err
		}
	}
	return err
}
