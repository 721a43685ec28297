package socket_test

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// unsentPeers returns what an error says was not sent, in the order of identities, and fails where it says nothing.
func unsentPeers(t *testing.T, err error) []socket.Unsent {
	t.Helper()
	var u *socket.UnsentError
	require.ErrorAs(t, err, &u)
	slices.SortFunc(u.Peers, func(a, b socket.Unsent) int { return cmp.Compare(a.Identity+a.Endpoint, b.Identity+b.Endpoint) })
	for _, p := range u.Peers {
		require.ErrorContains(t, u, p.String())
	}
	return u.Peers
}

// TestUnsentNamesPeers closes a bound Router with messages for two peers that do not read: the error tells them apart, by name and by address, as
// Stats do.
func TestUnsentNamesPeers(t *testing.T) {
	const each = 4
	ctx := within(t)
	router := newRouter(t, newRuntime(t), socket.Linger(0), socket.RouterMandatory(true))
	ep := bind(t, router, "tcp://127.0.0.1:*").String()
	names := []string{"alice", "bob"}
	addresses := map[string]string{}
	for _, name := range names {
		conn, err := net.Dial("tcp", strings.TrimPrefix(ep, "tcp://"))
		require.NoError(t, err)
		shakeRawAs(t, conn, wire.HandshakeConfig{SocketType: "DEALER", Identity: []byte(name)})
		addresses[name] = conn.LocalAddr().String()
	}
	require.NoError(t, router.WaitPeers(ctx, len(names)))
	body := make([]byte, 8<<20) // two of them are more than any kernel takes
	for range each {
		for _, name := range names {
			require.NoError(t, router.Send(ctx, socket.MessageOf([]byte(name), body)))
		}
	}
	err := router.Close(ctx)
	peers := unsentPeers(t, err)
	require.Len(t, peers, len(names))
	for i, name := range names {
		p := peers[i]
		require.Equal(t, socket.Unsent{
			Socket: router.String(), Endpoint: ep, Peer: addresses[name], Identity: name, Messages: p.Messages,
		}, p)
		require.Positive(t, p.Messages)
		require.LessOrEqual(t, p.Messages, each)
		require.ErrorContains(t, err, fmt.Sprintf("%d to %s of %s (peer %q at %s)", p.Messages, ep, router, name, p.Peer))
	}
}

// TestUnsentString wants what is not known to be left out.
func TestUnsentString(t *testing.T) {
	for want, u := range map[string]socket.Unsent{
		"3 to tcp://a:1":                                     {Endpoint: "tcp://a:1", Messages: 3},
		"3 to tcp://a:1 of 1-push":                           {Endpoint: "tcp://a:1", Socket: "1-push", Messages: 3},
		"3 to tcp://a:1 of 1-push (peer 10.0.0.1:7)":         {Endpoint: "tcp://a:1", Socket: "1-push", Peer: "10.0.0.1:7", Messages: 3},
		"1 to inproc://a of 1-router (peer \"me\")":          {Endpoint: "inproc://a", Socket: "1-router", Identity: "me", Messages: 1},
		"1 to tcp://a:1 of 1-router (peer \"\\x00\" at b:2)": {Endpoint: "tcp://a:1", Socket: "1-router", Identity: "\x00", Peer: "b:2", Messages: 1},
	} {
		require.Equal(t, want, u.String())
	}
}

// TestShutdownToNobody ends a runtime with messages for names that nobody has bound: Close may leave them for who binds later, Shutdown lists them.
// What this package says on its own is not among them, nor are subscriptions.
func TestShutdownToNobody(t *testing.T) {
	ctx := within(t)
	rt, err := socket.NewRuntime()
	require.NoError(t, err)
	gone, open := newPush(t, rt, socket.Linger(0)), newDealer(t, rt, socket.HelloMsg("hello"), socket.ProbeRouter(true))
	names := []string{inprocName(t), inprocName(t)}
	connect(t, gone, names[0])
	connect(t, open, names[1])
	require.Equal(t, 3, fill(t, gone, 3))
	require.Equal(t, 2, fill(t, open, 2))
	require.NoError(t, gone.Close(ctx))
	connect(t, newDealer(t, rt, socket.HelloMsg("hello")), inprocName(t))
	connect(t, newSub(t, rt, []string{"a", "b"}), inprocName(t))
	require.ElementsMatch(t, []socket.Unsent{
		{Socket: gone.String(), Endpoint: names[0], Messages: 3},
		{Socket: open.String(), Endpoint: names[1], Messages: 2},
	}, unsentPeers(t, rt.Shutdown(ctx)))
	out := gone.Stats().Out
	balanced(t, out)
	require.Equal(t, only(socket.ReasonUnread, 3), out.Dropped)
	require.NoError(t, rt.Shutdown(context.Background()), "it is shut down")
}
