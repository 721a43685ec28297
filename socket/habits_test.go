package socket_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// Habits of libzmq's that none of its own tests checks, and that programs have come to rely on.

// TestVerboseTakesVerboserBack sets one after the other: the last says what is heard. (libzmq: xpub.cpp, xsetsockopt)
func TestVerboseTakesVerboserBack(t *testing.T) {
	rt := newRuntime(t)
	x, err := socket.NewXPub(rt, socket.XPubVerboser(true), socket.XPubVerbose(true))
	require.NoError(t, err)
	ep := bind(t, x, inprocName(t)).String()
	a, b := joined(t, rt, ep), joined(t, rt, ep)
	require.NoError(t, a.Subscribe("A"))
	require.NoError(t, b.Subscribe("A"))
	want(t, x, "\x01A", "\x01A")
	require.NoError(t, a.Unsubscribe("A"))
	wantEmpty(t, x)
	require.NoError(t, b.Unsubscribe("A"))
	want(t, x, "\x00A")
}

// TestVerboserHearsOfEachWhoGoes has a peer go whose topic another has too: with XPubVerboser the end of its subscription is heard, without it is not.
func TestVerboserHearsOfEachWhoGoes(t *testing.T) {
	for _, verboser := range []bool{false, true} {
		overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
			a, b := joined(t, rt, ep), joined(t, rt, ep)
			require.NoError(t, a.Subscribe("A"))
			want(t, x, "\x01A")
			require.NoError(t, b.Subscribe("A"))
			if verboser {
				want(t, x, "\x01A")
			}
			require.NoError(t, b.Subscribe("B"))
			want(t, x, "\x01B")
			require.NoError(t, b.Close(within(t)))
			if verboser {
				want(t, x, "\x00A")
			}
			want(t, x, "\x00B")
			wantEmpty(t, x)
		}, socket.XPubVerboser(verboser))
	}
}

// TestWelcomeIsTakenBack sets an empty welcome: later peers get none.
func TestWelcomeIsTakenBack(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		first := newSub(t, rt, []string{""})
		connect(t, first, ep)
		want(t, x, "\x01")
		want(t, first, "W")
		require.NoError(t, x.Set(within(t), socket.XPubWelcome("")))
		second := newSub(t, rt, []string{"", "x"})
		connect(t, second, ep)
		want(t, x, "\x01x")
		require.NoError(t, x.Send(within(t), socket.NewMessage("x")))
		want(t, second, "x")
	}, socket.XPubWelcome("W"))
}

// TestTopicsAreBytes subscribes to topics of any bytes, over every transport.
func TestTopicsAreBytes(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		sub := joined(t, rt, ep)
		for _, topic := range []string{"\x00", "\x01\x00", "\xff\xfe", "a\x00b", "\n"} {
			require.NoError(t, sub.Subscribe(topic))
			want(t, x, "\x01"+topic)
			require.NoError(t, x.Send(within(t), socket.NewMessage(topic+"!")))
			want(t, sub, topic+"!")
			require.NoError(t, sub.Unsubscribe(topic))
			want(t, x, "\x00"+topic)
		}
	})
}

// TestSubIsReadyForWhatMatches has a publisher send what nobody asked for: the Sub is not ready to receive until something matches. (libzmq: xsub.cpp, xhas_in)
func TestSubIsReadyForWhatMatches(t *testing.T) {
	overLines(t, "SUB", func(t *testing.T, ctx context.Context, rt *socket.Runtime, bound bool) {
		sub, err := socket.Open(rt, "SUB")
		require.NoError(t, err)
		peer := onLine(t, ctx, sub, bound, "PUB", "")
		go func() { _, _ = peer.conn.Read(make([]byte, 64)) }() // the subscription
		require.NoError(t, sub.Subscribe("a"))
		peer.send("b")
		peer.send("c", "a")
		synctest.Wait()
		wantReady(t, sub, false, false, "nothing matches")
		peer.send("ab", "c")
		synctest.Wait()
		wantReady(t, sub, true, false, "one does")
		wantMessage(t, sub, "ab", "c")
		require.Equal(t, only(socket.ReasonFiltered, 2), sub.Stats().In.Dropped)
	})
}

// TestRelaxedWithoutCorrelate asks one peer twice: with nothing to tell replies apart, the late one to the first request is taken for that to the second.
// (libzmq: zmq_setsockopt, ZMQ_REQ_RELAXED)
func TestRelaxedWithoutCorrelate(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req, router := newReq(t, rt, socket.ReqRelaxed(true)), newRouter(t, rt)
	join(t, "tcp://127.0.0.1:*", router, req)
	require.NoError(t, req.Send(ctx, number(1)))
	require.NoError(t, req.Send(ctx, number(2)))
	for i := range 2 {
		m, err := router.Recv(ctx)
		require.NoError(t, err)
		require.NoError(t, router.Send(ctx, socket.MessageOf(m.Frame(0), nil, number(11+i).Bytes())))
	}
	receive(t, req, 11, 1)
	require.NoError(t, req.Send(ctx, number(3)))
}

// TestRelaxedGivesUpFirst sends a second request where there is no room: that fails, and the first is given up all the same. (libzmq: req.cpp, xsend)
func TestRelaxedGivesUpFirst(t *testing.T) {
	overLines(t, "REQ", func(t *testing.T, ctx context.Context, rt *socket.Runtime, bound bool) {
		req, err := socket.Open(rt, "REQ", socket.ReqRelaxed(true), socket.SendHWM(1))
		require.NoError(t, err)
		peer := onLine(t, ctx, req, bound, "REP", "")
		require.NoError(t, req.WaitPeers(ctx, 1))
		require.NoError(t, req.TrySend(number(1)))
		wantEmpty(t, req)
		require.ErrorIs(t, req.TrySend(number(2)), socket.ErrWouldBlock)
		_, err = req.TryRecv()
		require.ErrorIs(t, err, socket.ErrBadState)
		require.Equal(t, []string{"", "1"}, peer.recv(), "it was on its way")
		synctest.Wait()
		require.NoError(t, req.TrySend(number(3)))
	})
}

// TestRouterKeepsTheNameOfAPipe connects a Router to a peer that comes back under another name: it keeps the one it had. (libzmq: router.cpp, identify_peer)
func TestRouterKeepsTheNameOfAPipe(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		router, err := socket.Open(rt, "ROUTER", socket.RouterMandatory(true))
		require.NoError(t, err)
		m := newMoor(t, ctx, router, false)
		for _, name := range []string{"first", "second"} {
			peer := m.landAs(t, ctx, "DEALER", name)
			peer.send("hello from " + name)
			wantMessage(t, router, "first", "hello from "+name)
			require.NoError(t, router.TrySend(socket.NewMessage("first", "hello")))
			require.Equal(t, []string{"hello"}, peer.recv())
			require.NoError(t, peer.conn.Close())
			synctest.Wait()
		}
		require.ErrorIs(t, router.TrySend(socket.NewMessage("second", "x")), socket.ErrUnroutable)
	})
}

// TestRoutingIDsAreBytes names a Dealer as one would not: by a 0 in front, as made-up ids have it, and by the longest name there is.
func TestRoutingIDsAreBytes(t *testing.T) {
	for _, at := range places {
		for _, id := range []string{"\x00", "\x00abcd", string(make([]byte, 255))} {
			rt := newRuntime(t)
			router, dealer := newRouter(t, rt), newDealer(t, rt, socket.RoutingID(id))
			join(t, at.fresh(t), router, dealer)
			require.NoError(t, dealer.Send(within(t), socket.NewMessage("x")))
			wantMessage(t, router, id, "x")
			require.NoError(t, router.SendTo(within(t), []byte(id), socket.NewMessage("y")))
			wantMessage(t, dealer, "y")
		}
	}
	_, err := socket.NewDealer(newRuntime(t), socket.RoutingID(string(make([]byte, 256))))
	require.ErrorIs(t, err, socket.ErrBadOption)
}

// TestConflateDealer wants a Dealer to keep the newest message of each direction.
func TestConflateDealer(t *testing.T) {
	rt := newRuntime(t)
	a, b := newDealer(t, rt, socket.Conflate(true)), newDealer(t, rt, socket.Conflate(true))
	join(t, inprocName(t), a, b)
	require.Equal(t, 10, fill(t, a, 10))
	require.Equal(t, 20, fill(t, b, 20))
	receive(t, b, 9, 1)
	receive(t, a, 19, 1)
	wantEmpty(t, a)
	wantEmpty(t, b)
	require.Equal(t, only(mailbox.ReasonReplaced, 9), a.Stats().Out.Dropped)
}

// TestRepServesInTurn wants a Rep to take a request of each peer in turn, not those of one. (libzmq: test_spec_rep)
func TestRepServesInTurn(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	rep := newRep(t, rt)
	ep := bind(t, rep, inprocName(t)).String()
	var dealers []*socket.Dealer
	for i := range 3 {
		d := newDealer(t, rt)
		connect(t, d, ep)
		require.NoError(t, rep.WaitPeers(ctx, i+1))
		for range 3 {
			require.NoError(t, d.TrySend(number(i).Prepend(nil)))
		}
		dealers = append(dealers, d)
	}
	for i := range 9 {
		receive(t, rep, i%3, 1)
		require.NoError(t, rep.Send(ctx, number(i)))
		m, err := dealers[i%3].Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, i, numberOf(t, m.Tail(1)))
	}
}
