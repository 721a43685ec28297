package socket_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestLastEndpoint binds and connects, and wants each to be the last one: bound ones resolved, connected ones as given. (libzmq: test_last_endpoint)
func TestLastEndpoint(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	s := newDealer(t, rt)
	require.Empty(t, s.LastEndpoint())
	for _, at := range []string{"tcp://127.0.0.1:*", "tcp://*:*", nowhere(t), "ipc://*", inprocName(t)} {
		ep := bind(t, s, at)
		require.Equal(t, ep.String(), s.LastEndpoint())
		require.False(t, strings.HasSuffix(s.LastEndpoint(), "*"))
	}
	before := s.LastEndpoint()
	_, err := s.Bind(ctx, "tcp://nowhere")
	require.Error(t, err)
	require.Equal(t, before, s.LastEndpoint())
	dead := nobody(t)
	for _, to := range []string{
		dead, nobody(t), "tcp://127.0.0.1:*;127.0.0.1:9", "tcp://localhost:9", nowhere(t), inprocName(t),
	} {
		connect(t, s, to)
		require.Equal(t, to, s.LastEndpoint())
	}
	before = s.LastEndpoint()
	connect(t, s, dead) // a Dealer's second time is the first
	require.Equal(t, before, s.LastEndpoint())
}

// TestUnbind unbinds by name: as given, as LastEndpoint has it, in another spelling; never by a wildcard. (libzmq: test_unbind_wildcard,
// test_term_endpoint)
func TestUnbind(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	path := nowhere(t)
	for _, c := range []struct {
		bind   string
		not    []string // PORT stands for the port
		unbind string
	}{
		{"tcp://127.0.0.1:*", []string{"tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://lo:PORT", "tcp://127.0.0.2:PORT"}, "tcp://127.0.0.1:PORT"},
		{"tcp://127.0.0.1:*", nil, "tcp://[::ffff:127.0.0.1]:PORT"},
		{"tcp://*:*", []string{"tcp://*:*", "tcp://*:PORT", "tcp://[::]:PORT"}, "tcp://0.0.0.0:PORT"},
		{"ipc://*", []string{"ipc://*"}, ""},
		{path, []string{path + "x"}, path},
		{inprocName(t), []string{inprocName(t)}, ""},
	} {
		s := newPull(t, rt)
		port := bind(t, s, c.bind).String()
		port = port[strings.LastIndexByte(port, ':')+1:]
		for _, name := range c.not {
			require.ErrorIs(t, s.Unbind(ctx, strings.Replace(name, "PORT", port, 1)), socket.ErrNoEndpoint, name)
		}
		require.ErrorIs(t, s.Disconnect(ctx, s.LastEndpoint()), socket.ErrNoEndpoint, "it is bound, not connected")
		name := c.unbind
		if name == "" {
			name = s.LastEndpoint()
		}
		require.NoError(t, s.Unbind(ctx, strings.Replace(name, "PORT", port, 1)))
		require.ErrorIs(t, s.Unbind(ctx, strings.Replace(name, "PORT", port, 1)), socket.ErrNoEndpoint, "once")
		if c.bind != "ipc://*" { // whose directory is gone
			bind(t, newPull(t, rt), s.LastEndpoint()) // the address is free
		}
	}
	s := newPull(t, rt)
	require.ErrorIs(t, s.Unbind(ctx, "tcp"), socket.ErrBadEndpoint)
	require.ErrorIs(t, s.Unbind(ctx, "xyz://a"), socket.ErrUnknownScheme)
	require.NoError(t, s.Close(ctx))
	require.ErrorIs(t, s.Unbind(ctx, path), socket.ErrClosed)
	require.ErrorIs(t, s.Disconnect(ctx, path), socket.ErrClosed)
}

// TestUnbindIPv6 unbinds by either spelling of an address, with IPv6 on.
func TestUnbindIPv6(t *testing.T) {
	needIPv6(t)
	rt := newRuntime(t)
	for bound, unbind := range map[string]string{
		"tcp://127.0.0.1:*": "tcp://127.0.0.1:PORT", "tcp://[::1]:*": "tcp://[0:0:0:0:0:0:0:1]:PORT", "tcp://*:*": "tcp://[::]:PORT",
	} {
		s := newPull(t, rt, socket.IPv6(true))
		ep, err := s.Bind(within(t), bound)
		require.NoError(t, err)
		port := ep.String()[strings.LastIndexByte(ep.String(), ':')+1:]
		require.NoError(t, s.Unbind(within(t), strings.Replace(unbind, "PORT", port, 1)))
	}
}

// TestUnbindCloses wants who came through the endpoint to be gone when Unbind returns. (libzmq: test_term_endpoint)
func TestUnbindCloses(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	for _, at := range []string{"tcp://127.0.0.1:*", "ipc://*"} {
		push, pull := newPush(t, rt), newPull(t, rt, socket.ReconnectInterval(-1))
		join(t, at, push, pull)
		require.NoError(t, push.Unbind(ctx, push.LastEndpoint()))
		require.ErrorIs(t, push.TrySend(number(1)), socket.ErrNoPeers)
		require.NoError(t, pull.WaitAtMost(ctx, 0))
	}
}

// TestDisconnect disconnects by the name that was given, all endpoints that have it. (libzmq: test_term_endpoint)
func TestDisconnect(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	for _, at := range []string{"tcp://127.0.0.1:*", nowhere(t), inprocName(t)} {
		pull, push := newPull(t, rt), newPush(t, rt)
		name := bind(t, pull, at).String()
		connect(t, push, name)
		connect(t, push, name) // a Push makes a second connection
		require.NoError(t, pull.WaitPeers(ctx, 2))
		require.ErrorIs(t, push.Unbind(ctx, name), socket.ErrNoEndpoint, "it is connected, not bound")
		require.NoError(t, push.Disconnect(ctx, name))
		require.ErrorIs(t, push.TrySend(number(1)), socket.ErrNoPeers)
		require.NoError(t, pull.WaitAtMost(ctx, 0))
		require.ErrorIs(t, push.Disconnect(ctx, name), socket.ErrNoEndpoint)
	}
}

// TestEndpointErrorClasses wants what libzmq tells apart by errno to be told apart by errors.Is.
func TestEndpointErrorClasses(t *testing.T) {
	ctx := within(t)
	s := newPull(t, newRuntime(t))
	for at, want := range map[string]error{
		"tcp://198.51.100.1:5555":           socket.ErrAddrNotAvailable,
		"tcp://no-such-nic.invalid:5555":    socket.ErrNoDevice,
		"tcp://[::1]:5555":                  socket.ErrNoDevice, // IPv6 is off
		"ipc://" + strings.Repeat("x", 200): socket.ErrNameTooLong,
		"ipc://@":                           socket.ErrBadEndpoint,
		"ipc:///no-such-directory/a/b":      os.ErrNotExist,
		"tcp://127.0.0.1:70000":             socket.ErrBadEndpoint,
		"tcp://_a:5555":                     socket.ErrBadEndpoint, // libzmq: ENODEV, here and in the next four
		"tcp://[::1:5555":                   socket.ErrBadEndpoint,
		"tcp://:5555":                       socket.ErrBadEndpoint,
		"tcp://:*":                          socket.ErrBadEndpoint,
		"tcp://[]:*":                        socket.ErrBadEndpoint,
		"udp://127.0.0.1:5":                 socket.ErrUnknownScheme,
	} {
		_, err := s.Bind(ctx, at)
		require.ErrorIs(t, err, want, at)
		require.ErrorContains(t, err, at)
	}
	_, err := s.Connect(ctx, "ipc://"+strings.Repeat("x", 200))
	require.ErrorIs(t, err, socket.ErrNameTooLong)
}

// TestIPCWildcard wants a wildcard's path to lie where the environment says, and both the file and its directory to be gone after Close. (libzmq:
// test_ipc_wildcard)
func TestIPCWildcard(t *testing.T) {
	dir := strings.TrimSuffix(strings.TrimPrefix(nowhere(t), "ipc://"), "/s")
	t.Setenv("TMPDIR", dir)
	pull, push := newPull(t, newRuntime(t)), newPush(t, newRuntime(t))
	bound, _ := join(t, "ipc://*", pull, push)
	require.True(t, strings.HasPrefix(bound.String(), "ipc://"+dir+"/"))
	require.True(t, strings.HasSuffix(bound.String(), "/socket"))
	require.NoError(t, pull.Close(within(t)))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestRebindIPC closes the binder, and binds another at the same path: the connected side comes back. (libzmq: test_rebind_ipc)
func TestRebindIPC(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	at := nowhere(t)
	pull := newPull(t, rt)
	connect(t, pull, at)
	for i := range 3 {
		push := newPush(t, rt)
		bind(t, push, at)
		require.NoError(t, push.Send(ctx, number(i)))
		receive(t, pull, i, 1)
		require.NoError(t, push.Close(ctx))
	}
}
