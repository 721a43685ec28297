package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// espresso listens in on a proxy between publishers and subscribers: it sees what is published, and who subscribes to what.
func espresso(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("espresso", flag.ExitOnError)
	source := flags.String("publisher", "tcp://localhost:6000", "the publisher's `endpoint`")
	outlet := flags.String("outlet", "tcp://localhost:6001", "`endpoint` for subscribers")
	every := flags.Duration("every", 100*time.Millisecond, "pause between two messages")
	part := partFlag(flags, "publisher", "proxy", "subscriber")
	_ = flags.Parse(args) // exits where it fails

	rt, err := socket.NewRuntime()
	if err != nil {
		return err
	}
	defer rt.Shutdown(ctx)
	group, ctx := errgroup.WithContext(ctx)
	if part.plays("publisher") {
		group.Go(func() error { return brew(ctx, rt, *source, *every) })
	}
	if part.plays("subscriber") {
		group.Go(func() error { return sip(ctx, rt, *outlet) })
	}
	if part.plays("proxy") {
		in, err1 := connected(ctx, rt, socket.NewXSub, *source)
		to, err2 := bound(ctx, rt, socket.NewXPub, *outlet)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		group.Go(func() error { return socket.Proxy(ctx, in, to, listener{out}) })
	}
	return group.Wait()
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

// brew publishes messages that begin with a letter from A to J.
func brew(ctx context.Context, rt *socket.Runtime, at string, every time.Duration) error {
	publisher, err := bound(ctx, rt, socket.NewPub, at)
	for err == nil {
		text := fmt.Sprintf("%c-%05d", 'A'+rand.IntN(10), rand.IntN(100_000))
		err = errors.Join(publisher.Send(ctx, socket.NewMessage(text)), pause(ctx, every))
	}
	return err
}
