package main

import (
	"context"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// lbclient asks once.
func lbclient(ctx context.Context, rt *socket.Runtime, broker string, out io.Writer) error {
	client, err := connected(ctx, rt, socket.NewReq, broker, socket.RoutingID(printable()))
	if err != nil {
		return err
	}
	if err := client.Send(ctx, socket.NewMessage("HELLO")); err != nil {
		return err
	}
	reply, err := client.Recv(ctx)
	if err == nil {
		fmt.Fprintln(out, "Client:", reply)
	}
	return err
}

// lbworker says that it is ready, and from then on each of its requests is the reply to one of a client's. What it
// has not said when the broker goes is of no use to anybody: Linger(0).
func lbworker(ctx context.Context, rt *socket.Runtime, broker string, out io.Writer) error {
	worker, err := connected(ctx, rt, socket.NewReq, broker, socket.RoutingID(printable()), socket.Linger(0))
	if err != nil {
		return err
	}
	if err := worker.Send(ctx, socket.NewMessage("READY")); err != nil {
		return err
	}
	for m, err := range worker.Messages(ctx) { // client, "", request
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "Worker: %s\n", m.Frame(2))
		if err := worker.Send(ctx, socket.MessageOf(m.Frame(0), nil, []byte("OK"))); err != nil {
			return err
		}
	}
	return nil
}
