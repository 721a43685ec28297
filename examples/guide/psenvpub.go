package main

import (
	"context"
	"flag"
	"io"
	"time"

	"github.com/weirmq/weir/socket"
)

// psenvpub publishes messages of two frames: an envelope with the topic, and what is inside. A message travels whole, whatever it is made of.
func psenvpub(ctx context.Context, args []string, _ io.Writer) error {
	flags := flag.NewFlagSet("psenvpub", flag.ExitOnError)
	bind := flags.String("bind", "tcp://*:5563", "`endpoint` for subscribers")
	every := flags.Duration("every", time.Second, "pause between two rounds")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	publisher, err := bound(ctx, rt, socket.NewPub, *bind)
	if err != nil {
		return err
	}

	for ctx.Err() == nil {
		if err := publisher.Send(ctx, socket.NewMessage("A", "We don't want to see this")); err != nil {
			return err
		}
		if err := publisher.Send(ctx, socket.NewMessage("B", "We would like to see this")); err != nil {
			return err
		}
		if err := pause(ctx, *every); err != nil {
			return err
		}
	}
	return nil
}
