package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// TestConflateInproc wants the newest message alone, whole, and the others on the books.
func TestConflateInproc(t *testing.T) {
	rt := newRuntime(t)
	push, pull := newPush(t, rt, socket.Conflate(true), socket.SendHWM(1)), newPull(t, rt)
	join(t, inprocName(t), pull, push)
	for i := range 20 {
		require.NoError(t, push.TrySend(number(i).Append([]byte("second"))))
	}
	m, err := pull.Recv(within(t))
	require.NoError(t, err)
	same(t, number(19).Append([]byte("second")), m)
	wantEmpty(t, pull)
	require.Equal(t, only(mailbox.ReasonReplaced, 19), push.Stats().Out.Dropped)
}

// TestConflateOut wants a PUSH that nobody serves yet to keep the newest message for whoever comes.
func TestConflateOut(t *testing.T) {
	rt := newRuntime(t)
	push, pull := newPush(t, rt, socket.Conflate(true), socket.ReconnectInterval(1)), newPull(t, rt)
	ep := nobody(t)
	connect(t, push, ep)
	require.Equal(t, 5000, fill(t, push, 5000), "no mark holds it")
	bind(t, pull, ep)
	receive(t, pull, 4999, 1)
	wantEmpty(t, pull)
}

// TestConflateIn wants a receiver to find the newest of what has arrived.
func TestConflateIn(t *testing.T) {
	for _, at := range places {
		if at.scheme == "inproc" {
			continue // the connecting side decides: TestConflateInproc
		}
		t.Run(at.scheme, func(t *testing.T) {
			rt := newRuntime(t)
			push, pull := newPush(t, rt), newPull(t, rt, socket.Conflate(true), socket.RecvHWM(1))
			join(t, at.fresh(t), pull, push)
			for i := range 200 {
				require.NoError(t, push.Send(within(t), number(i)))
			}
			require.NoError(t, push.Close(within(t))) // all of it has arrived when the connection is gone
			gone(t, pull)
			receive(t, pull, 199, 1)
			wantEmpty(t, pull)
			balanced(t, pull.Stats().In)
		})
	}
}

// TestConflatePubSub wants the newest of what matches, and every subscription to reach the publisher.
func TestConflatePubSub(t *testing.T) {
	overPlaces(t, func(t *testing.T, rt *socket.Runtime, pub *socket.Pub, ep string) {
		sub := newSub(t, rt, []string{"a", "b", "1"}, socket.Conflate(true))
		connect(t, sub, ep)
		for _, topic := range []string{"a", "b", "1"} {
			require.NoError(t, pub.WaitTopic(within(t), topic, 1))
		}
		for i := range 100 {
			require.NoError(t, pub.Send(within(t), number(100+i)))
		}
		last := 0
		for last != 199 {
			m, err := sub.Recv(within(t))
			require.NoError(t, err)
			require.Greater(t, numberOf(t, m), last)
			last = numberOf(t, m)
		}
		wantEmpty(t, sub)
	}, socket.Conflate(true))
}

// TestConflateRefused wants types that do not conflate to say so.
func TestConflateRefused(t *testing.T) {
	rt := newRuntime(t)
	_, err := socket.NewReq(rt, socket.Conflate(true))
	require.ErrorIs(t, err, socket.ErrBadOption)
	_, err = socket.NewXPub(rt, socket.Conflate(true))
	require.ErrorIs(t, err, socket.ErrBadOption)
}
