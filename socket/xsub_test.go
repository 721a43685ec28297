package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// newXSub makes an XSub.
func newXSub(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.XSub {
	t.Helper()
	s, err := socket.NewXSub(rt, opts...)
	require.NoError(t, err)
	return s
}

// TestXSubSubscribes wants an XSub's messages to be subscriptions, counted, and what it receives not to be filtered.
func TestXSubSubscribes(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		ctx := within(t)
		s := newXSub(t, rt)
		require.NoError(t, s.Send(ctx, socket.NewMessage("\x01early")))
		connect(t, s, ep)
		want(t, x, "\x01early")
		for _, m := range []string{"\x01A", "\x01A", "\x00A", "\x00never", "\x01B"} {
			require.NoError(t, s.Send(ctx, socket.NewMessage(m)))
		}
		want(t, x, "\x01A", "\x01A", "\x01B")
		require.NoError(t, x.Send(ctx, socket.NewMessage("A1")))
		require.NoError(t, x.Send(ctx, socket.NewMessage("C")))
		require.NoError(t, x.Send(ctx, socket.NewMessage("B1")))
		want(t, s, "A1", "B1")
		require.NoError(t, s.Send(ctx, socket.NewMessage("\x00A")))
		want(t, x, "\x00A")
		wantEmpty(t, x)
	}, socket.XPubVerbose(true))
}

// TestXSubUserMessages wants what is no subscription to go upstream as it is, past the mark not at all, and without waiting.
func TestXSubUserMessages(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		ctx := within(t)
		s := newXSub(t, rt)
		require.NoError(t, s.Send(ctx, socket.NewMessage("nobody is there")))
		connect(t, s, ep)
		require.NoError(t, s.WaitPeers(ctx, 1))
		require.NoError(t, s.Send(ctx, socket.NewMessage("user", "\x01topic", "more")))
		want(t, x, "\x01topic")
		m, err := x.Recv(ctx)
		require.NoError(t, err)
		same(t, socket.NewMessage("user", "more"), m)
		require.NoError(t, s.Send(ctx, socket.NewMessage("")))
		want(t, x, "")
	})
}

// TestXSubOnlyFirst wants the later frames of a user message to be left alone on both sides.
func TestXSubOnlyFirst(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		ctx := within(t)
		s := newXSub(t, rt, socket.OnlyFirstSubscribe(true))
		connect(t, s, ep)
		require.NoError(t, s.WaitPeers(ctx, 1))
		sent := socket.NewMessage("user", "\x01no topic")
		require.NoError(t, s.Send(ctx, sent))
		m, err := x.Recv(ctx)
		require.NoError(t, err)
		same(t, sent, m)
	}, socket.OnlyFirstSubscribe(true))
}

// TestXSubVerboseUnsubscribe wants every unsubscription upstream.
func TestXSubVerboseUnsubscribe(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		s := newXSub(t, rt, socket.XSubVerboseUnsubscribe(true))
		connect(t, s, ep)
		require.NoError(t, s.WaitPeers(within(t), 1))
		for _, m := range []string{"\x01A", "\x01A", "\x00A", "\x00A", "\x00A"} {
			require.NoError(t, s.Send(within(t), socket.NewMessage(m)))
		}
		want(t, x, "\x01A", "\x01A", "\x00A", "\x00A", "\x00A")
	}, socket.XPubVerboser(true))
	_, err := socket.NewSub(newRuntime(t), socket.XSubVerboseUnsubscribe(true))
	require.ErrorIs(t, err, socket.ErrBadOption)
}

// TestXSubOnTheWire wants a command for each subscription in a message, to a peer of ZMTP 3.1, and the other frames as one message.
func TestXSubOnTheWire(t *testing.T) {
	s := newXSub(t, newRuntime(t))
	peer := dialRaw(t, bind(t, s, "tcp://127.0.0.1:*").String(), "XPUB")
	require.NoError(t, s.WaitPeers(within(t), 1))
	require.NoError(t, s.Send(within(t), socket.NewMessage("\x01A", "\x01B", "user", "\x00A", "more")))
	for _, want := range [][]string{{"SUBSCRIBE", "A"}, {"SUBSCRIBE", "B"}, {"CANCEL", "A"}, {"user", "more"}} {
		require.Equal(t, want, peer.recv())
	}
}

// TestSetXSub changes in use what both sides make of the later frames of a message, and whether every unsubscription goes upstream.
func TestSetXSub(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		ctx := within(t)
		s := newXSub(t, rt)
		connect(t, s, ep)
		require.NoError(t, s.WaitPeers(ctx, 1))
		mixed := socket.NewMessage("user", "\x01A")
		require.NoError(t, s.Send(ctx, mixed.Copy()))
		want(t, x, "\x01A", "user")
		require.NoError(t, s.Set(ctx, socket.OnlyFirstSubscribe(true)))
		require.NoError(t, x.Set(ctx, socket.OnlyFirstSubscribe(true)))
		require.NoError(t, s.Send(ctx, mixed.Copy()))
		m, err := x.Recv(ctx)
		require.NoError(t, err)
		same(t, mixed, m)
		require.NoError(t, s.Set(ctx, socket.XSubVerboseUnsubscribe(true)))
		for range 2 {
			require.NoError(t, s.Send(ctx, socket.NewMessage("\x00A")))
		}
		want(t, x, "\x00A", "\x00A")
		require.NoError(t, s.Set(ctx, socket.XSubVerboseUnsubscribe(false), socket.OnlyFirstSubscribe(false)))
		require.NoError(t, x.Set(ctx, socket.OnlyFirstSubscribe(false)))
		require.NoError(t, s.Send(ctx, socket.NewMessage("\x00A")))
		require.NoError(t, s.Send(ctx, mixed))
		want(t, x, "\x01A", "user")
	}, socket.XPubVerboser(true))
}

// TestXSubReplays wants the topics that an XSub has to be sent again on a new connection, once each.
func TestXSubReplays(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	s := newXSub(t, rt, socket.ReconnectInterval(1))
	for _, m := range []string{"\x01A", "\x01A", "\x01B", "\x01C", "\x00C"} {
		require.NoError(t, s.Send(ctx, socket.NewMessage(m)))
	}
	ep := nobody(t)
	connect(t, s, ep)
	for range 2 {
		x, err := socket.NewXPub(rt, socket.XPubVerboser(true))
		require.NoError(t, err)
		bind(t, x, ep)
		want(t, x, "\x01A", "\x01B")
		wantEmpty(t, x)
		require.NoError(t, x.Close(ctx))
	}
}
