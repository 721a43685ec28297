package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// lbbroker gives each request to the worker that has been idle the longest. Both sides are ROUTERs, so that it knows each worker by name.
func lbbroker(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("lbbroker", flag.ExitOnError)
	front := flags.String("frontend", "ipc://frontend.ipc", "`endpoint` for clients")
	back := flags.String("backend", "ipc://backend.ipc", "`endpoint` for workers")
	clients := flags.Int("clients", 10, "so many ask, each once")
	workers := flags.Int("workers", 3, "so many answer")
	parts := partsFlag(flags, "broker", "clients", "workers")
	_ = flags.Parse(args) // exits where it fails

	ctx, rt, err := parts.begin(ctx)
	if err != nil {
		return err
	}
	working, done := context.WithCancel(ctx)
	defer done()
	parts.play("broker", 1, func() error { defer done(); return balance(ctx, rt, *front, *back, *clients) })
	parts.play("clients", *clients, func() error {
		client, err := connected(ctx, rt, socket.NewReq, *front, socket.RoutingID(printable()))
		if err != nil {
			return err
		}
		reply, err := ask(ctx, client, socket.NewMessage("HELLO"))
		if err == nil {
			fmt.Fprintln(out, "Client:", reply)
		}
		return err
	})
	parts.play("workers", *workers, func() error { // what it has not said when the broker goes is of no use to anybody: Linger(0)
		worker, err := connected(working, rt, socket.NewReq, *back, socket.RoutingID(printable()), socket.Linger(0))
		for m := socket.NewMessage("READY"); err == nil; { // each request is the reply to what it says
			if m, err = ask(working, worker, m); err == nil {
				fmt.Fprintf(out, "Worker: %s\n", m.Frame(2)) // client, "", request
				m = socket.MessageOf(m.Frame(0), nil, []byte("OK"))
			}
		}
		return err
	})
	return parts.end()
}

// balance passes so many requests to workers, and their replies back. While no worker is idle requests wait where they are, in the socket's queues.
func balance(ctx context.Context, rt *socket.Runtime, front, back string, n int) error {
	frontend, err1 := bound(ctx, rt, socket.NewRouter, front)
	backend, err2 := bound(ctx, rt, socket.NewRouter, back)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	var idle [][]byte // names of workers; the first has waited longest
	for requests, replies := frontend.RecvChan(ctx), backend.RecvChan(ctx); n > 0 && ctx.Err() == nil; {
		select {
		case m := <-replies: // worker, "", READY; or worker, "", client, "", reply
			idle = append(idle, m.Frame(0))
			if m.Len() == 5 {
				n--
				_ = frontend.Send(ctx, m.Tail(2)) // a client that is gone needs none
			}
		case m, ok := <-when(len(idle) > 0, requests): // client, "", request
			if ok {
				_ = backend.Send(ctx, m.Prepend(idle[0], nil))
				idle = idle[1:]
			}
		}
	}
	return ctx.Err()
}
