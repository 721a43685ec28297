package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/weirmq/weir/socket"
)

// hwserver answers each Hello with World: a REP, whose turns are receive, send, receive, send.
func hwserver(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("hwserver", flag.ExitOnError)
	bind := flags.String("bind", "tcp://*:5555", "`endpoint` for clients")
	work := flags.Duration("work", time.Second, "how long a request takes")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	responder, err := bound(ctx, rt, socket.NewRep, *bind)
	if err != nil {
		return err
	}

	for request, err := range responder.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "Received", request)
		if err := pause(ctx, *work); err != nil {
			return err
		}
		if err := responder.Send(ctx, socket.NewMessage("World")); err != nil {
			return err
		}
	}
	return nil
}
