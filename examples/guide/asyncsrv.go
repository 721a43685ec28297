package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// asyncsrv has clients that send requests without waiting for replies, and a server whose workers answer each with any number of them: DEALER to ROUTER
// outside, DEALER to DEALER inside. It goes on until it is interrupted.
func asyncsrv(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("asyncsrv", flag.ExitOnError)
	at := flags.String("at", "tcp://localhost:5570", "`endpoint` of the server")
	every := flags.Duration("every", time.Second, "pause between two requests, and the longest between two replies")
	part := partFlag(flags, "server", "clients")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	group, ctx := errgroup.WithContext(ctx)
	if part.plays("server") {
		frontend, err1 := bound(ctx, rt, socket.NewRouter, *at)
		backend, err2 := bound(ctx, rt, socket.NewDealer, "inproc://backend")
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		group.Go(func() error { return socket.Proxy(ctx, frontend, backend, nil) })
		for range 5 {
			group.Go(func() error { return asyncWorker(ctx, rt, *every) })
		}
	}
	for range 3 {
		if part.plays("clients") {
			group.Go(func() error { return asyncClient(ctx, rt, *at, *every, out) })
		}
	}
	return group.Wait()
}

// asyncWorker answers each request with up to four copies of it. A message is the client's id and the request.
func asyncWorker(ctx context.Context, rt *socket.Runtime, most time.Duration) error {
	worker, err := connected(ctx, rt, socket.NewDealer, "inproc://backend")
	if err != nil {
		return err
	}
	for m, err := range worker.Messages(ctx) {
		if err != nil {
			return err
		}
		for range rand.IntN(5) {
			if err := errors.Join(pause(ctx, rand.N(most+1)), worker.Send(ctx, m.Clone())); err != nil {
				return err
			}
		}
	}
	return nil
}
