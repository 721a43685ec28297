package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// psenvsub takes what comes under the topic B. Only the envelope is looked at for that; the other is not even sent.
func psenvsub(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("psenvsub", flag.ExitOnError)
	connect := flags.String("connect", "tcp://localhost:5563", "the publisher's `endpoint`")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	subscriber, err := connected(ctx, rt, socket.NewSub, *connect)
	if err != nil {
		return err
	}
	if err := subscriber.Subscribe("B"); err != nil {
		return err
	}

	for m, err := range subscriber.Messages(ctx) {
		if err != nil {
			return err
		}
		if m.Len() != 2 {
			return fmt.Errorf("no envelope, or more than one letter: %d frames", m.Len())
		}
		fmt.Fprintf(out, "[%s] %s\n", m.Frame(0), m.Frame(1))
	}
	return nil
}
