package socket_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// alwaysOut are the types that are ready to send without a peer: they drop.
var alwaysOut = map[string]bool{"PUB": true, "XPUB": true, "XSUB": true, "ROUTER": true, "STREAM": true}

// wantReady wants a socket to say so.
func wantReady(t testing.TB, s interface{ Ready() (in, out bool) }, in, out bool, why string) {
	t.Helper()
	i, o := s.Ready()
	require.Equal(t, [2]bool{in, out}, [2]bool{i, o}, "in, out: %s", why)
}

// TestReadyAlone asks sockets without peers, and closed ones.
func TestReadyAlone(t *testing.T) {
	rt := newRuntime(t)
	for _, row := range socket.Rows() {
		s, err := socket.Open(rt, row.Name)
		require.NoError(t, err)
		wantReady(t, s, false, alwaysOut[row.Name], row.Name)
		require.NoError(t, s.Close(within(t)))
		wantReady(t, s, false, false, row.Name)
	}
	router := newRouter(t, rt, socket.RouterMandatory(true))
	wantReady(t, router, false, false, "mandatory, and nobody there")
}

// TestReadyAtTheMark fills a pipe: it has room again when the queue opens, and not before.
func TestReadyAtTheMark(t *testing.T) {
	rt := newRuntime(t)
	push, pull := newPush(t, rt, socket.SendHWM(4)), newPull(t, rt, socket.RecvHWM(4))
	join(t, inprocName(t), pull, push)
	wantReady(t, push, false, true, "room")
	wantReady(t, pull, false, false, "nothing there")
	require.Equal(t, 8, fill(t, push, 100))
	wantReady(t, push, false, false, "full")
	for i := range 4 {
		wantReady(t, push, false, false, "shut")
		wantReady(t, pull, true, false, "more there")
		receive(t, pull, i, 1)
	}
	wantReady(t, push, false, true, "open")
	receive(t, pull, 4, 4)
	wantReady(t, pull, false, false, "empty")
}

// TestReadyOfTurns walks REQ and REP through their turns.
func TestReadyOfTurns(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req, rep := newReq(t, rt), newRep(t, rt)
	join(t, inprocName(t), rep, req)
	for i := range 2 {
		wantReady(t, req, false, true, "may ask")
		wantReady(t, rep, false, false, "nothing asked")
		require.NoError(t, req.Send(ctx, number(i)))
		wantReady(t, req, false, false, "waits for the reply")
		wantReady(t, rep, true, false, "was asked")
		receive(t, rep, i, 1)
		wantReady(t, rep, false, true, "owes a reply")
		require.NoError(t, rep.Send(ctx, number(i)))
		wantReady(t, req, true, false, "has the reply")
		receive(t, req, i, 1)
	}
	require.NoError(t, req.Set(ctx, socket.ReqRelaxed(true)))
	require.NoError(t, req.Send(ctx, number(0)))
	wantReady(t, req, false, true, "relaxed: may ask again")
	receive(t, rep, 0, 1)
	require.NoError(t, rep.Send(ctx, number(0)))
	receive(t, req, 0, 1)
	short, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		_, err := req.Do(short, number(1))
		done <- err
	}()
	receive(t, rep, 1, 1)
	wantReady(t, req, false, false, "relaxed, but a call is out, and that is not given up")
	require.ErrorIs(t, req.TrySend(number(2)), socket.ErrBadState)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	wantReady(t, req, false, true, "no call is out any more")
}

// TestReadyOfPublishers fills a subscriber's pipe: a publisher is ready all the same, as in libzmq, also where it may not drop.
func TestReadyOfPublishers(t *testing.T) {
	rt := newRuntime(t)
	xpub, err := socket.NewXPub(rt, socket.XPubNoDrop(true), socket.SendHWM(1))
	require.NoError(t, err)
	sub := newSub(t, rt, nil, socket.RecvHWM(1))
	join(t, inprocName(t), xpub, sub)
	wantReady(t, xpub, false, true, "heard nothing")
	require.NoError(t, sub.Subscribe("1"))
	wantMessage(t, xpub, "\x011")
	require.NoError(t, sub.Subscribe("2"))
	require.NoError(t, sub.Unsubscribe("2"))
	wantReady(t, xpub, true, true, "heard")
	for range 2 {
		require.NoError(t, xpub.TrySend(number(1)))
	}
	require.ErrorIs(t, xpub.TrySend(number(1)), socket.ErrWouldBlock)
	wantReady(t, xpub, true, true, "a subscriber is full")
	wantReady(t, sub, true, false, "something it wants")
	require.NoError(t, sub.Unsubscribe("1"))
	wantReady(t, sub, false, false, "nothing it wants any more")
	require.Equal(t, only(socket.ReasonFiltered, 2), sub.Stats().In.Dropped)
}

// TestReadyOfRouters fills one peer of two: a mandatory router has room for the other.
func TestReadyOfRouters(t *testing.T) {
	rt := newRuntime(t)
	router := newRouter(t, rt, socket.RouterMandatory(true), socket.SendHWM(1))
	ep := bind(t, router, inprocName(t)).String()
	for i, id := range []string{"a", "b"} {
		d := newDealer(t, rt, socket.RoutingID(id), socket.RecvHWM(1))
		connect(t, d, ep)
		require.NoError(t, router.WaitPeers(within(t), i+1))
		require.NoError(t, d.Send(within(t), number(i)))
	}
	wantReady(t, router, true, true, "two there")
	for _, id := range []string{"a", "b"} {
		wantReady(t, router, true, true, "room")
		for range 2 {
			require.NoError(t, router.TrySend(socket.NewMessage(id, "x")))
		}
		require.ErrorIs(t, router.TrySend(socket.NewMessage(id, "x")), socket.ErrWouldBlock)
	}
	wantReady(t, router, true, false, "both are full")
}

// TestTurnsWakePollers wants whoever waits for PollOut to hear of it where no room is what was missing: that it is a REP's or REQ's turn, and that a
// peer of a mandatory Router has its name.
func TestTurnsWakePollers(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		p := socket.NewPoller()
		wake := func(s socket.Socket, do func()) {
			t.Helper()
			require.NoError(t, p.Add(s, socket.PollOut))
			done := make(chan struct{})
			go func() {
				defer close(done)
				synctest.Wait() // until the other one is parked
				do()
			}()
			wantEvents(t, p, socket.PollEvent{Socket: s, Events: socket.PollOut})
			<-done
			require.NoError(t, p.Remove(s))
		}
		rep, req := newRep(t, rt), newReq(t, rt)
		join(t, inprocName(t), rep, req)
		require.NoError(t, req.Send(ctx, number(0)))
		wake(rep, func() { receive(t, rep, 0, 1) })
		require.NoError(t, rep.Send(ctx, number(1)))
		wake(req, func() { receive(t, req, 1, 1) })

		short, cancel := context.WithCancel(ctx)
		failed := make(chan error, 1)
		go func() {
			_, err := req.Do(short, number(2))
			failed <- err
		}()
		receive(t, rep, 2, 1)
		wake(req, cancel)
		require.ErrorIs(t, <-failed, context.Canceled)
		require.NoError(t, rep.Send(ctx, number(3)))
		go func() {
			_, err := req.Do(ctx, number(4))
			failed <- err
		}()
		receive(t, rep, 4, 1)
		wake(req, func() { require.NoError(t, rep.Send(ctx, number(5))) })
		require.NoError(t, <-failed)

		router, where := newRouter(t, rt, socket.RouterMandatory(true)), inprocName(t)
		connect(t, router, where)
		wake(router, func() { bind(t, newDealer(t, rt, socket.RoutingID("X")), where) })
	})
}
