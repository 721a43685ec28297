package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// newPair makes a Pair.
func newPair(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.Pair {
	t.Helper()
	s, err := socket.NewPair(rt, opts...)
	require.NoError(t, err)
	return s
}

// TestPairBothWays sends both ways at once over every transport: there are no turns.
func TestPairBothWays(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			rt := newRuntime(t)
			a, b := newPair(t, rt), newPair(t, rt)
			join(t, at.fresh(t), a, b)
			for i := range 20 {
				require.NoError(t, a.Send(within(t), number(i)))
				require.NoError(t, b.Send(within(t), number(100+i)))
			}
			receive(t, a, 100, 20)
			receive(t, b, 0, 20)
		})
	}
}

// TestPairMarks wants a Pair to wait at the mark, and where it has no peer.
func TestPairMarks(t *testing.T) {
	rt := newRuntime(t)
	a, b := newPair(t, rt, socket.SendHWM(3)), newPair(t, rt, socket.RecvHWM(4))
	require.ErrorIs(t, a.TrySend(number(0)), socket.ErrNoPeers)
	join(t, inprocName(t), a, b)
	require.Equal(t, 7, fill(t, a, 100))
	receive(t, b, 0, 7)
	require.NoError(t, a.TrySend(number(7)))
}

// TestPairTurnsAway wants the first peer to have the socket to itself: another finishes its handshake, is disconnected, and comes back until the place
// is free; then it is the peer.
func TestPairTurnsAway(t *testing.T) {
	for _, at := range places {
		if at.scheme == "inproc" {
			continue // who is turned away there does not come back: see TestPairTurnsAwayInproc
		}
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			events := make(chan socket.Event, 1000)
			rt := newRuntime(t, socket.WithEvents(func(e socket.Event) { events <- e }))
			a, first, second := newPair(t, rt), newPair(t, rt), newPair(t, rt, socket.ReconnectInterval(1))
			bound, _ := join(t, at.fresh(t), a, first)
			connect(t, second, bound.String())
			for connected, lost := 0, 0; lost < 3; {
				e := <-events
				switch {
				case e.Socket == second.String() && e.Kind == socket.EventHandshakeSucceeded:
					connected++
				case e.Socket == second.String() && e.Kind == socket.EventDisconnected:
					lost++
					require.GreaterOrEqual(t, connected, lost, "its handshake was done")
				}
			}
			require.NoError(t, a.Send(ctx, number(1)))
			receive(t, first, 1, 1)
			require.NoError(t, first.Send(ctx, number(6)))
			require.NoError(t, first.Close(ctx))
			receive(t, a, 6, 1)
			for e := range events {
				if e.Socket == a.String() && e.Kind == socket.EventHandshakeSucceeded {
					break // the first one's came before the losses above
				}
			}
			require.NoError(t, a.Send(ctx, number(2)))
			receive(t, second, 2, 1)
			require.NoError(t, second.Send(ctx, number(7)))
			receive(t, a, 7, 1)
		})
	}
}

// TestPairTurnsAwayInproc wants the same over inproc, but for the coming back: two that have parted do not find each other again.
func TestPairTurnsAwayInproc(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	a, first, second, third := newPair(t, rt), newPair(t, rt), newPair(t, rt), newPair(t, rt)
	bound, _ := join(t, inprocName(t), a, first)
	connect(t, second, bound.String())
	require.NoError(t, a.Settle(ctx))
	require.NoError(t, second.Settle(ctx))
	require.ErrorIs(t, second.TrySend(number(1)), socket.ErrNoPeers)
	_, err := first.Connect(ctx, bound.String())
	require.ErrorIs(t, err, socket.ErrTaken)
	require.NoError(t, first.Close(ctx))
	gone(t, a)
	connect(t, third, bound.String())
	require.NoError(t, third.Send(ctx, number(1)))
	receive(t, a, 1, 1)
}

// TestPairConnectsTwice wants the second endpoint of a Pair to wait for the end of the first.
func TestPairConnectsTwice(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	a, b, c := newPair(t, rt, socket.ReconnectInterval(1)), newPair(t, rt), newPair(t, rt)
	one := connect(t, a, bind(t, b, "tcp://127.0.0.1:*").String())
	require.NoError(t, a.WaitPeers(ctx, 1))
	connect(t, a, bind(t, c, "tcp://127.0.0.1:*").String())
	require.NoError(t, c.WaitPeers(ctx, 1), "its handshake was done")
	require.NoError(t, a.Send(ctx, number(1)))
	receive(t, b, 1, 1)
	require.NoError(t, one.Close(ctx))
	require.NoError(t, a.Send(ctx, number(2)))
	receive(t, c, 2, 1)
}

// TestPairOneAfterTheOther wants all that a peer has sent before anything of its successor's.
func TestPairOneAfterTheOther(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	a := newPair(t, rt)
	ep := bind(t, a, "tcp://127.0.0.1:*").String()
	for i := range 3 {
		b := newPair(t, rt)
		connect(t, b, ep)
		for k := range 10 {
			require.NoError(t, b.Send(ctx, number(10*i+k)))
			require.NoError(t, a.WaitPeers(ctx, 1))
		}
		require.NoError(t, b.Close(ctx))
		gone(t, a)
	}
	receive(t, a, 0, 30)
}
