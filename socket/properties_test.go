package socket_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// properties are those of the next message to arrive.
func properties(t *testing.T, from socket.Receiver) map[string]string {
	t.Helper()
	m, err := from.Recv(within(t))
	require.NoError(t, err)
	return maps.Collect(m.Properties().All())
}

// TestPropertiesOfAMessage wants each message to tell who sent it: the first, the next, and after a reconnect. One that is sent on tells of the socket
// that sent it on, and one over inproc of nobody.
func TestPropertiesOfAMessage(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			router, err := socket.NewRouter(rt)
			require.NoError(t, err)
			dealer, err := socket.NewDealer(rt, socket.RoutingID("me"))
			require.NoError(t, err)
			join(t, at.fresh(t), router, dealer)
			for _, frames := range [][]string{{"a"}, {"b", "c"}, {string(make([]byte, 100_000)), "d"}} {
				require.NoError(t, dealer.Send(ctx, socket.NewMessage(frames...)))
				m, err := router.Recv(ctx)
				require.NoError(t, err)
				require.Equal(t, "me", string(m.Frame(0)))
				got := maps.Collect(m.Properties().All())
				require.NoError(t, router.Send(ctx, m))
				if at.scheme == "inproc" {
					require.Empty(t, got)
					require.Empty(t, properties(t, dealer))
					continue
				}
				require.NotEmpty(t, got["Peer-Address"])
				delete(got, "Peer-Address")
				require.Equal(t, map[string]string{"Socket-Type": "DEALER", "Identity": "me"}, got)
				_, ok := m.Property("User-Id")
				require.False(t, ok)
				back := properties(t, dealer)
				require.Equal(t, "ROUTER", back["Socket-Type"])
				require.Contains(t, back, "Identity")
			}
		})
	}
}

// TestPropertiesAreOfOneHop sends a received message on over inproc: it comes without properties.
func TestPropertiesAreOfOneHop(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push, pull := newPush(t, rt), newPull(t, rt)
	join(t, "tcp://127.0.0.1:*", pull, push)
	on, end := newPush(t, rt), newPull(t, rt)
	join(t, inprocName(t), end, on)
	require.NoError(t, push.Send(ctx, socket.NewMessage("x")))
	m, err := pull.Recv(ctx)
	require.NoError(t, err)
	value, ok := m.Property("Socket-Type")
	require.True(t, ok)
	require.Equal(t, "PUSH", value)
	require.NoError(t, on.Send(ctx, m))
	require.Empty(t, properties(t, end))
	value, _ = m.Property("Socket-Type")
	require.Equal(t, "PUSH", value, "what the caller still has is not touched")
}

// TestPropertiesOfANotification wants what an XPub receives to tell which subscriber it is from. The news that one has gone is from nobody, as in libzmq.
func TestPropertiesOfANotification(t *testing.T) {
	overXPub(t, func(t *testing.T, rt *socket.Runtime, x *socket.XPub, ep string) {
		xsub, err := socket.NewXSub(rt)
		require.NoError(t, err)
		connect(t, xsub, ep)
		require.NoError(t, xsub.WaitPeers(within(t), 1))
		for _, m := range []socket.Message{
			socket.NewMessage("\x01topic"), socket.NewMessage("hello", "there"), socket.NewMessage("\x00topic"), socket.NewMessage("\x01again"),
		} {
			require.NoError(t, xsub.TrySend(m))
			got := properties(t, x)
			if strings.HasPrefix(ep, "inproc") {
				require.Empty(t, got)
				continue
			}
			require.Equal(t, "XSUB", got["Socket-Type"])
			require.NotEmpty(t, got["Peer-Address"])
		}
		require.NoError(t, xsub.Close(within(t)))
		require.Empty(t, properties(t, x))
	})
}
