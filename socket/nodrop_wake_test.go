package socket

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where nothing may be dropped, senders wait for different subscribers: room for one wakes all of them, and not only the one that has waited longest,
// for whom it may be of no use.
func TestNoDropWakesEverySender(t *testing.T) {
	r := newDeathRig(t)
	pub, err := NewPub(r.rt, SendHWM(1), XPubNoDrop(true))
	require.NoError(t, err)
	_, err = pub.Bind(r.ctx, "inproc://nodrop")
	require.NoError(t, err)
	sub, err := NewSub(r.rt, RecvHWM(1))
	require.NoError(t, err)
	require.NoError(t, sub.Subscribe(""))
	_, err = sub.Connect(r.ctx, "inproc://nodrop")
	require.NoError(t, err)
	require.NoError(t, pub.WaitSubscribers(r.ctx, 1))
	for err = nil; err == nil; err = pub.TrySend(NewMessage("fill")) {
		continue
	}
	require.True(t, errors.Is(err, ErrWouldBlock))

	room := &pub.base.s.room
	longest, other := room.join(), room.join()
	for range 2 {
		_, err := sub.Recv(r.ctx)
		require.NoError(t, err)
	}
	for _, w := range []*waiter{longest, other} {
		select {
		case <-w.c:
		default:
			require.Fail(t, "a sender was not woken")
		}
		room.leave(w, false)
	}
}
