package interop

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// network splits an endpoint into what package net calls it.
func network(endpoint string) (network, address string) {
	scheme, address, _ := strings.Cut(endpoint, "://")
	return map[string]string{"tcp": "tcp", "ipc": "unix"}[scheme], strings.Replace(address, ":*", ":0", 1)
}

// listen makes a listener at a fresh endpoint of a transport.
func listen(ctx context.Context, t *testing.T, at *place) (l net.Listener, endpoint string) {
	t.Helper()
	fresh := at.fresh()
	name, address := network(fresh)
	l, err := new(net.ListenConfig).Listen(ctx, name, address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() }) // the second time it is closed
	return l, fresh[:len("tcp://")] + l.Addr().String()
}

// TestHandedOver gives Weir's sockets what others have made, where libzmq takes descriptors (ZMQ_USE_FD): a listener, to which libzmq connects, and a
// connection that was dialed to a libzmq socket. Weir names the endpoint as it would have if it had made it itself.
func TestHandedOver(t *testing.T) {
	overWide(t, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		var err error
		if p.weirBinds {
			l, endpoint := listen(s.ctx, t, p.place)
			s.ours, err = s.weir.BindListener(s.ctx, l)
			require.NoError(t, err)
			require.Equal(t, endpoint, s.ours.String())
			s.endpoint = endpoint
			s.placePeer()
		} else {
			s.placePeer()
			name, address := network(s.endpoint)
			conn, dialed := new(net.Dialer).DialContext(s.ctx, name, address)
			require.NoError(t, dialed)
			s.ours, err = s.weir.ConnectConn(s.ctx, conn)
			require.NoError(t, err)
			require.Equal(t, s.endpoint, s.ours.String())
		}
		s.meet()
		p.moves.many(s, 0, 50, 20)
		if !p.weirBinds {
			s.killPeer(1)
			s.events.waitKind(s.ctx, t, 1, socket.EventEnded)
		}
	})
}

// TestAcceptedIsHandedOver gives Weir's socket a connection that libzmq has dialed and somebody else has accepted.
func TestAcceptedIsHandedOver(t *testing.T) {
	overWide(t, every.dialing(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		l, endpoint := listen(s.ctx, t, p.place)
		s.peer.do(s.ctx, "connect", endpoint)
		conn, err := l.Accept()
		require.NoError(t, err)
		_, err = s.weir.ConnectConn(s.ctx, conn)
		require.NoError(t, err)
		s.meet()
		p.moves.many(s, 0, 50, 20)
	})
}
