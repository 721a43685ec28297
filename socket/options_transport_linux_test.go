package socket_test

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/weirmq/weir/socket"
)

// descriptorsAt finds the tcp sockets of this process whose own address is that of an endpoint, or whose peer's is.
func descriptorsAt(t *testing.T, endpoint string) (fds []int) {
	t.Helper()
	at, err := netip.ParseAddrPort(strings.TrimPrefix(endpoint, "tcp://"))
	require.NoError(t, err)
	want := &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, entry := range open {
		fd, err := strconv.Atoi(entry.Name())
		require.NoError(t, err)
		for _, ask := range []func(int) (unix.Sockaddr, error){unix.Getsockname, unix.Getpeername} {
			found, err := ask(fd)
			if in, ok := found.(*unix.SockaddrInet4); err == nil && ok && in.Addr == want.Addr && in.Port == want.Port {
				fds = append(fds, fd)
			}
		}
	}
	return fds
}

// TestTransportOptions sets every option of the connections on both sides, and reads them back from the listening socket and from both ends of the
// connection. (libzmq: test_diffserv, test_setsockopt)
func TestTransportOptions(t *testing.T) {
	for name, c := range map[string]struct {
		opts        []socket.Option
		level, name int
		want        int
	}{
		"SendBuffer":       {[]socket.Option{socket.SendBuffer(40_000)}, unix.SOL_SOCKET, unix.SO_SNDBUF, 80_000},
		"least SendBuffer": {[]socket.Option{socket.SendBuffer(0)}, unix.SOL_SOCKET, unix.SO_SNDBUF, 4608},
		"RecvBuffer":       {[]socket.Option{socket.RecvBuffer(30_000)}, unix.SOL_SOCKET, unix.SO_RCVBUF, 60_000},
		"TypeOfService":    {[]socket.Option{socket.TypeOfService(0x58)}, unix.IPPROTO_IP, unix.IP_TOS, 0x58},
		"TCPKeepAlive":     {[]socket.Option{socket.TCPKeepAlive(true)}, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		"TCPKeepAlive off": {[]socket.Option{socket.TCPKeepAlive(false)}, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0},
		"TCPKeepAliveIdle": {
			[]socket.Option{socket.TCPKeepAlive(true), socket.TCPKeepAliveIdle(90 * time.Second)},
			unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 90,
		},
		"TCPKeepAliveInterval": {
			[]socket.Option{socket.TCPKeepAlive(true), socket.TCPKeepAliveInterval(1001 * time.Millisecond)},
			unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 2,
		},
		"TCPKeepAliveCount": {
			[]socket.Option{socket.TCPKeepAliveCount(5), socket.TCPKeepAlive(true)}, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 5,
		},
		"TCPMaxRetransmit": {
			[]socket.Option{socket.TCPMaxRetransmit(3 * time.Second)}, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 3000,
		},
		"Priority":              {[]socket.Option{socket.Priority(5)}, unix.SOL_SOCKET, unix.SO_PRIORITY, 5},
		"Priority, not the TOS": {[]socket.Option{socket.Priority(2), socket.TypeOfService(0x58)}, unix.SOL_SOCKET, unix.SO_PRIORITY, 2},
	} {
		t.Run(name, func(t *testing.T) {
			rt := newRuntime(t)
			pull, push := newPull(t, rt, c.opts...), newPush(t, rt, c.opts...)
			bound, _ := join(t, "tcp://127.0.0.1:*", pull, push)
			fds := descriptorsAt(t, bound.String())
			require.Len(t, fds, 3, "the listening socket and both ends")
			for _, fd := range fds {
				got, err := unix.GetsockoptInt(fd, c.level, c.name)
				require.NoError(t, err)
				require.Equal(t, c.want, got)
			}
			require.NoError(t, push.Send(within(t), number(1)))
			receive(t, pull, 1, 1)
		})
	}
}

// TestBindToDevice ties both sides to the loopback interface, and then to one that is not there. (libzmq: test_setsockopt)
func TestBindToDevice(t *testing.T) {
	rt := newRuntime(t)
	pull, push := newPull(t, rt, socket.BindToDevice("lo")), newPush(t, rt, socket.BindToDevice("lo"))
	bound, _ := join(t, "tcp://127.0.0.1:*", pull, push)
	for _, fd := range descriptorsAt(t, bound.String()) {
		device, err := unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
		require.NoError(t, err)
		require.Equal(t, "lo", device)
	}
	none := newPull(t, rt, socket.BindToDevice("no-such-nic"))
	_, err := none.Bind(within(t), "tcp://127.0.0.1:*")
	require.ErrorIs(t, err, socket.ErrNoDevice)
	_, err = none.Bind(within(t), nowhere(t))
	require.NoError(t, err, "ipc has no interfaces")
}

// TestConnectTimeout connects to a listener whose queue is full, where Linux lets an attempt hang: the timeout ends each attempt, and the endpoint goes
// on trying until somebody accepts.
func TestConnectTimeout(t *testing.T) {
	timedOut := make(chan error, 1)
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) {
		if e.Kind == socket.EventConnectFailed {
			select {
			case timedOut <- e.Err:
			default:
			}
		}
	}))
	l, ep := listenRaw(t)
	raw, err := l.(*net.TCPListener).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) { require.NoError(t, unix.Listen(int(fd), 0)) }))
	filler, err := net.Dial("tcp", l.Addr().String()) // an empty queue has room for one all the same
	require.NoError(t, err)
	push := newPush(t, rt, socket.ConnectTimeout(50*time.Millisecond), socket.ReconnectInterval(time.Millisecond))
	connect(t, push, ep)
	require.ErrorIs(t, <-timedOut, socket.ErrConnectTimeout)
	require.NoError(t, filler.Close())
	pull := newPull(t, rt)
	_, err = pull.BindListener(within(t), l)
	require.NoError(t, err)
	require.NoError(t, push.Send(within(t), number(1)))
	receive(t, pull, 1, 1)
}

// TestTransportSettings reads back what is Linux's alone.
func TestTransportSettings(t *testing.T) {
	s := newPush(t, newRuntime(t), socket.TypeOfService(1), socket.Priority(2), socket.TCPKeepAlive(true), socket.TCPKeepAliveIdle(3*time.Second),
		socket.TCPKeepAliveInterval(4*time.Second), socket.TCPKeepAliveCount(5), socket.TCPMaxRetransmit(6), socket.BindToDevice("lo")).Settings()
	require.Equal(t, []any{1, 2, 3 * time.Second, 4 * time.Second, 5, time.Duration(6), "lo"}, []any{
		s.TypeOfService, s.Priority, s.TCPKeepAliveIdle, s.TCPKeepAliveInterval, s.TCPKeepAliveCount, s.TCPMaxRetransmit, s.BindToDevice,
	})
}
