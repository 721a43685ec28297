package main

import (
	"context"
	"errors"
	"flag"
	"io"

	"github.com/weirmq/weir/socket"
)

// msgqueue is rrbroker with the proxy that the library has. `weir proxy --frontend router:tcp://*:5559 --backend dealer:tcp://*:5560` is the same without
// a line of code.
func msgqueue(ctx context.Context, args []string, _ io.Writer) error {
	flags := flag.NewFlagSet("msgqueue", flag.ExitOnError)
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
	return socket.Proxy(ctx, frontend, backend, nil)
}
