package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// rrclient is hwclient at a broker's frontend. It does not know how many workers stand behind it, nor where.
func rrclient(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rrclient", flag.ExitOnError)
	connect := flags.String("connect", "tcp://localhost:5559", "the broker's `endpoint` for clients")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	requester, err := connected(ctx, rt, socket.NewReq, *connect)
	if err != nil {
		return err
	}

	for n := range 10 {
		if err := requester.Send(ctx, socket.NewMessage("Hello")); err != nil {
			return err
		}
		reply, err := requester.Recv(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "Received reply %d [%s]\n", n, reply)
	}
	return nil
}
