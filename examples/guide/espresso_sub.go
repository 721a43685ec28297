package main

import (
	"context"
	"errors"

	"github.com/weirmq/weir/socket"
)

// sip takes five messages that begin with A or B, and has had enough: the proxy's listener sees its subscriptions come and go.
func sip(ctx context.Context, rt *socket.Runtime, from string) error {
	subscriber, err := connected(ctx, rt, socket.NewSub, from)
	if err != nil {
		return err
	}
	if err := errors.Join(subscriber.Subscribe("A"), subscriber.Subscribe("B")); err != nil {
		return err
	}
	for range 5 {
		if _, err := subscriber.Recv(ctx); err != nil {
			return err
		}
	}
	return subscriber.Close(ctx)
}
