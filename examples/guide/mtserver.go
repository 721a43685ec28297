package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// mtserver is hwserver with five goroutines that serve at once, behind a broker inside the process. Each could be moved into a process of its own by
// another endpoint; hwclient notices nothing of either.
func mtserver(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mtserver", flag.ExitOnError)
	bind := flags.String("bind", "tcp://*:5555", "`endpoint` for clients")
	inside := flags.String("workers", "inproc://workers", "`endpoint` for workers")
	work := flags.Duration("work", time.Second, "how long a request takes")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	clients, err1 := bound(ctx, rt, socket.NewRouter, *bind)
	workers, err2 := bound(ctx, rt, socket.NewDealer, *inside)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}

	group, ctx := errgroup.WithContext(ctx)
	for range 5 {
		group.Go(func() error {
			responder, err := connected(ctx, rt, socket.NewRep, *inside)
			for err == nil {
				var request socket.Message
				if request, err = responder.Recv(ctx); err == nil {
					fmt.Fprintf(out, "Received request: [%s]\n", request)
					err = errors.Join(pause(ctx, *work), responder.Send(ctx, socket.NewMessage("World")))
				}
			}
			return err
		})
	}
	group.Go(func() error { return socket.Proxy(ctx, clients, workers, nil) })
	return group.Wait()
}
