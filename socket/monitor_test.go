package socket_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// A monitored is a reader of a monitor, in the style of libzmq's programs.
type monitored struct {
	t    *testing.T
	ctx  context.Context
	from socket.Receiver
}

// monitorOf makes a socket tell of everything, and reads that.
func monitorOf(t *testing.T, rt *socket.Runtime, of interface {
	Monitor(ctx context.Context, endpoint string, events socket.MonitorEvents, opts ...socket.MonitorOption) error
},
) *monitored {
	t.Helper()
	name := inprocName(t)
	require.NoError(t, of.Monitor(within(t), name, socket.MonitorAll))
	pair, err := socket.NewPair(rt)
	require.NoError(t, err)
	connect(t, pair, name)
	require.NoError(t, pair.WaitPeers(within(t), 1)) // the last word of a monitor is for those who are there
	return &monitored{t, within(t), pair}
}

// next is the next event, of version 1.
func (m *monitored) next() (event socket.MonitorEvents, value uint32, endpoint string) {
	m.t.Helper()
	msg, err := m.from.Recv(m.ctx)
	require.NoError(m.t, err)
	require.Equal(m.t, 2, msg.Len())
	head := msg.Frame(0)
	require.Len(m.t, head, 6)
	return socket.MonitorEvents(binary.NativeEndian.Uint16(head)), binary.NativeEndian.Uint32(head[2:]), string(msg.Frame(1))
}

// want wants the next events to be these, all about one endpoint but for the last one, and returns their values.
func (m *monitored) want(endpoint string, events ...socket.MonitorEvents) (values []uint32) {
	m.t.Helper()
	for i, want := range events {
		event, value, at := m.next()
		require.Equal(m.t, want, event, "event %d is %#x", i, uint64(event))
		if event == socket.MonitorStopped {
			endpoint = ""
		}
		require.Equal(m.t, endpoint, at)
		values = append(values, value)
	}
	return values
}

// TestMonitor follows a connection at both sides, in libzmq's words. (libzmq: test_monitor)
func TestMonitor(t *testing.T) {
	for _, at := range []string{"tcp://127.0.0.1:*", "ipc://*"} {
		t.Run(at[:3], func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			pull, push := newPull(t, rt), newPush(t, rt, socket.ReconnectInterval(time.Hour))
			server, client := monitorOf(t, rt, pull), monitorOf(t, rt, push)
			ep, _ := join(t, at, pull, push)
			up := server.want(ep.String(), socket.MonitorListening, socket.MonitorAccepted, socket.MonitorHandshakeSucceeded)
			require.NotZero(t, up[0])
			require.NotZero(t, up[1])
			require.Zero(t, up[2])
			if at[:3] == "tcp" { // a connection over ipc is there at once
				client.want(ep.String(), socket.MonitorConnectDelayed)
			}
			there := client.want(ep.String(), socket.MonitorConnected, socket.MonitorHandshakeSucceeded)
			require.NoError(t, pull.Close(ctx))
			require.Equal(t, up[0], server.want(ep.String(), socket.MonitorClosed, socket.MonitorStopped)[0], "what it closes itself is not told, but for the listener")
			gone := client.want(ep.String(), socket.MonitorDisconnected, socket.MonitorConnectRetried)
			require.Equal(t, there[0], gone[0], "the same connection")
			require.GreaterOrEqual(t, gone[1], uint32(time.Hour/time.Millisecond))
			require.NoError(t, push.Monitor(ctx, "", 0))
			client.want("", socket.MonitorStopped)
		})
	}
}

// TestMonitorVersion2 has numbers of 64 bits, and both ends. (libzmq: test_monitor, draft)
func TestMonitorVersion2(t *testing.T) {
	for _, typ := range []string{"PAIR", "PUSH", "PUB"} {
		t.Run(typ, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			push := newPush(t, rt)
			name := inprocName(t)
			require.NoError(t, push.Monitor(ctx, name, socket.MonitorAll, socket.MonitorVersion(2), socket.MonitorType(typ)))
			var reader interface {
				anySocket
				socket.Receiver
			}
			switch typ {
			case "PAIR":
				pair, err := socket.NewPair(rt)
				require.NoError(t, err)
				reader = pair
			case "PUSH":
				reader = newPull(t, rt)
			default:
				reader = newSub(t, rt, []string{""})
			}
			connect(t, reader, name)
			require.NoError(t, reader.WaitPeers(ctx, 1))
			pull := newPull(t, rt)
			events := watch(t, pull.Events(ctx))
			ep, _ := join(t, "tcp://127.0.0.1:*", pull, push)
			peer := events.until(socket.EventAccepted).Peer
			for _, want := range []socket.MonitorEvents{socket.MonitorConnectDelayed, socket.MonitorConnected, socket.MonitorHandshakeSucceeded} {
				m, err := reader.Recv(ctx)
				require.NoError(t, err)
				require.Equal(t, 5, m.Len())
				require.Equal(t, uint64(want), binary.NativeEndian.Uint64(m.Frame(0)))
				require.Equal(t, uint64(1), binary.NativeEndian.Uint64(m.Frame(1)))
				require.Len(t, m.Frame(2), 8)
				local := ""
				if want != socket.MonitorConnectDelayed {
					local = "tcp://" + peer
				}
				require.Equal(t, local, string(m.Frame(3)))
				require.Equal(t, ep.String(), string(m.Frame(4)))
			}
		})
	}
}

// TestMonitorIPv6 has both ends of a connection over IPv6, at the side that is bound. (libzmq: test_monitor, draft)
func TestMonitorIPv6(t *testing.T) {
	needIPv6(t)
	ctx := within(t)
	rt := newRuntime(t, socket.Defaults(socket.IPv6(true)))
	pull, push := newPull(t, rt), newPush(t, rt)
	name := inprocName(t)
	require.NoError(t, pull.Monitor(ctx, name, socket.MonitorAll, socket.MonitorVersion(2)))
	reader, err := socket.NewPair(rt)
	require.NoError(t, err)
	connect(t, reader, name)
	ep, _ := join(t, "tcp://[::1]:*", pull, push)
	for _, want := range []socket.MonitorEvents{socket.MonitorListening, socket.MonitorAccepted, socket.MonitorHandshakeSucceeded} {
		m, err := reader.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, uint64(want), binary.NativeEndian.Uint64(m.Frame(0)))
		require.Equal(t, ep.String(), string(m.Frame(3)))
		if want == socket.MonitorListening {
			require.Empty(t, m.Frame(4))
			continue
		}
		require.Regexp(t, `^tcp://\[::1\]:\d+$`, string(m.Frame(4)))
		require.NotEqual(t, ep.String(), string(m.Frame(4)))
	}
}

// TestMonitorRefused goes through what Monitor does not take. (libzmq: test_monitor_invalid_protocol_fails, EINVAL, EADDRINUSE)
func TestMonitorRefused(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pull := newPull(t, rt)
	for _, at := range []string{"tcp://127.0.0.1:*", "ipc://*", "udp://a"} {
		require.ErrorIs(t, pull.Monitor(ctx, at, socket.MonitorAll), socket.ErrUnknownScheme, at)
	}
	name := inprocName(t)
	require.ErrorIs(t, pull.Monitor(ctx, "nonsense", socket.MonitorAll), socket.ErrBadEndpoint)
	require.ErrorIs(t, pull.Monitor(ctx, name, 1<<16), socket.ErrBadOption)
	require.ErrorIs(t, pull.Monitor(ctx, name, 1, socket.MonitorVersion(3)), socket.ErrBadOption)
	require.ErrorIs(t, pull.Monitor(ctx, name, 1, socket.MonitorType("REQ")), socket.ErrBadOption)
	require.NoError(t, pull.Monitor(ctx, "", 0), "there is none to stop")
	require.NoError(t, pull.Monitor(ctx, name, socket.MonitorAll))
	require.ErrorIs(t, newPull(t, rt).Monitor(ctx, name, socket.MonitorAll), socket.ErrAddrInUse)
	require.NoError(t, pull.Close(ctx))
	require.ErrorIs(t, pull.Monitor(ctx, name, socket.MonitorAll), socket.ErrClosed)
	require.NoError(t, newPull(t, rt).Monitor(ctx, name, socket.MonitorAll), "the name is free again")
}

// TestMonitorMask tells what is asked for, a second monitor takes the place of the first, and inproc has no events.
func TestMonitorMask(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pull := newPull(t, rt)
	first := monitorOf(t, rt, pull)
	name := inprocName(t)
	require.NoError(t, pull.Monitor(ctx, name, socket.MonitorAccepted|socket.MonitorStopped))
	first.want("", socket.MonitorStopped)
	pair, err := socket.NewPair(rt)
	require.NoError(t, err)
	connect(t, pair, name)
	join(t, inprocName(t), pull, newPush(t, rt))
	ep := bind(t, pull, "tcp://127.0.0.1:*")
	push := newPush(t, rt)
	connect(t, push, ep.String())
	require.NoError(t, push.WaitPeers(ctx, 1))
	second := &monitored{t, ctx, pair}
	second.want(ep.String(), socket.MonitorAccepted)
	require.NoError(t, pull.Close(ctx))
	second.want("", socket.MonitorStopped)
}

// TestMonitorWithoutReader holds nobody up where nobody reads: not the socket, and not its end. (libzmq: a bind stands still)
func TestMonitorWithoutReader(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pull := newPull(t, rt)
	require.NoError(t, pull.Monitor(ctx, inprocName(t), socket.MonitorAll))
	late := newPull(t, rt)
	name := inprocName(t)
	require.NoError(t, late.Monitor(ctx, name, socket.MonitorListening))
	for range 5 {
		join(t, "tcp://127.0.0.1:*", pull, newPush(t, rt))
		bind(t, late, "tcp://127.0.0.1:*")
	}
	require.NoError(t, pull.Close(ctx))
	pair, err := socket.NewPair(rt)
	require.NoError(t, err)
	connect(t, pair, name)
	for range 5 {
		_, err := pair.Recv(ctx)
		require.NoError(t, err, "they wait for a reader who comes late")
	}
}

// TestMonitorHandshakes has libzmq's event and value for each way in which a handshake fails.
func TestMonitorHandshakes(t *testing.T) {
	rt := newRuntime(t)
	for name, c := range map[string]struct {
		speak []byte
		event socket.MonitorEvents
		value uint32
	}{
		"another command":   {append(greeting(), "\x04\x05\x04HELO"...), socket.MonitorHandshakeFailedProtocol, 0x10000001},
		"another mechanism": {[]byte(strings.Replace(string(greeting()), "NULL", "FOO\x00", 1)), socket.MonitorHandshakeFailedProtocol, 0x11000002},
		"another type":      {append(greeting(), ready("PUB")...), 0, 0},
		"the end":           {nil, socket.MonitorHandshakeFailedNoDetail, uint32(syscall.ECONNRESET)},
	} {
		t.Run(name, func(t *testing.T) {
			pull := newPull(t, rt)
			server := monitorOf(t, rt, pull)
			ep := bind(t, pull, "tcp://127.0.0.1:*").String()
			conn, err := net.Dial("tcp", strings.TrimPrefix(ep, "tcp://"))
			require.NoError(t, err)
			defer func() { _ = conn.Close() }()
			if c.speak == nil {
				require.NoError(t, conn.Close())
			} else {
				_, err = conn.Write(c.speak)
				require.NoError(t, err)
			}
			server.want(ep, socket.MonitorListening, socket.MonitorAccepted)
			if c.event != 0 {
				value := server.want(ep, c.event)[0]
				if c.event == socket.MonitorHandshakeFailedProtocol || runtime.GOOS != "windows" { // whose numbers are others, and not one
					require.Equal(t, c.value, value)
				}
			}
			server.want(ep, socket.MonitorDisconnected)
		})
	}
}

// TestMonitorFailures has the event and the system's number for a bind, an accept and a close that fail: in place of what would have been told otherwise.
func TestMonitorFailures(t *testing.T) {
	ctx, rt := within(t), newRuntime(t)
	pull := newPull(t, rt)
	server := monitorOf(t, rt, pull)
	taken := bind(t, newPull(t, rt), "tcp://127.0.0.1:*").String()
	_, err := pull.Bind(ctx, taken)
	require.ErrorIs(t, err, socket.ErrAddrInUse)
	inUse := server.want(taken, socket.MonitorBindFailed)[0]
	if runtime.GOOS != "windows" { // which has numbers of its own
		require.Equal(t, uint32(syscall.EADDRINUSE), inUse)
	}

	require.NoError(t, pull.Set(ctx, socket.TCPAcceptFilter("192.0.2.1")))
	door := bind(t, pull, "tcp://127.0.0.1:*").String()
	conn := dialTCP(t, door)
	_, err = conn.Read(make([]byte, 1))
	require.Error(t, err, "it is turned away")
	require.Equal(t, uint32(syscall.EPERM), server.want(door, socket.MonitorListening, socket.MonitorAcceptFailed)[1])

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ep, err := pull.BindListener(ctx, stubbornListener{l.(*net.TCPListener)})
	require.NoError(t, err)
	require.NoError(t, ep.Close(ctx))
	require.Equal(t, uint32(syscall.EBUSY), server.want(ep.String(), socket.MonitorListening, socket.MonitorCloseFailed)[1])
	require.NoError(t, pull.Close(ctx))
	server.want(door, socket.MonitorClosed, socket.MonitorStopped)
}

// Example_monitor reads libzmq's monitor frames.
func Example_monitor() {
	ctx := context.Background()
	rt, err := socket.NewRuntime()
	if err != nil {
		fmt.Println(err)
		return
	}
	pull, _ := socket.NewPull(rt)
	_ = pull.Monitor(ctx, "inproc://monitor", socket.MonitorAll)
	reader, _ := socket.NewPair(rt)
	_, _ = reader.Connect(ctx, "inproc://monitor")
	_, _ = pull.Bind(ctx, "tcp://127.0.0.1:*")
	m, _ := reader.Recv(ctx)
	fmt.Println(m.Len(), binary.NativeEndian.Uint16(m.Frame(0)) == uint16(socket.MonitorListening))
	_ = rt.Shutdown(ctx)
	// Output: 2 true
}
