package main

import (
	"context"

	"github.com/weirmq/weir/socket"
)

// employ is the broker of rtreq and rtdealer: each message that it gets is a worker's id, an empty frame and a word, and so is each that it sends.
func employ(ctx context.Context, rt *socket.Runtime, at string, tasks, workers int) error {
	broker, err := bound(ctx, rt, socket.NewRouter, at)
	for n := 0; n < tasks+workers && err == nil; n++ {
		var m socket.Message
		if m, err = broker.Recv(ctx); err != nil {
			return err
		}
		word := "Work harder"
		if n >= tasks {
			word = "Fired!" // each but once: who was fired does not ask again
		}
		err = broker.SendTo(ctx, m.Frame(0), socket.NewMessage("", word))
	}
	return err
}
