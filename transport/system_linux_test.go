package transport_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

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

// everything asks for all there is.
func everything() transport.Options {
	return transport.Options{
		IPv6: true, TypeOfService: 0x28, MaxRetransmit: 1500*time.Millisecond + 1, Device: "lo", Priority: 3,
		KeepAlive: transport.KeepAlive{On: true, Idle: 59*time.Second + 1, Interval: 7 * time.Second, Count: 4},
	}
}

// TestTCPAsked reads everything that can be asked for back from the listening socket and from both ends of a
// connection, for each family. (libzmq: test_diffserv, test_setsockopt)
func TestTCPAsked(t *testing.T) {
	needIPv6(t)
	opts := everything()
	require.NoError(t, opts.Check())
	for at, six := range map[string]bool{"127.0.0.1:*": false, "[::1]:*": true, "*:*": true} {
		ln, err := transport.Listen(t.Context(), transport.Endpoint{Scheme: "tcp", Address: at}, opts)
		require.NoError(t, err)
		t.Cleanup(func() { _ = ln.Close() })
		to := strings.NewReplacer("[::]", "[::1]").Replace(ln.Endpoint())
		dialed, err := transporttest.Dial(t, to, opts)
		require.NoError(t, err)
		accepted, err := ln.Accept()
		require.NoError(t, err)
		t.Cleanup(func() { _ = accepted.Close() })
		for _, c := range []any{ln, dialed, accepted} {
			wantAsked(t, c, six)
			wantDevice(t, c)
		}
	}
}

// TestAdoptAsked reads back what was asked for from what a listener of the system's own accepts that was made elsewhere: its own socket stays as it was.
// (libzmq: tcp_listener.cpp, with ZMQ_USE_FD)
func TestAdoptAsked(t *testing.T) {
	needIPv6(t)
	for at, six := range map[string]bool{"127.0.0.1:0": false, "[::1]:0": true, ":0": true} {
		l, err := net.Listen("tcp", at)
		require.NoError(t, err)
		ln := transport.Adopt(l, everything())
		t.Cleanup(func() { _ = ln.Close() })
		dialAddr(t, ln)
		accepted, err := ln.Accept()
		require.NoError(t, err)
		t.Cleanup(func() { _ = accepted.Close() })
		wantAsked(t, accepted, six)
		require.Equal(t, 0, option(t, ln, unix.IPPROTO_IP, unix.IP_TOS))
	}
}

// wantAsked reads everything back from one socket.
func wantAsked(t *testing.T, c any, six bool) {
	t.Helper()
	require.Equal(t, 0x28, option(t, c, unix.IPPROTO_IP, unix.IP_TOS))
	if six {
		require.Equal(t, 0x28, option(t, c, unix.IPPROTO_IPV6, unix.IPV6_TCLASS))
	}
	require.Equal(t, 3, option(t, c, unix.SOL_SOCKET, unix.SO_PRIORITY))
	require.Equal(t, 1501, option(t, c, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT))
	require.Equal(t, 1, option(t, c, unix.SOL_SOCKET, unix.SO_KEEPALIVE))
	require.Equal(t, 60, option(t, c, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE))
	require.Equal(t, 7, option(t, c, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL))
	require.Equal(t, 4, option(t, c, unix.IPPROTO_TCP, unix.TCP_KEEPCNT))
}

// wantDevice reads back which interface one socket is tied to.
func wantDevice(t *testing.T, c any) {
	t.Helper()
	withFD(t, c, func(fd int) {
		device, err := unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
		require.NoError(t, err)
		require.Equal(t, "lo", device)
	})
}

// TestTCPNothingAsked wants a socket to be the system's own where nothing is asked for.
func TestTCPNothingAsked(t *testing.T) {
	fresh, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Close(fresh)) }()
	dialed, accepted := transporttest.PairOn(t, transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{}), transport.Options{})
	for _, o := range [][2]int{
		{unix.IPPROTO_IP, unix.IP_TOS},
		{unix.SOL_SOCKET, unix.SO_PRIORITY},
		{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT},
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT},
		{unix.SOL_SOCKET, unix.SO_BINDTODEVICE},
	} {
		want, err := unix.GetsockoptInt(fresh, o[0], o[1])
		require.NoError(t, err)
		require.Equal(t, want, option(t, dialed, o[0], o[1]))
		require.Equal(t, want, option(t, accepted, o[0], o[1]))
	}
}

// TestNoSuchDevice wants an interface that is not there to be told apart, at both ends.
func TestNoSuchDevice(t *testing.T) {
	opts := transport.Options{Device: "no-such-nic"}
	_, err := transport.Listen(t.Context(), transport.Endpoint{Scheme: "tcp", Address: "127.0.0.1:*"}, opts)
	require.ErrorIs(t, err, transport.ErrNoDevice)
	ln := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	_, err = transporttest.Dial(t, ln.Endpoint(), opts)
	require.ErrorIs(t, err, transport.ErrNoDevice)
}

// TestConnectTimeout dials a listener whose queue is full: Linux lets such an attempt hang. The timeout ends it, and is
// told from the caller's ctx.
func TestConnectTimeout(t *testing.T) {
	ln := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{Backlog: 1})
	full := transport.Options{ConnectTimeout: 100 * time.Millisecond}
	for {
		_, err := transporttest.Dial(t, ln.Endpoint(), full)
		if err == nil {
			continue // there was still room
		}
		require.ErrorIs(t, err, transport.ErrConnectTimeout)
		require.EqualError(t, err, "transport: dial "+ln.Endpoint()+": connect timed out")
		break
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	ep, err := transport.Parse(ln.Endpoint())
	require.NoError(t, err)
	_, err = transport.Dial(ctx, ep, transport.Options{ConnectTimeout: time.Hour})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, transport.ErrConnectTimeout)
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
