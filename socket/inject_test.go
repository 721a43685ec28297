package socket_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/supervisor"
)

// A plainListener is a listener without a deadline, as one with TLS around it.
type plainListener struct{ net.Listener }

// TestBindListener serves listeners that were made elsewhere, with and without a deadline. (libzmq: test_use_fd)
func TestBindListener(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	for _, network := range []string{"tcp", "unix"} {
		for _, plain := range []bool{false, true} {
			address := "127.0.0.1:0"
			if network == "unix" {
				address = strings.TrimPrefix(nowhere(t), "ipc://")
			}
			l, err := net.Listen(network, address)
			require.NoError(t, err)
			given := l
			if plain {
				given = plainListener{l}
			}
			pull, push := newPull(t, rt), newPush(t, rt)
			ep, err := pull.BindListener(ctx, given)
			require.NoError(t, err)
			scheme := map[string]string{"tcp": "tcp", "unix": "ipc"}[network]
			require.Equal(t, scheme+"://"+l.Addr().String(), ep.String())
			require.Equal(t, ep.String(), pull.LastEndpoint())
			connect(t, push, ep.String())
			require.NoError(t, push.Send(ctx, number(1)))
			receive(t, pull, 1, 1)
			require.NoError(t, pull.Unbind(ctx, ep.String()))
			require.ErrorIs(t, l.Close(), net.ErrClosed, "it belonged to the socket")
		}
	}
}

// TestBindListenerRefused wants a listener that is not taken to be closed.
func TestBindListenerRefused(t *testing.T) {
	pull := newPull(t, newRuntime(t))
	_, err := pull.BindListener(within(t), nil)
	require.ErrorIs(t, err, socket.ErrBadOption)
	require.NoError(t, pull.Close(within(t)))
	for _, wrap := range []func(net.Listener) net.Listener{
		func(l net.Listener) net.Listener { return l }, func(l net.Listener) net.Listener { return plainListener{l} },
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		_, err = pull.BindListener(within(t), wrap(l))
		require.ErrorIs(t, err, socket.ErrClosed)
		require.ErrorIs(t, l.Close(), net.ErrClosed)
	}
}

// TestConnectConn joins two sockets by a connection that was there before them. When that ends, so do both endpoints: nobody can make it again.
func TestConnectConn(t *testing.T) {
	ctx := within(t)
	events := make(chan socket.Event, 100)
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) {
		if e.Kind == socket.EventEnded || e.Kind == socket.EventRetried {
			events <- e
		}
	}))
	l, at := listenRaw(t)
	a, err := net.Dial("tcp", strings.TrimPrefix(at, "tcp://"))
	require.NoError(t, err)
	b, err := l.Accept()
	require.NoError(t, err)
	push, pull := newPush(t, rt), newPull(t, rt)
	sends, err := push.ConnectConn(ctx, a)
	require.NoError(t, err)
	require.Equal(t, at, sends.String())
	require.NoError(t, push.TrySend(number(0)), "it is a peer at once")
	_, err = pull.ConnectConn(ctx, b)
	require.NoError(t, err)
	receive(t, pull, 0, 1)
	require.NoError(t, b.Close())
	for range 2 {
		require.Equal(t, socket.EventEnded, (<-events).Kind)
	}
	require.ErrorIs(t, push.TrySend(number(1)), socket.ErrNoPeers)
	require.ErrorIs(t, push.Disconnect(ctx, sends.String()), socket.ErrNoEndpoint)
	require.Empty(t, events, "nobody has tried again")
}

// TestConnectConnOverNetwork hands over both ends of a connection of the system's, and more than one of them to a type that takes a second Connect for the
// first. (libzmq: test_use_fd)
func TestConnectConnOverNetwork(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	for _, network := range []string{"tcp", "unix"} {
		address := "127.0.0.1:0"
		if network == "unix" {
			address = strings.TrimPrefix(nowhere(t), "ipc://")
		}
		l, err := net.Listen(network, address)
		require.NoError(t, err)
		rep, req := newRep(t, rt), newReq(t, rt)
		for range 2 {
			dialed, err := net.Dial(network, l.Addr().String())
			require.NoError(t, err)
			accepted, err := l.Accept()
			require.NoError(t, err)
			_, err = req.ConnectConn(ctx, dialed)
			require.NoError(t, err)
			_, err = rep.ConnectConn(ctx, accepted)
			require.NoError(t, err)
		}
		require.NoError(t, l.Close())
		require.NoError(t, rep.WaitPeers(ctx, 2))
		require.NoError(t, req.WaitPeers(ctx, 2))
		for i := range 4 {
			require.NoError(t, req.Send(ctx, number(i)))
			receive(t, rep, i, 1)
			require.NoError(t, rep.Send(ctx, number(i)))
			receive(t, req, i, 1)
		}
	}
}

// TestConnectConnRefused wants a connection that is not taken to be closed.
func TestConnectConnRefused(t *testing.T) {
	ctx := within(t)
	push := newPush(t, newRuntime(t))
	_, err := push.ConnectConn(ctx, nil)
	require.ErrorIs(t, err, socket.ErrBadOption)
	none := newPush(t, newRuntime(t, socket.IOWorkers(0)))
	for want, try := range map[error]func(conn net.Conn) (*socket.Endpoint, error){
		socket.ErrBadOption: func(conn net.Conn) (*socket.Endpoint, error) {
			return push.ConnectConn(ctx, conn, socket.Reconnect(supervisor.OneForOne{}))
		},
		socket.ErrNoIOWorker: func(conn net.Conn) (*socket.Endpoint, error) { return none.ConnectConn(ctx, conn) },
	} {
		a, b := net.Pipe()
		_, err := try(a)
		require.ErrorIs(t, err, want)
		_, err = b.Read(make([]byte, 1))
		require.Error(t, err)
	}
}

// TestDialer opens connections with a function, which is asked again after a loss and a failure.
func TestDialer(t *testing.T) {
	ctx := within(t)
	rt, errs := failures(t)
	pull := newPull(t, rt)
	at := strings.TrimPrefix(bind(t, pull, "tcp://127.0.0.1:*").String(), "tcp://")
	push := newPush(t, rt, socket.ReconnectInterval(time.Millisecond))
	var attempts atomic.Int64
	errNo := errors.New("not now")
	conns := make(chan net.Conn, 10)
	_, err := push.Connect(ctx, "tcp://some-service:1", socket.Dialer(func(ctx context.Context, endpoint string) (net.Conn, error) {
		if attempts.Add(1)%2 == 1 {
			return nil, errNo
		}
		if endpoint != "tcp://some-service:1" {
			return nil, errors.New(endpoint)
		}
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", at)
		conns <- conn
		return conn, err
	}))
	require.NoError(t, err)
	lost := watch(t, pull.Events(ctx))
	for i := range 3 {
		require.NoError(t, push.Send(ctx, number(i)))
		receive(t, pull, i, 1)
		require.ErrorIs(t, <-errs, errNo)
		require.NoError(t, (<-conns).Close())
		lost.until(socket.EventDisconnected)
	}
	dials := socket.Dialer(func(context.Context, string) (net.Conn, error) { return nil, errNo })
	for where, opt := range map[string]socket.EndpointOption{
		"inproc://dials": dials, "epgm://127.0.0.1;239.192.1.1:5555": dials, "inproc://comes-back": socket.Reconnect(supervisor.OneForOne{}),
	} {
		_, err = push.Connect(ctx, where, opt)
		require.ErrorIs(t, err, socket.ErrBadOption, where)
	}
}

// TestDialerTimesOut bounds a Dialer by ConnectTimeout.
func TestDialerTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, errs := failures(t)
		push := newPush(t, rt, socket.ConnectTimeout(time.Hour), socket.ReconnectInterval(-1))
		began := time.Now()
		_, err := push.Connect(t.Context(), "tcp://some-service:1", socket.Dialer(func(ctx context.Context, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}))
		require.NoError(t, err)
		require.ErrorIs(t, <-errs, socket.ErrConnectTimeout)
		require.Equal(t, time.Hour, time.Since(began))
	})
}
