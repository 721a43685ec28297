package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// checkConnectFirst connects before anybody is bound.
func checkConnectFirst(t *testing.T, c cell, rt *socket.Runtime) {
	ctx := within(t)
	a := open(t, rt, c.from, socket.ReconnectInterval(1))
	b := open(t, rt, c.to, socket.ReconnectInterval(1))
	r := &rig{cell: c, rt: rt, a: a, b: b}
	binder, connecter := r.sides()
	ep := inprocName(t)
	switch c.scheme {
	case "tcp":
		ep = nobody(t)
	case "ipc":
		ep = nowhere(t)
	}
	connect(t, connecter, ep)
	bind(t, binder, ep)
	require.NoError(t, binder.WaitPeers(ctx, 1))
	require.NoError(t, connecter.WaitPeers(ctx, 1))
	r.meet(t)
	r.pass(t, socket.NewMessage("first", "last"))
}

// checkUnbind closes the bound endpoint: over networks that parts those who came through it, and the address is free again.
func checkUnbind(t *testing.T, c cell, rt *socket.Runtime) {
	ctx := within(t)
	r := c.rig(t, rt, socket.ReconnectInterval(-1))
	binder, _ := r.sides()
	r.pass(t, socket.NewMessage("before"))
	require.NoError(t, r.bound.Close(ctx))
	require.NoError(t, r.bound.Close(ctx), "closing twice is no error")
	if !c.parts {
		r.pass(t, socket.NewMessage("still joined"))
	} else {
		require.Empty(t, binder.Stats().Peers)
	}
	other := open(t, rt, c.from)
	if !c.fromBinds {
		other = open(t, rt, c.to)
	}
	again := bind(t, other, r.bound.String())
	require.Equal(t, r.bound.String(), again.String())
}

// checkDisconnect closes the connected endpoint: it is a peer no more, and its other side learns of it.
func checkDisconnect(t *testing.T, c cell, rt *socket.Runtime) {
	ctx := within(t)
	r := c.rig(t, rt)
	binder, connecter := r.sides()
	r.pass(t, socket.NewMessage("before"))
	require.NoError(t, r.connected.Close(ctx))
	require.Empty(t, connecter.Stats().Peers)
	if connecter == r.a && c.from.Blocks && !c.from.Addresses {
		require.ErrorIs(t, r.a.TrySend(socket.NewMessage("after")), socket.ErrNoPeers)
	}
	gone(t, binder)
	require.NoError(t, r.connected.Close(ctx), "closing twice is no error")
	connect(t, connecter, r.bound.String())
	require.NoError(t, binder.WaitPeers(ctx, 1))
	require.NoError(t, connecter.WaitPeers(ctx, 1))
	r.meet(t)
	r.pass(t, socket.NewMessage("again"))
}

// gone waits until s has no peers.
func gone(t *testing.T, s anySocket) {
	t.Helper()
	require.NoError(t, s.WaitAtMost(within(t), 0))
	require.NoError(t, s.Settle(within(t)))
}

// checkPeerCloses closes the socket that connected: what it had sent can still be received.
func checkPeerCloses(t *testing.T, c cell, rt *socket.Runtime) {
	ctx := within(t)
	r := c.rig(t, rt)
	_, connecter := r.sides()
	n := 5
	if c.inTurn() {
		n = 1
	}
	for i := range n {
		require.NoError(t, r.a.Send(ctx, number(i)))
	}
	if c.fromBinds {
		receive(t, r.b, 0, n)
		require.NoError(t, connecter.Close(ctx))
		gone(t, r.a)
		return
	}
	require.NoError(t, connecter.Close(ctx), "linger flushes")
	receive(t, r.b, 0, n)
	gone(t, r.b)
	if c.from.Raw {
		wantEmpty(t, r.b) // the news that it has gone is no message
	}
	require.Empty(t, r.b.Stats().Peers)
}

// checkClosed wants every call on a closed socket to say so.
func checkClosed(t *testing.T, c cell, rt *socket.Runtime) {
	ctx := within(t)
	r := c.rig(t, rt)
	for _, s := range []*talker{r.a, r.b} {
		row := c.from
		if s == r.b {
			row = c.to
		}
		require.NoError(t, s.Close(ctx))
		require.NoError(t, s.Close(ctx), "closing twice is no error")
		calls := map[string]error{
			"WaitPeers": s.WaitPeers(ctx, 1), "Set": s.Set(ctx, socket.SendHWM(1)),
		}
		_, calls["Bind"] = s.Bind(ctx, c.fresh(t))
		_, calls["Connect"] = s.Connect(ctx, r.bound.String())
		if row.Sends {
			calls["Send"], calls["TrySend"] = s.Send(ctx, number(1)), s.TrySend(number(1))
		}
		if row.Receives {
			_, calls["Recv"] = s.Recv(ctx)
			_, calls["TryRecv"] = s.TryRecv()
			for _, err := range s.Messages(ctx) {
				calls["Messages"] = err
			}
			_, open := <-s.RecvChan(ctx)
			require.False(t, open)
		}
		if row.Publisher {
			calls["WaitSubscribers"] = s.WaitSubscribers(ctx, 1)
		}
		if row.Subscriber {
			calls["Subscribe"] = s.Subscribe("x")
		}
		for name, err := range calls {
			require.ErrorIs(t, err, socket.ErrClosed, "%s of %s", name, row.Name)
		}
	}
	require.NoError(t, r.bound.Close(ctx))
	require.NoError(t, r.connected.Close(ctx))
}

// checkWaitersWoken wants those who wait in a socket to be woken when it closes.
func checkWaitersWoken(t *testing.T, c cell, rt *socket.Runtime) {
	ctx := within(t)
	r := c.rig(t, rt)
	var g errgroup.Group
	started := make(chan struct{}, 8)
	wait := func(f func() error) {
		g.Go(func() error {
			started <- struct{}{}
			require.ErrorIs(t, f(), socket.ErrClosed)
			return nil
		})
	}
	for range 2 {
		wait(func() error { _, err := r.b.Recv(ctx); return err })
		wait(func() error { return r.a.WaitPeers(ctx, 2) })
		wait(func() error { return r.b.WaitPeers(ctx, 2) })
	}
	for range 6 {
		<-started
	}
	require.NoError(t, r.b.Close(ctx))
	require.NoError(t, r.a.Close(ctx))
	require.NoError(t, g.Wait())
}

// checkLedger wants both sides' accounts to agree with what was sent and received.
func checkLedger(t *testing.T, c cell, rt *socket.Runtime) {
	ctx := within(t)
	r := c.rig(t, rt)
	const n = 20
	for i := range n {
		r.pass(t, number(i))
	}
	require.NoError(t, r.a.Close(ctx)) // what is delivered is on both sides' books, at the latest when the connection is gone
	gone(t, r.b)
	out, in := r.a.Stats().Out, r.b.Stats().In
	balanced(t, out)
	balanced(t, in)
	require.EqualValues(t, n, out.Accepted)
	require.EqualValues(t, n, out.Delivered)
	if c.from.Raw {
		return // the news of the connection count as received, and so does each piece
	}
	require.EqualValues(t, n, in.Accepted)
	require.EqualValues(t, n, in.Delivered)
	if c.inTurn() {
		back := r.b.Stats().Out
		balanced(t, back)
		require.EqualValues(t, n, back.Delivered)
		require.EqualValues(t, n, r.a.Stats().In.Delivered)
	}
}
