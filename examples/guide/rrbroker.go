package main

import (
	"context"
	"errors"
	"flag"
	"io"

	"github.com/weirmq/weir/socket"
)

// rrbroker stands between clients and workers: a ROUTER notes in front of each request whom it came from, a DEALER deals the requests out, and the note
// brings each reply back. msgqueue does the same in one call.
func rrbroker(ctx context.Context, args []string, _ io.Writer) error {
	flags := flag.NewFlagSet("rrbroker", flag.ExitOnError)
	front := flags.String("frontend", "tcp://*:5559", "`endpoint` for clients")
	back := flags.String("backend", "tcp://*:5560", "`endpoint` for workers")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	frontend, err1 := bound(ctx, rt, socket.NewRouter, *front)
	backend, err2 := bound(ctx, rt, socket.NewDealer, *back)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}

	poller := socket.NewPoller()
	if err := errors.Join(poller.Add(frontend, socket.PollIn), poller.Add(backend, socket.PollIn)); err != nil {
		return err
	}
	for {
		ready, err := poller.Wait(ctx)
		if err != nil {
			return err
		}
		for _, event := range ready {
			switch event.Socket {
			case frontend:
				err = pass(ctx, frontend, backend)
			case backend:
				err = pass(ctx, backend, frontend)
			}
			if err != nil {
				return err
			}
		}
	}
}

// pass takes one message, with all its frames, from one socket to another.
func pass(ctx context.Context, from socket.Receiver, to socket.Sender) error {
	m, err := from.Recv(ctx)
	if err != nil {
		return err
	}
	return to.Send(ctx, m)
}
