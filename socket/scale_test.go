package socket_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestManySubscriptionsReplayed has a Sub with 100,000 subscriptions lose its publisher: the next one hears of each, once.
func TestManySubscriptionsReplayed(t *testing.T) {
	const n = 100_000
	ctx := within(t)
	rt := newRuntime(t)
	sub := newSub(t, rt, nil, socket.ReconnectInterval(1))
	for i := range n {
		require.NoError(t, sub.Subscribe(fmt.Sprint(i)))
	}
	ep := nobody(t)
	connect(t, sub, ep)
	for range 2 {
		xpub, err := socket.NewXPub(rt, socket.RecvHWM(0))
		require.NoError(t, err)
		bind(t, xpub, ep)
		heard := make(map[string]bool, n)
		for range n {
			m, err := xpub.Recv(ctx)
			require.NoError(t, err)
			require.EqualValues(t, 1, m.Bytes()[0])
			heard[m.String()] = true
		}
		require.Len(t, heard, n)
		wantEmpty(t, xpub)
		require.NoError(t, xpub.Close(ctx))
	}
}

// TestManySubscriptionsEnd has a peer with many subscriptions go: the XPub hears of the end of each, once, and others keep theirs.
func TestManySubscriptionsEnd(t *testing.T) {
	const n = 20_000
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			xpub, err := socket.NewXPub(rt, socket.RecvHWM(0))
			require.NoError(t, err)
			ep := bind(t, xpub, at.fresh(t)).String()
			many, other := newSub(t, rt, nil), newSub(t, rt, []string{"7"})
			connect(t, other, ep)
			wantMessage(t, xpub, "\x017")
			for i := range n {
				require.NoError(t, many.Subscribe(fmt.Sprint(i)))
			}
			connect(t, many, ep)
			for range n - 1 {
				_, err := xpub.Recv(ctx)
				require.NoError(t, err)
			}
			require.NoError(t, many.Close(ctx))
			ends := make(map[string]bool, n)
			for range n - 1 {
				m, err := xpub.Recv(ctx)
				require.NoError(t, err)
				require.EqualValues(t, 0, m.Bytes()[0])
				ends[m.String()] = true
			}
			require.Len(t, ends, n-1)
			require.NoError(t, xpub.Send(ctx, number(77)))
			receive(t, other, 77, 1)
			require.NoError(t, xpub.Send(ctx, number(8)))
			wantEmpty(t, xpub)
		})
	}
}
