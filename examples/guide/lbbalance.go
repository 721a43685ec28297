package main

import (
	"context"

	"github.com/weirmq/weir/socket"
)

// balance passes so many requests to workers, and their replies back. While no worker is idle it does not take requests: they wait where they are, in the
// socket's queues, and a channel that is nil is how a select leaves one of its cases out.
func balance(ctx context.Context, frontend, backend *socket.Router, n int) error {
	requests, replies := frontend.RecvChan(ctx), backend.RecvChan(ctx)
	var idle [][]byte // names of workers; the first has waited longest
	for n > 0 {
		wanted := requests
		if len(idle) == 0 {
			wanted = nil
		}
		select {
		case m, ok := <-replies: // worker, "", READY; or worker, "", client, "", reply
			if !ok {
				return ctx.Err()
			}
			idle = append(idle, m.Frame(0))
			if m.Len() == 5 {
				n--
				if err := frontend.Send(ctx, m.Tail(2)); err != nil {
					return err
				}
			}
		case m, ok := <-wanted: // client, "", request
			if !ok {
				return ctx.Err()
			}
			if err := backend.Send(ctx, m.Prepend(idle[0], nil)); err != nil {
				return err
			}
			idle = idle[1:]
		}
	}
	return nil
}
