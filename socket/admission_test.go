package socket_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/transport"
)

// doorman makes a runtime that passes on who was refused.
func doorman(t *testing.T) (*socket.Runtime, <-chan socket.Event) {
	t.Helper()
	refused := make(chan socket.Event, 100)
	return newRuntime(t, socket.WithEvents(func(e socket.Event) {
		if e.Kind == socket.EventRefused {
			refused <- e
		}
	})), refused
}

// wantRefused connects to an endpoint and wants to be turned away, and an event to name us and the reason.
func wantRefused(t *testing.T, endpoint string, refused <-chan socket.Event) socket.Event {
	t.Helper()
	addr, err := transport.Parse(endpoint)
	require.NoError(t, err)
	conn, err := transport.Dial(within(t), addr, transport.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = conn.Read(make([]byte, 1))
	require.Error(t, err, "not even a greeting")
	e := <-refused
	require.ErrorIs(t, e.Err, socket.ErrNotAdmitted)
	require.Equal(t, endpoint, e.Endpoint)
	require.NotEmpty(t, e.Peer)
	if addr.Scheme == "tcp" {
		require.Equal(t, conn.LocalAddr().String(), e.Peer)
	}
	return e
}

// TestTCPAcceptFilter lets in who comes from one of the networks, and nobody else. (libzmq: test_tcp_accept_filter)
func TestTCPAcceptFilter(t *testing.T) {
	rt, refused := doorman(t)
	for _, c := range []struct {
		networks []string
		lets     bool
	}{
		{nil, true},
		{[]string{"127.0.0.1"}, true},
		{[]string{"127.0.0.1/32"}, true},
		{[]string{"127.0.0.0/8"}, true},
		{[]string{"::ffff:127.0.0.1"}, true},
		{[]string{"10.0.0.0/8", "127.0.0.1"}, true},
		{[]string{"126.255.255.255/1"}, true},
		{[]string{"::ffff:127.0.0.0/104"}, true},
		{[]string{"::ffff:0:0/96"}, true},
		{[]string{"::/0"}, true},
		{[]string{"127.0.0.2"}, false},
		{[]string{"::ffff:10.0.0.0/104", "::7f00:0/104", "64:ff9b::/96"}, false},
		{[]string{"10.0.0.0/8", "::1", "fe80::/10"}, false},
	} {
		pull := newPull(t, rt, socket.TCPAcceptFilter(c.networks...))
		ep := bind(t, pull, "tcp://127.0.0.1:*").String()
		if !c.lets {
			wantRefused(t, ep, refused)
			continue
		}
		push := newPush(t, rt)
		connect(t, push, ep)
		require.NoError(t, push.Send(within(t), number(1)))
		receive(t, pull, 1, 1)
	}
	require.Empty(t, refused)
	pull := newPull(t, rt, socket.TCPAcceptFilter("10.0.0.0/8"), socket.TCPAcceptFilter())
	join(t, "tcp://127.0.0.1:*", pull, newPush(t, rt)) // taken back
	pull = newPull(t, rt, socket.TCPAcceptFilter("10.0.0.0/8"))
	join(t, "ipc://*", pull, newPush(t, rt)) // not over tcp
	for _, bad := range []string{"", "localhost", "127.0.0.1/33", "127.0.0.1/", "/8", "127.0.0/8", "127.0.0.1/-1", "fe80::1%lo"} {
		_, err := socket.NewPull(rt, socket.TCPAcceptFilter(bad))
		require.ErrorIs(t, err, socket.ErrBadOption, "%q", bad)
	}
}

// TestIPCFilters lets in this process, its user and its groups, and nobody else. (libzmq: test_filter_ipc)
func TestIPCFilters(t *testing.T) {
	rt, refused := doorman(t)
	if !transport.HasCredentials {
		_, err := socket.NewPull(rt, socket.IPCFilterUID(os.Getuid()))
		require.ErrorIs(t, err, errors.ErrUnsupported)
		t.Skip("this system does not tell who is there")
	}
	pid, uid, gid := os.Getpid(), os.Getuid(), os.Getgid()
	lets := map[string][]socket.Option{
		"pid": {socket.IPCFilterPID(pid)}, "uid": {socket.IPCFilterUID(uid)}, "gid": {socket.IPCFilterGID(gid)},
		"one of them":     {socket.IPCFilterPID(1), socket.IPCFilterUID(uid + 1), socket.IPCFilterGID(gid)},
		"added":           {socket.IPCFilterUID(uid + 1), socket.IPCFilterUID(uid)},
		"taken back":      {socket.IPCFilterUID(uid + 1), socket.IPCFilterUID()},
		"tcp's is no use": {socket.TCPAcceptFilter("10.0.0.0/8")},
	}
	if me, err := user.Current(); err == nil {
		if groups, err := me.GroupIds(); err == nil {
			for _, g := range groups {
				id, err := strconv.Atoi(g)
				require.NoError(t, err)
				lets["group "+g] = []socket.Option{socket.IPCFilterGID(id)}
			}
		}
	}
	for name, opts := range lets {
		t.Log(name)
		join(t, "ipc://*", newPull(t, rt, opts...), newPush(t, rt))
	}
	require.Empty(t, refused)
	for _, opt := range []socket.Option{socket.IPCFilterPID(pid + 1), socket.IPCFilterUID(uid + 1), socket.IPCFilterGID(1 << 30)} {
		pull := newPull(t, rt, opt)
		wantRefused(t, bind(t, pull, "ipc://*").String(), refused)
		join(t, "tcp://127.0.0.1:*", pull, newPush(t, rt)) // not over ipc
	}
	for _, opt := range []socket.Option{socket.IPCFilterPID(-1), socket.IPCFilterUID(-1), socket.IPCFilterGID(-1)} {
		_, err := socket.NewPull(rt, opt)
		require.ErrorIs(t, err, socket.ErrBadOption)
	}
}

// TestAcceptFilter shows each peer to the hooks, which all have to agree.
func TestAcceptFilter(t *testing.T) {
	rt, refused := doorman(t)
	seen := make(chan socket.Incoming, 100)
	errNo := errors.New("not today")
	see := socket.AcceptFilter(func(_ context.Context, p socket.Incoming) error {
		seen <- p
		return nil
	})
	no := socket.AcceptFilter(func(context.Context, socket.Incoming) error { return errNo })
	for _, at := range []string{"tcp://127.0.0.1:*", "ipc://*"} {
		pull, push := newPull(t, rt, see), newPush(t, rt)
		bound, _ := join(t, at, pull, push)
		p := <-seen
		require.Equal(t, bound.String(), p.Endpoint)
		require.NotNil(t, p.Local)
		require.NotNil(t, p.Remote)
		if at == "ipc://*" && runtime.GOOS == "linux" {
			require.Equal(t, &transport.Credentials{PID: os.Getpid(), UID: os.Getuid(), GID: os.Getgid()}, p.Credentials)
		}
		require.Empty(t, refused)
		e := wantRefused(t, bind(t, newPull(t, rt, see, no), at).String(), refused)
		require.ErrorIs(t, e.Err, errNo)
		<-seen
		join(t, at, newPull(t, rt, no, socket.AcceptFilter(nil)), newPush(t, rt)) // taken back
	}
}

// TestAcceptFilterWaits wants a hook that takes its time to hold up its own peer alone, and the end of the endpoint to end its ctx.
func TestAcceptFilterWaits(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	var taken atomic.Bool
	entered, ended := make(chan struct{}), make(chan error, 1)
	pull := newPull(t, rt, socket.AcceptFilter(func(ctx context.Context, _ socket.Incoming) error {
		if taken.Swap(true) {
			return nil
		}
		close(entered)
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	}))
	bound := bind(t, pull, "tcp://127.0.0.1:*")
	slow, err := net.Dial("tcp", bound.String()[len("tcp://"):])
	require.NoError(t, err)
	defer func() { require.NoError(t, slow.Close()) }()
	<-entered
	push := newPush(t, rt)
	connect(t, push, bound.String())
	require.NoError(t, push.Send(ctx, number(1)))
	receive(t, pull, 1, 1)
	require.NoError(t, bound.Close(ctx))
	require.ErrorIs(t, <-ended, context.Canceled)
}

// TestAcceptFilterPanics wants a hook that panics to cost its peer the connection, and nothing else.
func TestAcceptFilterPanics(t *testing.T) {
	rt, refused := doorman(t)
	first := make(chan struct{}, 1)
	pull := newPull(t, rt, socket.AcceptFilter(func(context.Context, socket.Incoming) error {
		select {
		case first <- struct{}{}:
			panic("no such peer")
		default:
			return nil
		}
	}))
	ep := bind(t, pull, "tcp://127.0.0.1:*").String()
	e := wantRefused(t, ep, refused)
	var panicked *actor.PanicError
	require.ErrorAs(t, e.Err, &panicked)
	require.Equal(t, "no such peer", panicked.Value)
	push := newPush(t, rt)
	connect(t, push, ep)
	require.NoError(t, push.Send(within(t), number(1)))
	receive(t, pull, 1, 1)
}
