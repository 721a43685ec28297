package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// TestSubOnTheWire wants subscriptions to go out as commands to a peer that speaks ZMTP 3.1, in order, each Subscribe and the last Unsubscribe.
// https://rfc.zeromq.org/spec/37/#commands (libzmq: test_mock_pub_sub)
func TestSubOnTheWire(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	sub := newSub(t, rt, []string{"b", "a", "a"})
	l, ep := listenRaw(t)
	connect(t, sub, ep)
	peer := acceptRaw(t, l, "PUB")
	require.Equal(t, []string{"SUBSCRIBE", "a"}, peer.recv(), "once each")
	require.Equal(t, []string{"SUBSCRIBE", "b"}, peer.recv())
	require.NoError(t, sub.Subscribe("a"))
	require.Equal(t, []string{"SUBSCRIBE", "a"}, peer.recv())
	for range 3 {
		require.NoError(t, sub.Unsubscribe("a"))
	}
	require.NoError(t, sub.Unsubscribe("none"))
	require.NoError(t, sub.Unsubscribe("b"))
	require.Equal(t, []string{"CANCEL", "a"}, peer.recv())
	require.Equal(t, []string{"CANCEL", "b"}, peer.recv())
	require.NoError(t, sub.Subscribe(""))
	require.Equal(t, []string{"SUBSCRIBE", ""}, peer.recv())
	peer.send("topic", "body")
	m, err := sub.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "topic|body", m.String())
}

// TestSubFilters sends a subscriber what it did not ask for: it is not delivered, and counted.
func TestSubFilters(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	sub := newSub(t, rt, []string{"a"})
	l, ep := listenRaw(t)
	connect(t, sub, ep)
	peer := acceptRaw(t, l, "XPUB")
	peer.send("b", "a")
	peer.send("")
	peer.send("abc", "b")
	m, err := sub.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "abc|b", m.String())
	require.Equal(t, only(socket.ReasonFiltered, 2), sub.Stats().In.Dropped)
}

// TestPubTakesBothForms subscribes by command and by message, and undoes each by the other; what is neither is not for the application and harms
// nobody. One CANCEL undoes any number of SUBSCRIBEs of the same peer. (libzmq: test_mock_pub_sub)
func TestPubTakesBothForms(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pub := newPub(t, rt)
	peer := dialRaw(t, bind(t, pub, "tcp://127.0.0.1:*").String(), "SUB")
	peer.write(wire.Subscribe{Topic: []byte("a")}.AppendTo(nil))
	peer.send("\x01b")
	require.NoError(t, pub.WaitTopic(ctx, "b", 1))
	publish(t, pub, "a", "b", "c")
	require.Equal(t, []string{"a"}, peer.recv())
	require.Equal(t, []string{"b"}, peer.recv())
	peer.send("\x01a")
	peer.send("", "no subscription", "\x02")
	peer.send("\x00a")
	peer.write(wire.Cancel{Topic: []byte("b")}.AppendTo(nil))
	peer.write(wire.Cancel{Topic: []byte("never")}.AppendTo(nil))
	peer.send("\x01d", "\x01e")
	require.NoError(t, pub.WaitTopic(ctx, "e", 1))
	publish(t, pub, "a", "b", "c", "d", "e")
	require.Equal(t, []string{"d"}, peer.recv())
	require.Equal(t, []string{"e"}, peer.recv())
}
