package socket_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// unsent returns what an error says was not sent, by endpoint, and fails where it says nothing.
func unsent(t *testing.T, err error) map[string]int {
	t.Helper()
	var u *socket.UnsentError
	require.ErrorAs(t, err, &u)
	by := map[string]int{}
	sum := 0
	for _, p := range u.Peers {
		require.NotEmpty(t, p.Socket)
		by[p.Endpoint] += p.Messages
		sum += p.Messages
	}
	require.Equal(t, sum, u.Messages())
	return by
}

// TestLingerZero closes with messages for a peer that is not there: they are dropped at once, listed and counted.
func TestLingerZero(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push := newPush(t, rt, socket.Linger(0), socket.SendHWM(5))
	ep := nobody(t)
	connect(t, push, ep)
	require.Equal(t, 5, fill(t, push, 10))
	require.Equal(t, map[string]int{ep: 5}, unsent(t, push.Close(ctx)))
	out := push.Stats().Out
	balanced(t, out)
	require.Equal(t, only(socket.ReasonLinger, 5), out.Dropped)
}

// TestLingerForEver closes with messages for a peer that is not there, and waits: when it comes it gets them all, and Close is done.
func TestLingerForEver(t *testing.T) {
	for _, endpoint := range []func(testing.TB) string{nobody, nowhere} {
		ctx := within(t)
		rt := newRuntime(t)
		push := newPush(t, rt, socket.ReconnectInterval(1))
		ep := endpoint(t)
		connect(t, push, ep)
		require.Equal(t, 100, fill(t, push, 100))
		closed := make(chan error, 1)
		go func() { closed <- push.Close(ctx) }()
		pull := newPull(t, rt, socket.RecvHWM(1))
		bind(t, pull, ep)
		receive(t, pull, 0, 100)
		require.NoError(t, <-closed)
		require.EqualValues(t, 100, push.Stats().Out.Delivered)
	}
}

// TestLingerRunsOut closes with messages for a peer that does not come in time.
func TestLingerRunsOut(t *testing.T) {
	const linger = 50 * time.Millisecond
	ctx := within(t)
	rt := newRuntime(t)
	push := newPush(t, rt, socket.Linger(linger))
	ep := nobody(t)
	connect(t, push, ep)
	require.Equal(t, 7, fill(t, push, 7))
	start := time.Now()
	require.Equal(t, map[string]int{ep: 7}, unsent(t, push.Close(ctx)))
	require.GreaterOrEqual(t, time.Since(start), linger)
	require.Equal(t, only(socket.ReasonLinger, 7), push.Stats().Out.Dropped)
}

// TestLingerOfAStuckPeer closes with messages for a peer that is there and does not read: what the kernel has not taken is listed.
func TestLingerOfAStuckPeer(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push := newPush(t, rt, socket.Linger(0), socket.SendHWM(10))
	ep := bind(t, push, "tcp://127.0.0.1:*").String()
	peer := dialRaw(t, ep, "PULL")
	require.NoError(t, push.WaitPeers(ctx, 1))
	body := make([]byte, 8<<20)
	for range 10 { // more than any kernel takes
		require.NoError(t, push.Send(ctx, socket.MessageOf(body)))
	}
	by := unsent(t, push.Close(ctx))
	require.Len(t, by, 1)
	require.Positive(t, by[ep])
	out := push.Stats().Out
	balanced(t, out)
	require.EqualValues(t, by[ep], dropped(out))
	_ = peer.conn.Close()
}

// TestNothingQueuedNoLinger closes a connecting socket that has nothing to send: there is nothing to wait for.
func TestNothingQueuedNoLinger(t *testing.T) {
	rt := newRuntime(t)
	push := newPush(t, rt)
	connect(t, push, nobody(t))
	require.NoError(t, push.Close(within(t)))
}

// TestCloseEndsWithCtx gives up waiting with ctx, although linger has no end.
func TestCloseEndsWithCtx(t *testing.T) {
	rt := newRuntime(t)
	push := newPush(t, rt)
	ep := nobody(t)
	connect(t, push, ep)
	require.Equal(t, 3, fill(t, push, 3))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	require.Equal(t, map[string]int{ep: 3}, unsent(t, push.Close(ctx)))
	require.NoError(t, push.Close(within(t)), "it is closed")
	other := newPush(t, rt)
	connect(t, other, nobody(t))
	<-ctx.Done()
	require.NoError(t, other.Close(ctx), "nothing was left")
}

// TestEndpointCloseLingers closes one endpoint of two: what is queued for its peer goes out within linger, and what does not is listed.
func TestEndpointCloseLingers(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push := newPush(t, rt, socket.Linger(0))
	eps := []string{nobody(t), nobody(t)}
	closing := connect(t, push, eps[0])
	connect(t, push, eps[1])
	require.Equal(t, 10, fill(t, push, 10))
	require.Equal(t, map[string]int{eps[0]: 5}, unsent(t, closing.Close(ctx)))
	require.NoError(t, closing.Close(ctx), "it is closed")
	require.Equal(t, 3, fill(t, push, 3))
	require.Equal(t, map[string]int{eps[1]: 8}, unsent(t, push.Close(ctx)))
	require.Equal(t, only(socket.ReasonLinger, 13), push.Stats().Out.Dropped)

	patient := newPush(t, rt, socket.ReconnectInterval(1))
	ep := nobody(t)
	end := connect(t, patient, ep)
	require.Equal(t, 5, fill(t, patient, 5))
	closed := make(chan error, 1)
	go func() { closed <- end.Close(ctx) }()
	pull := newPull(t, rt)
	bind(t, pull, ep)
	receive(t, pull, 0, 5)
	require.NoError(t, <-closed)
	require.ErrorIs(t, patient.TrySend(number(0)), socket.ErrNoPeers)
}

// TestCloseIsOver wants a socket whose Close has returned to be nowhere any more: its place is free, and neither the accounts nor a snapshot have it.
func TestCloseIsOver(t *testing.T) {
	rt := newRuntime(t, socket.MaxSockets(1))
	for range 200 {
		pull := newPull(t, rt)
		require.NoError(t, pull.Close(within(t)))
		require.Zero(t, rt.Stats().Sockets)
		require.Nil(t, find(rt.Snapshot().Actors, socket.KindSocket, pull.String()))
	}
}

// TestCloseHastened has one Close wait, and a second one with less patience: both end, and both are told.
func TestCloseHastened(t *testing.T) {
	rt := newRuntime(t)
	push := newPush(t, rt)
	ep := nobody(t)
	connect(t, push, ep)
	require.Equal(t, 3, fill(t, push, 3))
	patient := make(chan error, 1)
	go func() { patient <- push.Close(within(t)) }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	require.Equal(t, map[string]int{ep: 3}, unsent(t, push.Close(ctx)))
	if err := <-patient; err != nil { // nil where it came after all was over
		require.Equal(t, map[string]int{ep: 3}, unsent(t, err))
	}
}

// TestShutdownIsBounded shuts a runtime down with messages that nobody will take: it is over when ctx is, and lists what was left, per peer.
func TestShutdownIsBounded(t *testing.T) {
	rt, err := socket.NewRuntime()
	require.NoError(t, err)
	first, second := newPush(t, rt), newPush(t, rt)
	eps := []string{nobody(t), nobody(t), nobody(t)}
	connect(t, first, eps[0])
	connect(t, first, eps[1])
	connect(t, second, eps[2])
	require.Equal(t, 6, fill(t, first, 6))
	require.Equal(t, 5, fill(t, second, 5))
	pull := newPull(t, rt)
	join(t, inprocName(t), pull, newPush(t, rt))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err = rt.Shutdown(ctx)
	require.Equal(t, map[string]int{eps[0]: 3, eps[1]: 3, eps[2]: 5}, unsent(t, err))
	for _, word := range append(eps, first.String(), second.String(), "11 messages") {
		require.ErrorContains(t, err, word)
	}
	require.NoError(t, rt.Shutdown(within(t)), "shutting down twice is no error")
	_, err = socket.NewPush(rt)
	require.ErrorIs(t, err, socket.ErrClosed)
	require.ErrorIs(t, first.TrySend(number(0)), socket.ErrClosed)
	_, err = pull.TryRecv()
	require.ErrorIs(t, err, socket.ErrClosed)
}

// TestShutdownFlushes shuts a runtime down while a peer of another one reads: everything that was sent arrives.
func TestShutdownFlushes(t *testing.T) {
	const n = 5000
	ctx := within(t)
	here, there := newRuntime(t), newRuntime(t)
	pull := newPull(t, there)
	ep := bind(t, pull, "tcp://127.0.0.1:*").String()
	push := newPush(t, here, socket.SendHWM(0))
	connect(t, push, ep)
	require.Equal(t, n, fill(t, push, n))
	var g errgroup.Group
	g.Go(func() error { return here.Shutdown(ctx) })
	receive(t, pull, 0, n)
	require.NoError(t, g.Wait())
}

// TestWaitersAreWoken wants every call that waits in a socket to return ErrClosed when the socket, or the runtime, closes.
func TestWaitersAreWoken(t *testing.T) {
	for name, end := range map[string]func(ctx context.Context, rt *socket.Runtime, all []anySocket) error{
		"close": func(ctx context.Context, _ *socket.Runtime, all []anySocket) error {
			var errs error
			for _, s := range all {
				errs = errors.Join(errs, s.Close(ctx))
			}
			return errs
		},
		"shutdown": func(ctx context.Context, rt *socket.Runtime, _ []anySocket) error {
			err := rt.Shutdown(ctx)
			if u, ok := errors.AsType[*socket.UnsentError](err); ok && u.Messages() == 1 {
				return nil // what the one at its mark has sent to nobody
			}
			return errors.Join(errors.New("nobody was told of a message for nobody"), err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
				lonely, push, pull, pub := newPush(t, rt), newPush(t, rt, socket.SendHWM(1)), newPull(t, rt), newPub(t, rt)
				req, rep := newReq(t, rt), newRep(t, rt)
				connect(t, push, inprocName(t))
				require.Equal(t, 1, fill(t, push, 2))
				join(t, inprocName(t), rep, req)
				require.NoError(t, req.Send(ctx, number(0)))
				receive(t, rep, 0, 1)
				waits := map[string]func() error{
					"Send without peers":  func() error { return lonely.Send(ctx, number(0)) },
					"Send at the mark":    func() error { return push.Send(ctx, number(0)) },
					"Recv":                func() error { _, err := pull.Recv(ctx); return err },
					"Recv of a reply":     func() error { _, err := req.Recv(ctx); return err },
					"WaitPeers":           func() error { return pull.WaitPeers(ctx, 1) },
					"WaitSubscribers":     func() error { return pub.WaitSubscribers(ctx, 1) },
					"Messages of a range": func() error { return lastOf(pull.Messages(ctx)) },
				}
				var g errgroup.Group
				done := make(chan string, 2*len(waits))
				for what, wait := range waits {
					for range 2 {
						g.Go(func() error {
							require.ErrorIs(t, wait(), socket.ErrClosed, what)
							done <- what
							return nil
						})
					}
				}
				synctest.Wait()
				require.Empty(t, done)
				require.NoError(t, end(ctx, rt, []anySocket{lonely, push, pull, pub, req, rep}))
				require.NoError(t, g.Wait())
			})
		})
	}
}

// lastOf ranges to the end and returns the last error.
func lastOf(messages func(func(socket.Message, error) bool)) error {
	var last error
	for _, err := range messages {
		last = err
	}
	return last
}

// TestCloseDropsUnread closes a receiver with messages that nobody received, from peers that are there and from one that has gone: all are counted.
func TestCloseDropsUnread(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			pull := newPull(t, rt)
			ep := bind(t, pull, at.fresh(t)).String()
			left := newPush(t, rt)
			connect(t, left, ep)
			require.NoError(t, pull.WaitPeers(ctx, 1))
			for i := range 4 {
				require.NoError(t, left.Send(ctx, number(i)))
			}
			require.NoError(t, left.Close(ctx))
			gone(t, pull)
			receive(t, pull, 0, 1)
			in := pull.Stats().In
			balanced(t, in)
			require.EqualValues(t, 3, in.Queued)
			require.NoError(t, pull.Close(ctx))
			in = pull.Stats().In
			balanced(t, in)
			require.Zero(t, in.Queued)
			require.Equal(t, only(socket.ReasonUnread, 3), in.Dropped)
		})
	}
}

// TestOldLossesAreNotUnsent loses messages with a connection, and closes later: what Close could not send is listed, and nothing from long before.
func TestOldLossesAreNotUnsent(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push := newPush(t, rt, socket.SendHWM(10))
	ep := bind(t, push, "tcp://127.0.0.1:*").String()
	peer := dialRaw(t, ep, "PULL")
	require.NoError(t, push.WaitPeers(ctx, 1))
	for range 10 {
		require.NoError(t, push.Send(ctx, socket.MessageOf(make([]byte, 8<<20))))
	}
	require.NoError(t, peer.conn.Close())
	gone(t, push)
	require.Positive(t, dropped(push.Stats().Out))
	require.NoError(t, push.Close(ctx))
}

// TestSubscriptionsAreNotUnsent closes subscribers in every state of their connection: a subscription is no message that somebody misses.
func TestSubscriptionsAreNotUnsent(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pub := newPub(t, rt)
	ep := bind(t, pub, "tcp://127.0.0.1:*").String()
	for i := range 100 {
		sub := newSub(t, rt, []string{"a", "b", "c"})
		connect(t, sub, ep)
		if i%2 == 0 {
			require.NoError(t, sub.WaitPeers(ctx, 1))
		}
		require.NoError(t, sub.Close(ctx))
	}
}

// TestShutdownStress has many goroutines make, connect and close sockets while the runtime goes down under them. (libzmq: test_shutdown_stress)
func TestShutdownStress(t *testing.T) {
	for range 5 {
		ctx := within(t)
		rt := newRuntime(t, socket.IOWorkers(7))
		ep := bind(t, newPub(t, rt), "tcp://127.0.0.1:*").String()
		var g errgroup.Group
		halfway := make(chan struct{}, 100)
		for range 50 {
			g.Go(func() error {
				for round := range 4 {
					sub, err := socket.NewSub(rt)
					if err == nil {
						_, err = sub.Connect(ctx, ep)
					}
					if err == nil {
						err = sub.Close(ctx)
					}
					if errors.Is(err, socket.ErrClosed) {
						return nil
					}
					if err != nil {
						return err
					}
					if round == 1 {
						halfway <- struct{}{}
					}
				}
				return nil
			})
		}
		<-halfway
		require.NoError(t, rt.Shutdown(ctx))
		require.NoError(t, g.Wait())
	}
}
