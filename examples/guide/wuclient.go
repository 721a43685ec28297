package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// wuclient takes a hundred updates for one zip code, and says how warm it was: a SUB. A topic is how a message begins, any bytes.
func wuclient(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("wuclient", flag.ExitOnError)
	connect := flags.String("connect", "tcp://localhost:5556", "the server's `endpoint`")
	updates := flags.Int("n", 100, "take so many updates")
	_ = flags.Parse(args) // exits where it fails
	topic := cmp.Or(flags.Arg(0), "10001 ")

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	fmt.Fprintln(out, "Collecting updates from weather server...")
	subscriber, err := connected(ctx, rt, socket.NewSub, *connect)
	if err != nil {
		return err
	}
	if err := subscriber.Subscribe(topic); err != nil {
		return err
	}

	total := 0
	for range *updates {
		update, err := subscriber.Recv(ctx)
		if err != nil {
			return err
		}
		var zipcode, temperature, humidity int
		if _, err := fmt.Sscan(update.String(), &zipcode, &temperature, &humidity); err != nil {
			return fmt.Errorf("%q is no update: %w", update, err)
		}
		total += temperature
	}
	fmt.Fprintf(out, "Average temperature for zipcode '%s' was %dF\n", topic, total / *updates)
	return nil
}
