package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/weirmq/weir/socket"
)

// wuserver publishes weather that is as random as the real one, as fast as it can: a PUB, which never waits. Without subscribers nothing leaves it.
func wuserver(ctx context.Context, args []string, _ io.Writer) error {
	flags := flag.NewFlagSet("wuserver", flag.ExitOnError)
	bind := flags.String("bind", "tcp://*:5556", "`endpoint` for subscribers")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	publisher, err := bound(ctx, rt, socket.NewPub, *bind)
	if err != nil {
		return err
	}

	for ctx.Err() == nil {
		zipcode, temperature, humidity := rand.IntN(100_000), rand.IntN(215)-80, rand.IntN(50)+10
		update := fmt.Sprintf("%05d %d %d", zipcode, temperature, humidity)
		if err := publisher.Send(ctx, socket.NewMessage(update)); err != nil {
			return err
		}
	}
	return nil
}
