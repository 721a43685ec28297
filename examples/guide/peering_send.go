package main

import (
	"context"
	"math/rand/v2"

	"github.com/weirmq/weir/socket"
)

// reply passes a reply on to whom it is addressed: another broker, or a client of ours.
func (b *broker) reply(ctx context.Context, m socket.Message) error {
	if _, foreign := b.offers[string(m.Frame(0))]; foreign {
		return b.cloudfe.Send(ctx, m)
	}
	return b.localfe.Send(ctx, m)
}

// request gives a request to a worker of ours, or else to a broker that has one.
func (b *broker) request(ctx context.Context, m socket.Message) error {
	if len(b.idle) == 0 {
		return b.cloudbe.SendTo(ctx, []byte(b.best()), m)
	}
	worker := b.idle[0]
	b.idle = b.idle[1:]
	return b.localbe.Send(ctx, m.Prepend(worker, nil))
}

// best is any of the brokers that have idle workers, or "".
func (b *broker) best() (name string) {
	for peer, idle := range b.offers {
		if idle > 0 && (name == "" || rand.IntN(2) == 0) {
			name = peer
		}
	}
	return name
}
