package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// newXPub makes an XPub.
func newXPub(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.XPub {
	t.Helper()
	s, err := socket.NewXPub(rt, opts...)
	require.NoError(t, err)
	return s
}

// overXPub runs a test for each transport, with an XPub that is bound to it.
func overXPub(t *testing.T, f func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string), opts ...socket.Option) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			rt := newRuntime(t)
			x := newXPub(t, rt, opts...)
			f(t, rt, x, bind(t, x, at.fresh(t)).String())
		})
	}
}

// joined is a Sub that is connected to ep.
func joined(t *testing.T, rt *socket.Runtime, ep string, opts ...socket.Option) *socket.Sub {
	t.Helper()
	sub := newSub(t, rt, nil, opts...)
	connect(t, sub, ep)
	require.NoError(t, sub.WaitPeers(within(t), 1))
	return sub
}

// TestXPubNotifies wants the first subscription to a topic and the end of the last, and what a peer that goes leaves alone.
func TestXPubNotifies(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		ctx := within(t)
		a, b := joined(t, rt, ep), joined(t, rt, ep)
		require.NoError(t, a.Subscribe("A"))
		want(t, x, "\x01A")
		require.NoError(t, b.Subscribe("A"))
		require.NoError(t, b.Subscribe("B"))
		want(t, x, "\x01B")
		require.NoError(t, x.Send(ctx, socket.NewMessage("A1")))
		want(t, a, "A1")
		want(t, b, "A1")
		require.NoError(t, a.Unsubscribe("A"))
		require.NoError(t, a.Subscribe("C"))
		want(t, x, "\x01C")
		require.NoError(t, b.Subscribe("AA"))
		want(t, x, "\x01AA")
		require.NoError(t, b.Close(ctx))
		want(t, x, "\x00A", "\x00AA", "\x00B")
		require.NoError(t, a.Unsubscribe("C"))
		want(t, x, "\x00C")
		wantEmpty(t, x)
		require.NoError(t, x.Close(ctx))
		balanced(t, x.Stats().In)
	})
}

// TestXPubVerbose wants every subscription, and with XPubVerboser the end of every one too.
func TestXPubVerbose(t *testing.T) {
	for _, verboser := range []bool{false, true} {
		opt := socket.XPubVerbose(true)
		if verboser {
			opt = socket.XPubVerboser(true)
		}
		overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
			a, b := joined(t, rt, ep), joined(t, rt, ep)
			require.NoError(t, a.Subscribe("A"))
			want(t, x, "\x01A")
			require.NoError(t, a.Subscribe("A"))
			want(t, x, "\x01A")
			require.NoError(t, b.Subscribe("A"))
			want(t, x, "\x01A")
			require.NoError(t, b.Unsubscribe("A"))
			if verboser {
				want(t, x, "\x00A")
			}
			require.NoError(t, b.Subscribe("B"))
			want(t, x, "\x01B")
			require.NoError(t, a.Close(within(t)))
			want(t, x, "\x00A")
			wantEmpty(t, x)
		}, opt)
	}
}

// TestXPubManual wants the application to decide what the peer of the last notification is subscribed to.
func TestXPubManual(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		ctx := within(t)
		require.NoError(t, x.Subscribe("nobody asked"))
		a, b := joined(t, rt, ep), joined(t, rt, ep)
		require.NoError(t, a.Subscribe("A"))
		want(t, x, "\x01A")
		require.NoError(t, x.Subscribe("XA"))
		require.NoError(t, b.Subscribe("B"))
		want(t, x, "\x01B")
		require.NoError(t, x.Subscribe("B"))
		require.NoError(t, a.Subscribe("XA"))
		want(t, x, "\x01XA")
		for _, body := range []string{"A", "XA", "B"} {
			require.NoError(t, x.Send(ctx, socket.NewMessage(body)))
		}
		want(t, a, "XA")
		want(t, b, "B")
		require.NoError(t, a.Unsubscribe("A"))
		want(t, x, "\x00A")
		require.NoError(t, x.Unsubscribe("XA"))
		require.NoError(t, a.Close(ctx))
		want(t, x, "\x00XA")
		require.NoError(t, x.Subscribe("its peer is gone"))
		wantEmpty(t, x)
	}, socket.XPubManual(true))
}

// TestXPubManualUserMessage wants what others send beside their subscriptions to change nothing of whose notification was the last.
func TestXPubManualUserMessage(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		ctx := within(t)
		sub := joined(t, rt, ep)
		xsub, err := socket.NewXSub(rt)
		require.NoError(t, err)
		connect(t, xsub, ep)
		require.NoError(t, xsub.WaitPeers(ctx, 1))
		require.NoError(t, xsub.Subscribe("mine"))
		want(t, x, "\x01mine")
		require.NoError(t, x.Subscribe("mine"))
		require.NoError(t, sub.Subscribe("asked"))
		want(t, x, "\x01asked")
		require.NoError(t, xsub.Send(ctx, socket.NewMessage("user")))
		require.NoError(t, xsub.Send(ctx, socket.NewMessage("user", "more")))
		want(t, x, "user")
		m, err := x.Recv(ctx)
		require.NoError(t, err)
		same(t, socket.NewMessage("user", "more"), m)
		require.NoError(t, x.Subscribe("asked"))
		for _, body := range []string{"asked", "mine"} {
			require.NoError(t, x.Send(ctx, socket.NewMessage(body)))
		}
		want(t, sub, "asked")
		want(t, xsub, "mine")
	}, socket.XPubManual(true))
}

// TestXPubWelcome wants each new peer to be sent the welcome first.
func TestXPubWelcome(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		sub := newSub(t, rt, []string{"W", "x"})
		connect(t, sub, ep)
		want(t, x, "\x01W", "\x01x")
		require.NoError(t, x.Send(within(t), socket.NewMessage("x")))
		want(t, sub, "W", "x")
	}, socket.XPubWelcome("W"))
}

// TestInvertMatching wants a message to go to those whom no subscription of theirs matches.
func TestInvertMatching(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		ctx := within(t)
		a, b := joined(t, rt, ep, socket.InvertMatching(true)), joined(t, rt, ep, socket.InvertMatching(true))
		require.NoError(t, x.WaitPeers(ctx, 2))
		require.NoError(t, a.Subscribe("A"))
		want(t, x, "\x01A")
		for _, body := range []string{"A", "B"} {
			require.NoError(t, x.Send(ctx, socket.NewMessage(body)))
		}
		want(t, a, "B")
		want(t, b, "A", "B")
	}, socket.InvertMatching(true))
}

// TestXPubMark wants a peer's connection not to be read while it has as many unread notifications as the mark allows; they all come in the end.
func TestXPubMark(t *testing.T) {
	rt := newRuntime(t)
	x, err := socket.NewXPub(rt, socket.RecvHWM(3))
	require.NoError(t, err)
	sub := newSub(t, rt, []string{"a", "b", "c", "d", "e", "f"})
	join(t, "tcp://127.0.0.1:*", x, sub)
	want(t, x, "\x01a", "\x01b", "\x01c", "\x01d", "\x01e", "\x01f")
	wantEmpty(t, x)
}

// TestPubSubOptionsRefused wants types to refuse the options that they do not have.
func TestPubSubOptionsRefused(t *testing.T) {
	rt := newRuntime(t)
	for _, opt := range []socket.Option{
		socket.XPubVerbose(true), socket.XPubVerboser(true), socket.XPubManual(true), socket.OnlyFirstSubscribe(true), socket.XPubWelcome("x"),
		socket.InvertMatching(true),
	} {
		_, err := socket.NewPush(rt, opt)
		require.ErrorIs(t, err, socket.ErrBadOption)
	}
	x, err := socket.NewXPub(rt)
	require.NoError(t, err)
	require.ErrorIs(t, x.Subscribe("a"), socket.ErrBadOption, "without XPubManual")
}
