package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/weirmq/weir/socket"
)

// ready is what a worker says first.
const ready = "\x01"

// peeringWorker says that it is ready, and from then on sends each task back, as the reply to it.
func peeringWorker(ctx context.Context, rt *socket.Runtime, broker string, most time.Duration) error {
	worker, err := connected(ctx, rt, socket.NewReq, broker)
	if err != nil {
		return err
	}
	if err := worker.Send(ctx, socket.NewMessage(ready)); err != nil {
		return err
	}
	for task, err := range worker.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := errors.Join(pause(ctx, rand.N(most+1)), worker.Send(ctx, task)); err != nil {
			return err
		}
	}
	return nil
}

// peeringClient asks in bursts, with pauses between them, and reports each task that is done, and one that is lost.
func peeringClient(ctx context.Context, rt *socket.Runtime, broker, reports string, pace time.Duration) error {
	client, err1 := connected(ctx, rt, socket.NewReq, broker)
	monitor, err2 := connected(ctx, rt, socket.NewPush, reports)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for {
		if err := pause(ctx, rand.N(5*pace+1)); err != nil {
			return err
		}
		for range rand.IntN(15) {
			task := fmt.Sprintf("%04X", rand.IntN(0x10000))
			if err := client.Send(ctx, socket.NewMessage(task)); err != nil {
				return err
			}
			patience, cancel := context.WithTimeout(ctx, 10*time.Second)
			reply, err := client.Recv(patience)
			cancel()
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				return monitor.Send(ctx, socket.NewMessage("E: CLIENT EXIT - lost task "+task))
			case err != nil:
				return err
			case reply.String() != task:
				return fmt.Errorf("the reply to %s is %s", task, reply)
			}
			if err := monitor.Send(ctx, reply); err != nil {
				return err
			}
		}
	}
}
