package socket_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

func TestPushPullInOrder(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pull, err := socket.NewPull(rt)
	require.NoError(t, err)
	ep, err := pull.Bind(ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	push, err := socket.NewPush(rt)
	require.NoError(t, err)
	_, err = push.Connect(ctx, ep.String())
	require.NoError(t, err)
	const n = 10000
	go func() {
		for i := range n {
			if err := push.Send(ctx, socket.NewMessage(fmt.Sprint(i), "x")); err != nil {
				return
			}
		}
	}()
	for i := range n {
		m, err := pull.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(i), string(m.Bytes()))
		require.Equal(t, 2, m.Len())
	}
	require.NoError(t, rt.Shutdown(ctx))
}
