package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

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
	part := partFlag(flags, "broker", "workers")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx) // sends what is queued first
	group, ctx := errgroup.WithContext(ctx)
	if part.plays("broker") {
		group.Go(func() error { return employ(ctx, rt, *at, *tasks, *workers) })
	}
	for range *workers {
		if part.plays("workers") {
			group.Go(func() error {
				worker, err := connected(ctx, rt, socket.NewReq, *at, socket.RoutingID(printable()))
				if err != nil {
					return err
				}
				return toil(ctx, worker, *work, out)
			})
		}
	}
	return group.Wait()
}

// toil asks for work and does it, until it is fired.
func toil(ctx context.Context, worker *socket.Req, work time.Duration, out io.Writer) error {
	for total := 0; ; total++ {
		if err := worker.Send(ctx, socket.NewMessage("Hi Boss")); err != nil {
			return err
		}
		workload, err := worker.Recv(ctx)
		if err != nil {
			return err
		}
		if workload.String() == "Fired!" {
			fmt.Fprintf(out, "Completed: %d tasks\n", total)
			return nil
		}
		if err := pause(ctx, rand.N(work+1)); err != nil {
			return err
		}
	}
}
