package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/weirmq/weir/socket"
)

// peeringclients are clients of one of peering's brokers: `peeringclients me`. They ask in bursts, with pauses between them, and report each task that is done,
// and one that is lost, to a PULL that prints.
func peeringclients(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("peeringclients", flag.ExitOnError)
	clients := flags.Int("n", 10, "so many ask")
	pace := flags.Duration("pace", time.Second, "a fifth of the longest pause between two bursts")
	at, me, _ := peerFlags(flags, args)

	parts := &parts{}
	ctx, rt, err := parts.begin(ctx)
	if err != nil {
		return err
	}
	parts.play("monitor", 1, func() error {
		monitor, err := bound(ctx, rt, socket.NewPull, at(me, "monitor"))
		for err == nil {
			var report socket.Message
			if report, err = monitor.Recv(ctx); err == nil {
				fmt.Fprintln(out, report)
			}
		}
		return err
	})
	parts.play("clients", *clients, func() error {
		client, err1 := connected(ctx, rt, socket.NewReq, at(me, "localfe"))
		monitor, err2 := connected(ctx, rt, socket.NewPush, at(me, "monitor"))
		err := errors.Join(err1, err2)
		for err == nil {
			err = pause(ctx, rand.N(5**pace+1))
			for burst := rand.IntN(15); burst > 0 && err == nil; burst-- {
				err = report(ctx, client, monitor, fmt.Sprintf("%04X", rand.IntN(0x10000)))
			}
		}
		return err
	})
	return parts.end()
}

// report asks for a task to be done, and reports it.
func report(ctx context.Context, client *socket.Req, monitor *socket.Push, task string) error {
	patience, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	reply, err := ask(patience, client, socket.NewMessage(task))
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return errors.Join(monitor.Send(ctx, socket.NewMessage("E: CLIENT EXIT - lost task "+task)), err)
	case err != nil:
		return err
	case reply.String() != task:
		return fmt.Errorf("the reply to %s is %s", task, reply)
	}
	return monitor.Send(ctx, reply)
}
