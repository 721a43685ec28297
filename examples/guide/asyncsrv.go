package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/weirmq/weir/socket"
)

// asyncsrv has clients that send requests without waiting for replies, and a server whose workers answer each with any number of them: DEALER to ROUTER
// outside, DEALER to DEALER inside. It goes on until it is interrupted.
func asyncsrv(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("asyncsrv", flag.ExitOnError)
	at := flags.String("at", "tcp://localhost:5570", "`endpoint` of the server")
	every := flags.Duration("every", time.Second, "pause between two requests, and the longest between two replies")
	parts := partsFlag(flags, "server", "clients")
	_ = flags.Parse(args) // exits where it fails

	ctx, rt, err := parts.begin(ctx)
	if err != nil {
		return err
	}
	parts.play("server", 1, func() error {
		frontend, err1 := bound(ctx, rt, socket.NewRouter, *at)
		backend, err2 := bound(ctx, rt, socket.NewDealer, "inproc://backend")
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return socket.Proxy(ctx, frontend, backend, nil)
	})
	parts.play("server", 5, func() error { // a worker answers with up to four copies; a message is the client's id and the request
		worker, err := connected(ctx, rt, socket.NewDealer, "inproc://backend")
		for err == nil {
			var m socket.Message
			m, err = worker.Recv(ctx)
			for range rand.IntN(5) {
				if err == nil {
					err = errors.Join(pause(ctx, rand.N(*every+1)), worker.Send(ctx, m.Clone()))
				}
			}
		}
		return err
	})
	parts.play("clients", 3, func() error { return asyncClient(ctx, rt, *at, *every, out) })
	return parts.end()
}

// asyncClient sends a request at each tick, and prints replies as they come, in one goroutine.
func asyncClient(ctx context.Context, rt *socket.Runtime, server string, every time.Duration, out io.Writer) error {
	name := printable()
	client, err := connected(ctx, rt, socket.NewDealer, server, socket.RoutingID(name))
	if err != nil {
		return err
	}
	tick, replies := time.NewTicker(every), client.RecvChan(ctx)
	defer tick.Stop()
	for n := 1; err == nil; {
		select {
		case reply, ok := <-replies:
			if !ok {
				return ctx.Err()
			}
			fmt.Fprintf(out, "%s: %s\n", name, reply)
		case <-tick.C:
			err = client.Send(ctx, socket.NewMessage(fmt.Sprintf("request #%d", n)))
			n++
		}
	}
	return err
}
