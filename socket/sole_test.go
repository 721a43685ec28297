package socket_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// TestSendersMeetTheEnd has four goroutines send to one peer, without a pause, while their socket closes, or its only endpoint does and then the socket.
// What Send accepted arrives, all of it and nothing else: no message slips in behind the last look at the queue.
func TestSendersMeetTheEnd(t *testing.T) {
	for typ, peer := range map[string]string{"PUSH": "PULL", "DEALER": "DEALER", "PAIR": "PAIR"} {
		for _, at := range places {
			for _, disconnect := range []bool{false, true} {
				name := typ + "/" + at.scheme
				if disconnect {
					name += "/disconnect"
				}
				t.Run(name, func(t *testing.T) {
					for range 2 {
						meetTheEnd(t, typ, peer, at.fresh(t), disconnect)
					}
				})
			}
		}
	}
}

// meetTheEnd is one round.
func meetTheEnd(t *testing.T, typ, peer, at string, disconnect bool) {
	ctx := within(t)
	rt := newRuntime(t)
	from, err := socket.Open(rt, typ)
	require.NoError(t, err)
	to, err := socket.Open(rt, peer)
	require.NoError(t, err)
	_, ep := join(t, at, to, from)

	var accepted atomic.Int64
	var senders errgroup.Group
	for range 4 {
		senders.Go(func() error {
			for {
				if err := from.Send(ctx, number(1)); err != nil {
					return err
				}
				accepted.Add(1)
			}
		})
	}
	over, end := context.WithCancel(ctx)
	defer end()
	halfway, received := make(chan struct{}), make(chan int64)
	go func() {
		n := int64(0)
		for ; ; n++ {
			if n == 100 {
				close(halfway)
			}
			if _, err := to.Recv(over); err != nil {
				break
			}
		}
		received <- n
	}()

	<-halfway
	if disconnect {
		require.NoError(t, ep.Close(ctx))
	}
	require.NoError(t, from.Close(ctx))
	require.ErrorIs(t, senders.Wait(), socket.ErrClosed)
	end()
	for n := <-received; n < accepted.Load(); n++ {
		_, err := to.Recv(ctx)
		require.NoError(t, err)
	}
	require.NoError(t, to.WaitAtMost(ctx, 0))
	wantEmpty(t, to)
}
