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

// espresso listens in on a proxy between publishers and subscribers: it sees what is published, and who subscribes to what.
func espresso(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("espresso", flag.ExitOnError)
	source := flags.String("publisher", "tcp://localhost:6000", "the publisher's `endpoint`")
	outlet := flags.String("outlet", "tcp://localhost:6001", "`endpoint` for subscribers")
	every := flags.Duration("every", 100*time.Millisecond, "pause between two messages")
	parts := partsFlag(flags, "publisher", "proxy", "subscriber")
	_ = flags.Parse(args) // exits where it fails

	ctx, rt, err := parts.begin(ctx)
	if err != nil {
		return err
	}
	parts.play("publisher", 1, func() error { // messages begin with a letter from A to J
		publisher, err := bound(ctx, rt, socket.NewPub, *source)
		for err == nil {
			text := fmt.Sprintf("%c-%05d", 'A'+rand.IntN(10), rand.IntN(100_000))
			err = errors.Join(publisher.Send(ctx, socket.NewMessage(text)), pause(ctx, *every))
		}
		return err
	})
	parts.play("proxy", 1, func() error {
		in, err1 := connected(ctx, rt, socket.NewXSub, *source)
		to, err2 := bound(ctx, rt, socket.NewXPub, *outlet)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return socket.Proxy(ctx, in, to, listener{out})
	})
	parts.play("subscriber", 1, func() error { // has enough of five: the listener sees subscriptions come and go
		subscriber, err := subscribed(ctx, rt, "A", *outlet)
		if err == nil {
			err = subscriber.Subscribe("B")
		}
		for n := 0; n < 5 && err == nil; n++ {
			_, err = subscriber.Recv(ctx)
		}
		if err != nil {
			return err
		}
		return subscriber.Close(ctx)
	})
	return parts.end()
}

// A listener is what a proxy captures to: a socket, or, as here, anything that messages can be given to.
type listener struct{ out io.Writer }

// Send prints a message. Subscriptions begin with a byte 1, or 0 where they end.
func (l listener) Send(_ context.Context, m socket.Message) error { return l.TrySend(m) }

// TrySend is Send.
func (l listener) TrySend(m socket.Message) error {
	_, err := fmt.Fprintf(l.out, "%q\n", m)
	return err
}
