package socket_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/transport/transporttest"
)

// failures makes a runtime that passes on the errors of attempts to connect, as far as there is room.
func failures(t *testing.T) (*socket.Runtime, <-chan error) {
	t.Helper()
	errs := make(chan error, 1)
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) {
		if e.Kind == socket.EventConnectFailed {
			select {
			case errs <- e.Err:
			default:
			}
		}
	}))
	return rt, errs
}

// TestSocks connects through a proxy, by name and with a password, loses the connection and comes back through it. (libzmq: test_socks)
func TestSocks(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pull := newPull(t, rt)
	port := strings.TrimPrefix(bind(t, pull, "tcp://127.0.0.1:*").String(), "tcp://127.0.0.1")
	server := transporttest.NewSOCKS(t, transporttest.SOCKS{
		User: "someone", Password: "secret", Names: map[string]string{"some-host.invalid": "127.0.0.1"},
	})
	push := newPush(t, rt, socket.SocksProxy(server.Address), socket.SocksUsername("someone"), socket.SocksPassword("secret"),
		socket.ReconnectInterval(time.Millisecond))
	ep := connect(t, push, "tcp://some-host.invalid"+port)
	require.Equal(t, "tcp://some-host.invalid"+port, ep.String())
	lost := watch(t, push.Events(ctx))
	for i := range 3 {
		require.NoError(t, push.Send(ctx, number(i)))
		receive(t, pull, i, 1)
		r := <-server.Requests
		require.Equal(t, byte(transporttest.SOCKSName), r.Kind)
		require.Equal(t, "someone", r.User)
		server.Cut()
		lost.until(socket.EventDisconnected)
	}
}

// TestSocksBindsDirectly wants Bind and ipc to take no notice of a proxy.
func TestSocksBindsDirectly(t *testing.T) {
	rt := newRuntime(t)
	for _, at := range []string{"tcp://127.0.0.1:*", nowhere(t)} {
		pull, push := newPull(t, rt, socket.SocksProxy("127.0.0.1:1")), newPush(t, rt)
		if strings.HasPrefix(at, "ipc") {
			push = newPush(t, rt, socket.SocksProxy("127.0.0.1:1"))
		}
		join(t, at, pull, push)
	}
}

// TestSocksFails wants a proxy that is not there, says no, wants a password or says nothing to be a failed attempt, and the endpoint to go on trying.
func TestSocksFails(t *testing.T) {
	gone := strings.TrimPrefix(nobody(t), "tcp://")
	for name, c := range map[string]struct {
		proxy string
		want  error
	}{
		"gone":     {gone, socket.ErrProxy},
		"refused":  {transporttest.NewSOCKS(t, transporttest.SOCKS{Reply: 5}).Address, socket.ErrProxy},
		"password": {transporttest.NewSOCKS(t, transporttest.SOCKS{User: "someone"}).Address, socket.ErrProxy},
		"silent":   {transporttest.NewSOCKS(t, transporttest.SOCKS{Silent: true}).Address, socket.ErrConnectTimeout},
	} {
		rt, errs := failures(t)
		opts := []socket.Option{socket.SocksProxy(c.proxy), socket.ReconnectInterval(time.Millisecond)}
		if name == "silent" {
			opts = append(opts, socket.ConnectTimeout(20*time.Millisecond))
		}
		connect(t, newPush(t, rt, opts...), nobody(t))
		for range 3 {
			require.ErrorIs(t, <-errs, c.want, name)
		}
	}
}
