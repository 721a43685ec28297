package socket_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestGroupReleases publishes memory that somebody wants back: it comes back once each message is out, from one that fits a packet with others and from one
// that needs several.
func TestGroupReleases(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	pub := newPub(t, rt, fast...)
	connect(t, pub, ep)
	l := newLoan()
	var msgs []socket.Message // so that the garbage collector has no say
	for i := range 100 {
		m := l.message(string(make([]byte, i*70)))
		msgs = append(msgs, m)
		require.NoError(t, pub.Send(within(t), m))
	}
	for range msgs {
		select {
		case <-l.more:
		case <-within(t).Done():
			require.FailNow(t, "memory does not come back", "%d of %d", l.back.Load(), len(msgs))
		}
	}
	runtime.KeepAlive(msgs)
}

// TestGroupForgetsUpstream has an XSub of a group send: a subscription is its own affair, and a message has nobody to go to, which is counted; both give
// their memory back.
func TestGroupForgetsUpstream(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	xsub, err := socket.NewXSub(rt, fast...)
	require.NoError(t, err)
	connect(t, xsub, ep)
	require.NoError(t, xsub.WaitPeers(within(t), 1))
	l := newLoan()
	m := l.message("to whom it may concern")
	require.NoError(t, xsub.Send(within(t), m))
	require.NoError(t, xsub.Subscribe("a"))
	select {
	case <-l.more:
	case <-within(t).Done():
		require.FailNow(t, "memory does not come back")
	}
	runtime.KeepAlive(m)
	require.NoError(t, xsub.Close(within(t)))
	out := xsub.Stats().Out
	balanced(t, out)
	require.Equal(t, only(socket.ReasonNoPeer, 1), out.Dropped)
}

// TestGroupBytes bounds what waits for the rate by its bytes: a queue takes messages as long as it holds less.
func TestGroupBytes(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	pub := newPub(t, rt, socket.Rate(12), socket.SendHWMBytes(150_000), socket.XPubNoDrop(true), socket.Linger(0))
	connect(t, pub, ep)
	body := make([]byte, 100_000) // more than a burst, and at this rate, twelve thousand bits a second, far more than a moment's
	require.NoError(t, pub.TrySend(socket.MessageOf(body)))
	require.NoError(t, pub.TrySend(socket.MessageOf(body)))
	require.ErrorIs(t, pub.TrySend(socket.MessageOf(body)), socket.ErrWouldBlock)
	require.EqualValues(t, 2, pub.Stats().Out.Queued)
}
