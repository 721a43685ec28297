package transport_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/transport/transporttest"
)

// withFD runs f on the file descriptor of a connection or listener.
func withFD(t *testing.T, c any, f func(fd int)) {
	t.Helper()
	raw, err := c.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) { f(int(fd)) }))
}

// option reads one integer option of a socket.
func option(t *testing.T, c any, level, name int) (value int) {
	t.Helper()
	withFD(t, c, func(fd int) {
		var err error
		value, err = unix.GetsockoptInt(fd, level, name)
		require.NoError(t, err)
	})
	return value
}

// TestTCPSocketOptions reads back what every connection must have, at both ends.
func TestTCPSocketOptions(t *testing.T) {
	opts := transport.Options{SendBuffer: 40_000, RecvBuffer: 30_000}
	ln := transporttest.ListenAt(t, "tcp://127.0.0.1:*", opts)
	dialed, accepted := transporttest.PairOn(t, ln, opts)
	for _, conn := range []net.Conn{dialed, accepted} {
		require.Equal(t, 1, option(t, conn, unix.IPPROTO_TCP, unix.TCP_NODELAY))
		require.Equal(t, 0, option(t, conn, unix.SOL_SOCKET, unix.SO_KEEPALIVE))
		require.Equal(t, unix.IPPROTO_TCP, option(t, conn, unix.SOL_SOCKET, unix.SO_PROTOCOL))
		// Linux doubles what is asked for.
		require.Equal(t, 80_000, option(t, conn, unix.SOL_SOCKET, unix.SO_SNDBUF))
		require.Equal(t, 60_000, option(t, conn, unix.SOL_SOCKET, unix.SO_RCVBUF))
	}
}

// TestIPCSocketOptions reads back the buffers of both ends.
func TestIPCSocketOptions(t *testing.T) {
	opts := transport.Options{SendBuffer: 40_000, RecvBuffer: 30_000}
	dialed, accepted := transporttest.PairOn(t, transporttest.ListenAt(t, "ipc://*", opts), opts)
	for _, conn := range []net.Conn{dialed, accepted} {
		require.Equal(t, 80_000, option(t, conn, unix.SOL_SOCKET, unix.SO_SNDBUF))
		require.Equal(t, 60_000, option(t, conn, unix.SOL_SOCKET, unix.SO_RCVBUF))
	}
}

// TestIPCBacklog fills the queue: beyond its room a dial fails at once.
func TestIPCBacklog(t *testing.T) {
	ln := transporttest.ListenAt(t, "ipc://*", transport.Options{Backlog: 3})
	n := 0
	for ; ; n++ {
		_, err := transporttest.Dial(t, ln.Endpoint(), transport.Options{})
		if err != nil {
			require.ErrorIs(t, err, unix.EAGAIN)
			break
		}
	}
	require.Equal(t, 3+1, n, "Linux lets one more in than it is asked for")

	// A full queue is no sign of death: the path stays taken.
	_, err := listenIPC(t, ln.Addr().String())
	require.ErrorIs(t, err, transport.ErrAddrInUse)
}

// TestIPCAbstract binds names without a file.
func TestIPCAbstract(t *testing.T) {
	t.Chdir(transporttest.ShortDir(t))
	at := fmt.Sprintf("ipc://@weir-test-%d", os.Getpid())
	ln := transporttest.ListenAt(t, at, transport.Options{})
	require.Equal(t, at, ln.Endpoint())
	transporttest.PairOn(t, ln, transport.Options{})
	files, err := filepath.Glob("*")
	require.NoError(t, err)
	require.Empty(t, files)

	_, err = listenIPC(t, at[len("ipc://"):])
	require.ErrorIs(t, err, transport.ErrAddrInUse)
	require.NoError(t, ln.Close())
	again := transporttest.ListenAt(t, at, transport.Options{})
	transporttest.PairOn(t, again, transport.Options{})
}

// TestIPCWildcardIsPrivate wants the directory of a wildcard to be closed to others.
func TestIPCWildcardIsPrivate(t *testing.T) {
	ln := transporttest.ListenAt(t, "ipc://*", transport.Options{})
	dir, err := os.Stat(filepath.Dir(ln.Addr().String()))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), dir.Mode().Perm())
}
