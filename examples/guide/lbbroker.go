package main

import (
	"context"
	"errors"
	"flag"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// lbbroker gives each request to the worker that has been idle the longest. Both sides are ROUTERs, so that it knows each worker by name. lbbalance.go
// is the broker itself, lbtasks.go has its clients and workers.
func lbbroker(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("lbbroker", flag.ExitOnError)
	front := flags.String("frontend", "ipc://frontend.ipc", "`endpoint` for clients")
	back := flags.String("backend", "ipc://backend.ipc", "`endpoint` for workers")
	clients := flags.Int("clients", 10, "so many ask, each once")
	workers := flags.Int("workers", 3, "so many answer")
	part := partFlag(flags, "broker", "clients", "workers")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx) // sends what is queued first
	group, ctx := errgroup.WithContext(ctx)
	working, done := context.WithCancel(ctx)
	defer done()
	if part.plays("broker") {
		frontend, err1 := bound(ctx, rt, socket.NewRouter, *front)
		backend, err2 := bound(ctx, rt, socket.NewRouter, *back)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		group.Go(func() error { defer done(); return balance(ctx, frontend, backend, *clients) })
	}
	for range *clients {
		if part.plays("clients") {
			group.Go(func() error { return lbclient(ctx, rt, *front, out) })
		}
	}
	for range *workers {
		if part.plays("workers") {
			group.Go(func() error {
				if err := lbworker(working, rt, *back, out); working.Err() == nil {
					return err
				}
				return nil // the broker has all that it wanted
			})
		}
	}
	return group.Wait()
}
