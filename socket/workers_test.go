package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// Endpoints go to the worker with the least to do, among those that the affinity allows; dials, handshakes and connections are counted on it.
func TestWorkersAreChosenByLoadAndAffinity(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t, socket.IOWorkers(3))
	pull, err := socket.NewPull(rt, socket.Affinity(1))
	require.NoError(t, err)
	ep, err := pull.Bind(ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	require.Equal(t, []int{1, 0, 0}, endpoints(rt))

	push, err := socket.NewPush(rt)
	require.NoError(t, err)
	for range 2 {
		_, err = push.Connect(ctx, ep.String())
		require.NoError(t, err)
	}
	require.NoError(t, push.WaitPeers(ctx, 2))
	require.NoError(t, pull.WaitPeers(ctx, 2))
	require.Equal(t, []int{1, 1, 1}, endpoints(rt))
	w := rt.Workers()
	require.Equal(t, 2, w[0].Connections, "both accepted connections lie on the listener's worker")
	require.Equal(t, 1, w[1].Connections)
	require.Equal(t, 1, w[2].Connections)
	require.Zero(t, w[0].Handshakes+w[1].Handshakes+w[2].Handshakes)

	require.NoError(t, push.Close(ctx))
	require.Equal(t, []int{1, 0, 0}, endpoints(rt))

	bound, err := socket.NewPush(rt, socket.Affinity(1<<63))
	require.NoError(t, err)
	_, err = bound.Connect(ctx, ep.String())
	require.ErrorIs(t, err, socket.ErrNoIOWorker)
}

// Without workers network transports are refused, and inproc works.
func TestNoWorkers(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t, socket.IOWorkers(0))
	pull, err := socket.NewPull(rt)
	require.NoError(t, err)
	_, err = pull.Bind(ctx, "tcp://127.0.0.1:*")
	require.ErrorIs(t, err, socket.ErrNoIOWorker)
	_, err = pull.Bind(ctx, "inproc://a")
	require.NoError(t, err)
	push, err := socket.NewPush(rt)
	require.NoError(t, err)
	_, err = push.Connect(ctx, "inproc://a")
	require.NoError(t, err)
	require.NoError(t, push.Send(ctx, socket.NewMessage("x")))
	m, err := pull.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "x", m.String())

	_, err = socket.NewRuntime(socket.IOWorkers(-1))
	require.ErrorIs(t, err, socket.ErrBadOption)
}

// endpoints is how many endpoints each worker serves.
func endpoints(rt *socket.Runtime) []int {
	var n []int
	for _, w := range rt.Workers() {
		n = append(n, w.Endpoints)
	}
	return n
}
