package socket_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// What libzmq's tests walk through from end to end, where the others of this package look at the parts.

// TestRouterReplyOfAnIDAlone answers a Req with its id and nothing behind it, which goes nowhere, and then as one should. (libzmq: test_invalid_rep)
func TestRouterReplyOfAnIDAlone(t *testing.T) {
	for _, at := range places {
		ctx := within(t)
		rt := newRuntime(t)
		router, req := newRouter(t, rt), newReq(t, rt)
		join(t, at.fresh(t), router, req)
		require.NoError(t, req.Send(ctx, socket.NewMessage("r")))
		m, err := router.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, 3, m.Len())
		id := string(m.Frame(0))
		require.NoError(t, router.Send(ctx, socket.NewMessage(id)))
		require.NoError(t, router.Send(ctx, socket.NewMessage(id, "", "b")))
		recvText(t, req, "b")
	}
}

// TestRouterReachesEachInTurn has a hundred Dealers of another runtime come, one after the other, and be reached as soon as they are there. (libzmq:
// test_issue_566)
func TestRouterReachesEachInTurn(t *testing.T) {
	ctx := within(t)
	router := newRouter(t, newRuntime(t), socket.RouterMandatory(true))
	ep := bind(t, router, "tcp://127.0.0.1:*").String()
	theirs := newRuntime(t)
	for i := range 100 {
		id := fmt.Sprintf("%09d\x00", i)
		dealer := newDealer(t, theirs, socket.RoutingID(id), socket.Linger(0))
		require.ErrorIs(t, router.Send(ctx, socket.NewMessage(id, "HELLO")), socket.ErrUnroutable)
		connect(t, dealer, ep)
		require.NoError(t, router.WaitPeers(ctx, 1))
		require.NoError(t, router.Send(ctx, socket.NewMessage(id, "HELLO")))
		recvText(t, dealer, "HELLO")
		require.NoError(t, dealer.Close(ctx))
		gone(t, router)
	}
}

// TestProbedRouterAnswers sends something to whom the probe has made known. (libzmq: test_probe_router)
func TestProbedRouterAnswers(t *testing.T) {
	for _, typ := range []string{"DEALER", "ROUTER"} {
		for _, at := range places {
			ctx := within(t)
			rt := newRuntime(t)
			server := newRouter(t, rt, socket.RoutingID("server"))
			client, err := socket.Open(rt, typ, socket.ProbeRouter(true), socket.RoutingID("X"))
			require.NoError(t, err)
			join(t, at.fresh(t), server, client)
			recvText(t, server, "X|")
			require.NoError(t, server.Send(ctx, socket.NewMessage("X", "Hello")))
			recvText(t, client, map[string]string{"DEALER": "Hello", "ROUTER": "server|Hello"}[typ])
		}
	}
}

// TestXPubTopicsAroundTheBorder begins and ends subscriptions whose commands are about as long as a short frame can be. (libzmq: test_xpub_topic)
func TestXPubTopicsAroundTheBorder(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		sub := joined(t, rt, ep)
		for _, size := range []int{0, 1, 244, 245, 246, 247, 248, 249, 250, 253, 254, 255, 256, 1000} {
			topic := strings.Repeat("t", size)
			require.NoError(t, sub.Subscribe(topic))
			want(t, x, "\x01"+topic)
			require.NoError(t, sub.Unsubscribe(topic))
			want(t, x, "\x00"+topic)
		}
	})
}

// TestXPubHearsDisconnect has a Sub leave an XPub and come back: the XPub hears of both, and publishes to it in between alone. (libzmq: test_disconnect_inproc)
func TestXPubHearsDisconnect(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		ctx := within(t)
		sub := newSub(t, rt, []string{"foo"})
		for i := range 3 {
			require.NoError(t, x.Send(ctx, socket.NewMessage("foo", "to nobody")))
			there := connect(t, sub, ep)
			want(t, x, "\x01foo")
			require.NoError(t, x.Send(ctx, socket.NewMessage("foo", fmt.Sprint(i))))
			recvText(t, sub, fmt.Sprint("foo|", i))
			require.NoError(t, there.Close(ctx))
			want(t, x, "\x00foo")
		}
		wantEmpty(t, sub)
	})
}

// TestMoreAndShared sees the end of a message at a Router, and a copy that shares the bodies of what it is a copy of. (libzmq: test_msg_flags)
func TestMoreAndShared(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router, dealer := newRouter(t, rt), newDealer(t, rt, socket.RoutingID("d"))
	join(t, inprocName(t), router, dealer)
	require.NoError(t, dealer.Send(ctx, socket.NewMessage("A", "B")))
	m, err := router.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, 3, m.Len(), "the id, and the two")
	require.Equal(t, "d|A|B", m.String())

	large := socket.MessageOf(make([]byte, 1024))
	twin := large.Copy()
	require.Same(t, &large.Frame(0)[0], &twin.Frame(0)[0])
}
