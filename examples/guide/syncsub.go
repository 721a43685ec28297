package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// syncsub subscribes, reports that it has, and counts what it gets. Where the guide sleeps a second before the report, it waits for the connection.
func syncsub(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("syncsub", flag.ExitOnError)
	connect := flags.String("connect", "tcp://localhost:5561", "the publisher's `endpoint`")
	report := flags.String("sync", "tcp://localhost:5562", "the `endpoint` for reports")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	subscriber, err1 := connected(ctx, rt, socket.NewSub, *connect, socket.RecvHWM(1_100_000))
	syncclient, err2 := connected(ctx, rt, socket.NewReq, *report)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if err := subscriber.Subscribe(""); err != nil {
		return err
	}
	if err := subscriber.WaitPeers(ctx, 1); err != nil {
		return err
	}
	if _, err := syncclient.Do(ctx, socket.NewMessage()); err != nil {
		return err
	}

	updates := 0
	for update, err := range subscriber.Messages(ctx) {
		if err != nil {
			return err
		}
		if update.String() == "END" {
			break
		}
		updates++
	}
	fmt.Fprintf(out, "Received %d updates\n", updates)
	return ctx.Err()
}
