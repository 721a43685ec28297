package socket_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestRouterRaw has a Router exchange bytes with a peer that speaks no ZMTP: it hears of the connection, of its data and of its end, and closes it with an
// empty data frame. Where a message cannot go, a Router drops it. (libzmq: router.cpp, ZMQ_ROUTER_RAW)
func TestRouterRaw(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router := newRouter(t, rt, socket.RouterRaw(true), socket.RoutingID("of no use"))
	ep := bind(t, router, loopback).String()
	for range 2 {
		conn := dialTCP(t, ep)
		id := recvFrom(t, router, "")
		require.Len(t, id, 5)
		_, err := io.WriteString(conn, "hello")
		require.NoError(t, err)
		require.Equal(t, id, recvFrom(t, router, "hello"))
		require.NoError(t, router.SendTo(ctx, id, socket.NewMessage("world")))
		require.NoError(t, router.SendTo(ctx, id, socket.NewMessage("")))
		got, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, "world", string(got))
		require.NoError(t, router.SendTo(ctx, id, socket.NewMessage("too late")), "dropped")
	}
	conn := dialTCP(t, ep)
	id := recvFrom(t, router, "")
	require.NoError(t, conn.Close())
	require.Equal(t, id, recvFrom(t, router, ""))
	require.NoError(t, router.Send(ctx, socket.NewMessage("nobody", "x")))
	require.Equal(t, only(socket.ReasonNoPeer, 3), router.Stats().Out.Dropped)
	require.ErrorIs(t, router.Send(ctx, socket.NewMessage("nobody", "x", "y")), socket.ErrBadMessage)
	_, err := router.Bind(ctx, inprocName(t))
	require.ErrorIs(t, err, socket.ErrIncompatible)
	require.True(t, router.Settings().RouterRaw)
	require.True(t, router.Settings().StreamNotify)
	require.ErrorIs(t, router.Set(ctx, socket.RouterRaw(false)), socket.ErrBadOption, "it is raw for good")
	require.NoError(t, router.Set(ctx, socket.RouterRaw(true)))
	require.ErrorIs(t, newRouter(t, rt).Set(ctx, socket.RouterRaw(true)), socket.ErrBadOption)
}

// TestRouterRawMandatory wants a Router that must route to say what it cannot.
func TestRouterRawMandatory(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router := newRouter(t, rt, socket.RouterRaw(true), socket.RouterMandatory(true), socket.SendHWM(1))
	require.ErrorIs(t, router.Send(ctx, socket.NewMessage("nobody", "x")), socket.ErrUnroutable)
	ep, err := router.Connect(ctx, nobody(t), socket.ConnectRoutingID("it"))
	require.NoError(t, err)
	require.Equal(t, "it", ep.RoutingID())
	require.NoError(t, router.TrySend(socket.NewMessage("it", "x")))
	require.ErrorIs(t, router.TrySend(socket.NewMessage("it", "y")), socket.ErrWouldBlock)
	require.Equal(t, [2]bool{false, false}, readiness(router))
	require.Len(t, connect(t, router, nobody(t)).RoutingID(), 5)
}
