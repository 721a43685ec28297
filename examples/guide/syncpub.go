package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// syncpub publishes a million messages when ten subscribers are there, and no subscriber misses one: each reports by a request, and the mark is higher
// than what is published.
func syncpub(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("syncpub", flag.ExitOnError)
	bind := flags.String("bind", "tcp://*:5561", "`endpoint` for subscribers")
	reports := flags.String("sync", "tcp://*:5562", "`endpoint` where they report")
	expected := flags.Int("subscribers", 10, "wait for so many")
	updates := flags.Int("n", 1_000_000, "publish so many")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx) // sends what is queued first
	publisher, err1 := bound(ctx, rt, socket.NewPub, *bind, socket.SendHWM(1_100_000))
	syncservice, err2 := bound(ctx, rt, socket.NewRep, *reports)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}

	fmt.Fprintln(out, "Waiting for subscribers")
	for range *expected {
		if _, err := syncservice.Recv(ctx); err != nil {
			return err
		}
		if err := syncservice.Send(ctx, socket.NewMessage()); err != nil {
			return err
		}
	}
	// A report may overtake its subscription, which comes over another connection.
	if err := publisher.WaitSubscribers(ctx, *expected); err != nil {
		return err
	}
	fmt.Fprintln(out, "Broadcasting messages")
	for range *updates {
		if err := publisher.Send(ctx, socket.NewMessage("Rhubarb")); err != nil {
			return err
		}
	}
	return publisher.Send(ctx, socket.NewMessage("END"))
}
