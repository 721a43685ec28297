package socket_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestMaxSockets makes sockets until there are enough; closing one makes room for another, once it has nothing left to send. (libzmq: test_many_sockets)
func TestMaxSockets(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t, socket.MaxSockets(3))
	push, pull := newPush(t, rt), newPull(t, rt)
	newPair := func() error {
		_, err := socket.NewPair(rt)
		return err
	}
	require.NoError(t, newPair())
	require.ErrorIs(t, newPair(), socket.ErrTooManySockets)
	connect(t, push, nobody(t))
	ended, end := context.WithCancel(ctx)
	wait := make(chan error, 1)
	go func() { wait <- push.WaitPeers(ctx, 1) }()
	require.NoError(t, push.Send(ctx, number(1)))
	closed := make(chan error, 1)
	go func() { closed <- push.Close(ended) }()
	require.ErrorIs(t, <-wait, socket.ErrClosed) // the closing has begun
	require.ErrorIs(t, newPair(), socket.ErrTooManySockets, "it lingers")
	end()
	require.Error(t, <-closed)
	require.NoError(t, newPair())
	require.ErrorIs(t, newPair(), socket.ErrTooManySockets)
	require.NoError(t, pull.Close(ctx))
	require.NoError(t, newPair())

	many := newRuntime(t)
	for range 1023 {
		newPull(t, many)
	}
	_, err := socket.NewPull(many)
	require.ErrorIs(t, err, socket.ErrTooManySockets, "libzmq's default")
}

// TestSocketDefaults gives a runtime options for all its sockets: they hold where a socket has no other. (libzmq: test_ctx_options)
func TestSocketDefaults(t *testing.T) {
	rt := newRuntime(t, socket.Defaults(socket.IPv6(true), socket.Linger(0)), socket.Defaults(socket.SendHWM(7)))
	for _, row := range socket.Rows() {
		s, err := socket.Open(rt, row.Name, socket.SendHWM(8))
		require.NoError(t, err)
		got := s.Settings()
		require.True(t, got.IPv6)
		require.Zero(t, got.Linger)
		require.Equal(t, 8, got.SendHWM)
	}
	require.Equal(t, 7, newPush(t, rt).Settings().SendHWM)
	for _, o := range []socket.Option{socket.SendHWM(-1), socket.Conflate(true), socket.RouterMandatory(true)} {
		_, err := socket.NewRuntime(socket.Defaults(o))
		require.ErrorIs(t, err, socket.ErrBadOption)
	}
}
