package main

import (
	"context"
	"flag"
	"io"
	"math/rand/v2"
	"time"

	"github.com/weirmq/weir/socket"
)

// peeringworkers are workers of one of peering's brokers: `peeringworkers me`. Each says that it is ready, and from then on sends each task back, as the
// reply to it. They may come and go.
func peeringworkers(ctx context.Context, args []string, _ io.Writer) error {
	flags := flag.NewFlagSet("peeringworkers", flag.ExitOnError)
	workers := flags.Int("n", 5, "so many answer")
	pace := flags.Duration("pace", time.Second, "the longest task")
	at, me, _ := peerFlags(flags, args)

	parts := &parts{}
	ctx, rt, err := parts.begin(ctx)
	if err != nil {
		return err
	}
	parts.play("workers", *workers, func() error {
		worker, err := connected(ctx, rt, socket.NewReq, at(me, "localbe"))
		for m := socket.NewMessage("\x01"); err == nil; {
			if m, err = ask(ctx, worker, m); err == nil {
				err = pause(ctx, rand.N(*pace+1))
			}
		}
		return err
	})
	return parts.end()
}
