package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/weirmq/weir/socket"
)

// asyncClient sends a request at each tick, and prints replies as they come, in one goroutine.
func asyncClient(ctx context.Context, rt *socket.Runtime, server string, every time.Duration, out io.Writer) error {
	name := printable()
	client, err := connected(ctx, rt, socket.NewDealer, server, socket.RoutingID(name))
	if err != nil {
		return err
	}
	tick, replies := time.NewTicker(every), client.RecvChan(ctx)
	defer tick.Stop()
	for n := 1; ; {
		select {
		case reply, ok := <-replies:
			if !ok {
				return ctx.Err()
			}
			fmt.Fprintf(out, "%s: %s\n", name, reply)
		case <-tick.C:
			if err := client.Send(ctx, socket.NewMessage(fmt.Sprintf("request #%d", n))); err != nil {
				return err
			}
			n++
		}
	}
}
