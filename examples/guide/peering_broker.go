package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/weirmq/weir/socket"
)

// A broker gives its clients' requests to its own workers, and to another broker when none is idle; it does other brokers' requests as well, and tells them
// how many workers it has left. All of it is owned by route.
type broker struct {
	name             string
	localfe, localbe *socket.Router // for clients, for workers
	cloudfe, cloudbe *socket.Router // for brokers that ask us, to those that we ask
	statebe          *socket.Pub    // what we have to offer
	statefe          *socket.Sub    // what others have
	idle             [][]byte       // names of our workers; the first has waited longest
	offers           map[string]int // by broker: its idle workers, as it last said
}

// route is the broker's loop. It takes one message at a time, replies first; and nobody's request, where nobody could do it.
func (b *broker) route(ctx context.Context) error {
	poller := socket.NewPoller()
	for _, s := range []socket.Socket{b.localbe, b.cloudbe, b.statefe, b.cloudfe, b.localfe} {
		if err := poller.Add(s, socket.PollIn); err != nil {
			return err
		}
	}
	for {
		had, theirs, ours := len(b.idle), socket.PollEvents(0), socket.PollEvents(0)
		if had > 0 {
			theirs, ours = socket.PollIn, socket.PollIn
		} else if b.best() != "" {
			ours = socket.PollIn // what was sent away once is not sent on
		}
		err := errors.Join(poller.Modify(b.cloudfe, theirs), poller.Modify(b.localfe, ours))
		if err == nil {
			err = b.take(ctx, poller)
		}
		if err == nil && len(b.idle) != had {
			err = b.statebe.Send(ctx, socket.NewMessage(b.name, strconv.Itoa(len(b.idle))))
		}
		if err != nil {
			return err
		}
	}
}

// take waits for a message, and does with it what its socket says.
func (b *broker) take(ctx context.Context, poller *socket.Poller) error {
	events, err := poller.Wait(ctx)
	if err != nil {
		return err
	}
	m, err := events[0].Socket.(socket.Receiver).Recv(ctx)
	if err != nil {
		return err
	}
	switch events[0].Socket {
	case b.localbe: // worker, "", and READY or the reply behind its address
		b.idle = append(b.idle, m.Frame(0))
		if m = m.Tail(2); m.String() != ready {
			err = b.reply(ctx, m)
		}
	case b.cloudbe: // broker, client, "", reply
		err = b.reply(ctx, m.Tail(1))
	case b.statefe: // broker, number of idle workers
		b.offers[string(m.Frame(0))], err = strconv.Atoi(string(m.Frame(1)))
	default: // client, "", request; or with a broker before it
		err = b.request(ctx, m)
	}
	return err
}
