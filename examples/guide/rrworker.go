package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/weirmq/weir/socket"
)

// rrworker is hwserver at a broker's backend: the REP connects. Each worker that is started takes its share of the requests.
func rrworker(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rrworker", flag.ExitOnError)
	connect := flags.String("connect", "tcp://localhost:5560", "the broker's `endpoint` for workers")
	work := flags.Duration("work", time.Second, "how long a request takes")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	responder, err := connected(ctx, rt, socket.NewRep, *connect)
	if err != nil {
		return err
	}
	return answer(ctx, responder, *work, out)
}

// answer answers each request with World.
func answer(ctx context.Context, responder *socket.Rep, work time.Duration, out io.Writer) error {
	for request, err := range responder.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "Received request: [%s]\n", request)
		if err := pause(ctx, work); err != nil {
			return err
		}
		if err := responder.Send(ctx, socket.NewMessage("World")); err != nil {
			return err
		}
	}
	return nil
}
