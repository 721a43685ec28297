package socket_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// A PUSH does not receive: what a PULL sends it all the same is read, dropped and counted, and the PUSH goes on.
func TestUnwantedMessageIsForgotten(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push, err := socket.NewPush(rt)
	require.NoError(t, err)
	ep, err := push.Bind(ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	conn, err := net.Dial("tcp", strings.TrimPrefix(ep.String(), "tcp://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write(append(append(greeting(), ready("PULL")...), "\x00\x02hi\x04\x07\x04PING\x00\x00"...))
	require.NoError(t, err)
	wantBytes(t, conn, len(greeting())+len(ready("PUSH")))
	require.Equal(t, "\x04\x05\x04PONG", string(wantBytes(t, conn, 7)), "the PING behind the message was reached")
	for range 3 {
		require.NoError(t, push.Send(ctx, socket.NewMessage("still here")))
		require.Equal(t, "\x00\x0astill here", string(wantBytes(t, conn, 12)))
	}
	require.Equal(t, socket.Ledger{Accepted: 1, Dropped: only(socket.ReasonFiltered, 1)}, push.Stats().In)
	require.NoError(t, push.Close(ctx))
	require.Equal(t, only(socket.ReasonFiltered, 1), push.Stats().In.Dropped)
}

// A PUB receives subscriptions alone: another message is dropped and counted, and so is each that has a frame which is none.
func TestUnwantedByAPub(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pub := newPub(t, rt)
	events := watch(t, pub.Events(ctx))
	peer := dialRaw(t, bind(t, pub, "tcp://127.0.0.1:*").String(), "SUB")
	peer.send("no subscription")
	peer.send("\x01a", "nor this")
	require.NoError(t, pub.WaitSubscribers(ctx, 1))
	require.Equal(t, socket.ReasonFiltered, events.until(socket.EventDropped).Reason)
	peer.send("\x01b")
	peer.write([]byte("\x04\x07\x04PING\x00\x00"))
	require.Equal(t, "\x04\x05\x04PONG", string(peer.octets(7)))
	require.Equal(t, socket.Ledger{Accepted: 2, Dropped: only(socket.ReasonFiltered, 2)}, pub.Stats().In)
}

// wantBytes reads n bytes.
func wantBytes(t *testing.T, conn net.Conn, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	_, err := io.ReadFull(conn, b)
	require.NoError(t, err)
	return b
}

// The routing id goes out in READY as the Identity of a REQ.
func TestRoutingIDIsSent(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req, err := socket.NewReq(rt, socket.RoutingID("me"))
	require.NoError(t, err)
	ep, err := req.Bind(ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	conn, err := net.Dial("tcp", strings.TrimPrefix(ep.String(), "tcp://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write(append(greeting(), ready("REP")...))
	require.NoError(t, err)
	wantBytes(t, conn, len(greeting()))
	body := wantBytes(t, conn, int(wantBytes(t, conn, 2)[1]))
	require.Contains(t, string(body), "\x08Identity\x00\x00\x00\x02me")
}

// needIPv6 skips a test on a machine without IPv6. Any other trouble fails it.
func needIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Skip("this machine has no IPv6: ", err)
	}
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

// IPv6 is off unless asked for.
func TestIPv6(t *testing.T) {
	needIPv6(t)
	ctx := within(t)
	rt := newRuntime(t)
	off, err := socket.NewPull(rt)
	require.NoError(t, err)
	_, err = off.Bind(ctx, "tcp://[::1]:*")
	require.Error(t, err)
	pull, err := socket.NewPull(rt, socket.IPv6(true))
	require.NoError(t, err)
	ep, err := pull.Bind(ctx, "tcp://[::1]:*")
	require.NoError(t, err)
	push, err := socket.NewPush(rt, socket.IPv6(true))
	require.NoError(t, err)
	_, err = push.Connect(ctx, ep.String())
	require.NoError(t, err)
	require.NoError(t, push.Send(ctx, socket.NewMessage("six")))
	m, err := pull.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "six", m.String())
}

// TestTalksBeforeTheirTurn has a peer send its greeting, a READY that does not tell its type, and messages, all before it has heard a word: it is a peer,
// and all of it is received.
func TestTalksBeforeTheirTurn(t *testing.T) {
	for name, hello := range map[string][]byte{"its type": ready("PUSH"), "no type": []byte("\x04\x06\x05READY")} {
		ctx := within(t)
		rt := newRuntime(t)
		pull := newPull(t, rt)
		conn, err := net.Dial("tcp", strings.TrimPrefix(bind(t, pull, "tcp://127.0.0.1:*").String(), "tcp://"))
		require.NoError(t, err, name)
		_, err = conn.Write(append(append(greeting(), hello...), "\x00\x010\x00\x011\x00\x012"...))
		require.NoError(t, err, name)
		receive(t, pull, 0, 3)
		require.NoError(t, pull.WaitPeers(ctx, 1), name)
		wantBytes(t, conn, len(greeting())+len(ready("PULL")))
		require.NoError(t, conn.Close())
	}
}
