package transport_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
)

// TestPeerName wants a peer to be known by its address, or, over ipc, by the process behind it.
func TestPeerName(t *testing.T) {
	for _, c := range []struct{ bind, want string }{
		{"tcp://127.0.0.1:*", ""}, // the dialing side's own address
		{"ipc://*", fmt.Sprintf(":%d:%d:%d", os.Getuid(), os.Getgid(), os.Getpid())},
	} {
		ep, err := transport.Parse(c.bind)
		require.NoError(t, err)
		l, err := transport.Listen(context.Background(), ep, transport.Options{})
		require.NoError(t, err)
		to, err := transport.Parse(l.Endpoint())
		require.NoError(t, err)
		dialed, err := transport.Dial(context.Background(), to, transport.Options{})
		require.NoError(t, err)
		accepted, err := l.Accept()
		require.NoError(t, err)
		want := c.want
		if want == "" {
			want = dialed.LocalAddr().String()
		} else if !transport.HasCredentials {
			want = "unnamed"
		}
		require.Equal(t, want, transport.PeerName(accepted))
		require.Equal(t, l.Addr().String(), transport.PeerName(dialed))
		for _, conn := range []net.Conn{dialed, accepted} {
			require.NoError(t, conn.Close())
		}
		require.NoError(t, l.Close())
	}
}

// TestPeerAddress wants the address alone, and of ipc the process on both sides.
func TestPeerAddress(t *testing.T) {
	process := fmt.Sprintf("localhost:%d:%d:%d", os.Getuid(), os.Getgid(), os.Getpid())
	if runtime.GOOS != "linux" {
		process = ""
	}
	for _, c := range []struct{ bind, want string }{
		{"tcp://127.0.0.1:*", "127.0.0.1"}, {"tcp://[::1]:*", "::1"}, {"ipc://*", process},
	} {
		ep, err := transport.Parse(c.bind)
		require.NoError(t, err)
		opts := transport.Options{IPv6: true}
		l, err := transport.Listen(context.Background(), ep, opts)
		require.NoError(t, err)
		to, err := transport.Parse(l.Endpoint())
		require.NoError(t, err)
		dialed, err := transport.Dial(context.Background(), to, opts)
		require.NoError(t, err)
		accepted, err := l.Accept()
		require.NoError(t, err)
		for _, conn := range []net.Conn{dialed, accepted} {
			require.Equal(t, c.want, transport.PeerAddress(conn))
			require.NoError(t, conn.Close())
		}
		require.NoError(t, l.Close())
	}
	a, b := net.Pipe()
	require.Empty(t, transport.PeerAddress(a))
	require.NoError(t, a.Close())
	require.NoError(t, b.Close())
}
