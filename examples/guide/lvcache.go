package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// lvcache stands between a publisher and its subscribers, and gives who subscribes to a topic the last there was of it: an XPUB receives subscriptions as
// messages. A message is a topic and a value.
func lvcache(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("lvcache", flag.ExitOnError)
	source := flags.String("publisher", "tcp://localhost:5557", "the publisher's `endpoint`")
	outlet := flags.String("bind", "tcp://*:5558", "`endpoint` for subscribers")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	frontend, err1 := connected(ctx, rt, socket.NewSub, *source)
	backend, err2 := bound(ctx, rt, socket.NewXPub, *outlet, socket.XPubVerbose(true)) // the second subscriber of a topic is to be heard, too
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if err := frontend.Subscribe(""); err != nil {
		return err
	}

	updates, events, cache := frontend.RecvChan(ctx), backend.RecvChan(ctx), map[string]socket.Message{}
	for {
		select {
		case m, ok := <-updates:
			if !ok { // ctx has ended
				return ctx.Err()
			}
			cache[string(m.Frame(0))] = m.Clone() // Send gives m away
			if err := backend.Send(ctx, m); err != nil {
				return err
			}
		case event, ok := <-events: // a byte, 1 to subscribe and 0 to take it back, and the topic
			if !ok {
				return ctx.Err()
			}
			last, known := cache[string(event.Bytes()[1:])]
			if event.Bytes()[0] != 1 || !known {
				continue
			}
			fmt.Fprintf(out, "Sending cached topic %s\n", last.Frame(0))
			if err := backend.Send(ctx, last.Clone()); err != nil {
				return err
			}
		}
	}
}
