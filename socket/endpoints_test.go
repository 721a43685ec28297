package socket_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestBadEndpoints wants Bind and Connect to tell bad syntax, unknown schemes and taken addresses apart, and the socket to go on as if nothing had
// been asked.
func TestBadEndpoints(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pull := newPull(t, rt)
	taken := bind(t, pull, "tcp://127.0.0.1:*").String()
	held := bind(t, pull, nowhere(t)).String()
	named := bind(t, pull, inprocName(t)).String()
	for _, c := range []struct {
		endpoint      string
		bind, connect error // nil: not asked
	}{
		{"", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"tcp", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"tcp:127.0.0.1:1", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"tcp://", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"tcp://127.0.0.1", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"tcp://127.0.0.1:", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"tcp://127.0.0.1:port", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"tcp://127.0.0.1:65536", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"tcp://:5555", nil, socket.ErrBadEndpoint},
		{"tcp://127.0.0.1:0", nil, socket.ErrBadEndpoint},
		{"tcp://127.0.0.1:*", nil, socket.ErrBadEndpoint},
		{"ipc://", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"inproc://", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"://x", socket.ErrBadEndpoint, socket.ErrBadEndpoint},
		{"xyz://somewhere", socket.ErrUnknownScheme, socket.ErrUnknownScheme},
		{"TCP://127.0.0.1:5555", socket.ErrUnknownScheme, socket.ErrUnknownScheme},
		{taken, socket.ErrAddrInUse, nil},
		{held, socket.ErrAddrInUse, nil},
		{named, socket.ErrAddrInUse, nil},
	} {
		s := newPush(t, rt)
		if c.bind != nil {
			ep, err := s.Bind(ctx, c.endpoint)
			require.ErrorIs(t, err, c.bind, "bind %q", c.endpoint)
			require.Nil(t, ep)
			require.ErrorContains(t, err, c.endpoint)
		}
		if c.connect != nil {
			ep, err := s.Connect(ctx, c.endpoint)
			require.ErrorIs(t, err, c.connect, "connect %q", c.endpoint)
			require.Nil(t, ep)
		}
		require.ErrorIs(t, s.TrySend(number(0)), socket.ErrNoPeers, c.endpoint)
		connect(t, s, taken)
		require.NoError(t, s.Send(ctx, number(0)))
		receive(t, pull, 0, 1)
		require.NoError(t, s.Close(ctx))
	}
}

// TestBadOptions wants values out of range, and options that the type does not have, to be refused by every constructor.
func TestBadOptions(t *testing.T) {
	rt := newRuntime(t)
	for _, row := range socket.Rows() {
		bad := map[string]socket.Option{
			"SendHWM": socket.SendHWM(-1), "RecvHWM": socket.RecvHWM(-1), "ReconnectIntervalMax": socket.ReconnectIntervalMax(-1),
			"HandshakeInterval": socket.HandshakeInterval(-1), "MaxMsgSize": socket.MaxMsgSize(-2), "Backlog": socket.Backlog(-1),
			"SendBuffer": socket.SendBuffer(-2), "RecvBuffer": socket.RecvBuffer(-2), "TypeOfService": socket.TypeOfService(-1),
			"TypeOfService of 256": socket.TypeOfService(256), "TCPKeepAliveIdle": socket.TCPKeepAliveIdle(time.Second - 1),
			"TCPKeepAliveInterval": socket.TCPKeepAliveInterval(time.Millisecond), "TCPKeepAliveCount": socket.TCPKeepAliveCount(128),
			"TCPKeepAliveCount alone": socket.TCPKeepAliveCount(1), "TCPMaxRetransmit": socket.TCPMaxRetransmit(-1),
			"ConnectTimeout": socket.ConnectTimeout(-1), "BindToDevice": socket.BindToDevice(strings.Repeat("x", 16)),
			"SocksProxy": socket.SocksProxy("nowhere"), "SocksUsername alone": socket.SocksUsername("u"),
			"SocksPassword":        socket.SocksPassword(strings.Repeat("x", 256)),
			"Priority":             socket.Priority(-1),
			"BindToDevice of a/b":  socket.BindToDevice("a/b"),
			"RoutingID of nothing": socket.RoutingID(""), "RoutingID of 256": socket.RoutingID(strings.Repeat("x", 256)),
		}
		good := []socket.Option{
			socket.SendHWM(0), socket.RecvHWM(0), socket.ReconnectIntervalMax(0), socket.HandshakeInterval(0), socket.MaxMsgSize(-1),
			socket.Backlog(0), socket.RoutingID(strings.Repeat("x", 255)), socket.Linger(-1), socket.Immediate(true), socket.Affinity(1),
			socket.IPv6(true), socket.ReconnectInterval(-1), socket.SendBuffer(-1), socket.RecvBuffer(0), socket.TypeOfService(0),
			socket.TCPKeepAlive(false), socket.TCPMaxRetransmit(0), socket.ConnectTimeout(0), socket.BindToDevice(""), socket.Priority(0),
			socket.SocksProxy(""), socket.SocksUsername(""), socket.SocksPassword(""),
		}
		if row.Publisher {
			good = append(good, socket.XPubNoDrop(true))
		} else {
			bad["XPubNoDrop"] = socket.XPubNoDrop(true)
		}
		for name, o := range bad {
			s, err := socket.Open(rt, row.Name, o)
			require.ErrorIs(t, err, socket.ErrBadOption, "%s of %s", name, row.Name)
			require.ErrorContains(t, err, strings.Fields(name)[0])
			require.Nil(t, s)
		}
		_, err := socket.Open(rt, row.Name, good...)
		require.NoError(t, err, row.Name)
	}
	for _, o := range []socket.RuntimeOption{socket.IOWorkers(-1), socket.IOWorkers(65), socket.WithLogger(nil), socket.MaxSockets(0)} {
		_, err := socket.NewRuntime(o)
		require.ErrorIs(t, err, socket.ErrBadOption)
	}
}

// TestNoIOWorker wants a runtime without I/O actors, and an affinity to one that is not there, to serve inproc only.
func TestNoIOWorker(t *testing.T) {
	ctx := within(t)
	for _, at := range places {
		none, one := newRuntime(t, socket.IOWorkers(0)), newRuntime(t)
		for _, pull := range []*socket.Pull{newPull(t, none), newPull(t, one, socket.Affinity(2))} {
			_, err := pull.Bind(ctx, at.fresh(t))
			if at.scheme == "inproc" {
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, socket.ErrNoIOWorker)
			ep := nobody(t)
			if at.scheme == "ipc" {
				ep = nowhere(t)
			}
			_, err = pull.Connect(ctx, ep)
			require.ErrorIs(t, err, socket.ErrNoIOWorker)
		}
	}
}

// TestWildcards binds to wildcards and reaches each by what String returns. (libzmq: test_last_endpoint, test_unbind_wildcard, test_ipc_wildcard)
func TestWildcards(t *testing.T) {
	endpoints := []string{"tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://*:*", "ipc://*"}
	if runtime.GOOS == "linux" {
		endpoints = append(endpoints, fmt.Sprintf("ipc://@weir-test-%s", strings.TrimPrefix(inprocName(t), "inproc://")))
	}
	ctx := within(t)
	rt := newRuntime(t)
	pull := newPull(t, rt)
	for i, endpoint := range endpoints {
		ep := bind(t, pull, endpoint)
		require.NotContains(t, ep.String(), ":*")
		push := newPush(t, rt)
		connect(t, push, strings.Replace(ep.String(), "0.0.0.0", "127.0.0.1", 1))
		require.NoError(t, push.Send(ctx, number(i)))
		receive(t, pull, i, 1)
		require.NoError(t, ep.Close(ctx))
	}
}

// TestUnbindRefuses closes a bound endpoint: nobody is listening there any more.
func TestUnbindRefuses(t *testing.T) {
	rt := newRuntime(t)
	pull := newPull(t, rt)
	ep := bind(t, pull, "tcp://127.0.0.1:*")
	peer := dialRaw(t, ep.String(), "PUSH")
	require.NoError(t, pull.WaitPeers(within(t), 1))
	require.NoError(t, ep.Close(within(t)))
	peer.wantEnd()
	_, err := net.Dial("tcp", strings.TrimPrefix(ep.String(), "tcp://"))
	require.Error(t, err)
}

// TestUnreadAtDisconnectAndUnbind closes endpoints with messages that nobody has received: an unbind leaves them, a disconnect drops and counts them.
// (libzmq does so over tcp and inproc, probed)
func TestUnreadAtDisconnectAndUnbind(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	three := append(append(frames("0"), frames("1")...), frames("2")...)

	l, ep := listenRaw(t)
	pull := newPull(t, rt)
	conn := connect(t, pull, ep)
	acceptRaw(t, l, "PUSH").write(three) // one write: when the first has come, all have
	receive(t, pull, 0, 1)
	require.NoError(t, conn.Close(ctx))
	wantEmpty(t, pull)
	require.Equal(t, only(socket.ReasonUnread, 2), pull.Stats().In.Dropped)

	bound := bind(t, pull, "tcp://127.0.0.1:*")
	dialRaw(t, bound.String(), "PUSH").write(three)
	receive(t, pull, 0, 1)
	require.NoError(t, bound.Close(ctx))
	receive(t, pull, 1, 2)

	push := newPush(t, rt)
	_, conn = join(t, inprocName(t), push, pull)
	require.Equal(t, 3, fill(t, push, 3))
	receive(t, pull, 0, 1)
	require.NoError(t, conn.Close(ctx))
	wantEmpty(t, pull)
	require.Equal(t, only(socket.ReasonUnread, 4), pull.Stats().In.Dropped)
	gone(t, push)

	bound, _ = join(t, inprocName(t), pull, push)
	require.Equal(t, 3, fill(t, push, 3))
	receive(t, pull, 0, 1)
	require.NoError(t, bound.Close(ctx))
	receive(t, pull, 1, 2)
}

// TestUnbindLeavesOthers closes one of two bound endpoints: who came through the other stays.
func TestUnbindLeavesOthers(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pull := newPull(t, rt)
	first, second := bind(t, pull, "tcp://127.0.0.1:*"), bind(t, pull, "tcp://127.0.0.1:*")
	a, b := newPush(t, rt, socket.ReconnectInterval(-1)), newPush(t, rt)
	connect(t, a, first.String())
	connect(t, b, second.String())
	require.NoError(t, pull.WaitPeers(ctx, 2))
	require.NoError(t, first.Close(ctx))
	require.Len(t, pull.Stats().Peers, 1)
	require.NoError(t, b.Send(ctx, number(1)))
	receive(t, pull, 1, 1)
}

// TestReconnectNever unbinds from under a peer that is not to reconnect: it does not come to who binds there next. (libzmq: test_reconnect_ivl)
func TestReconnectNever(t *testing.T) {
	for _, at := range places {
		if at.parts { // inproc outlives the endpoint
			t.Run(at.scheme, func(t *testing.T) { reconnectNever(t, at.fresh(t)) })
		}
	}
}

// TestReconnectNeverIPv6 is TestReconnectNever for IPv6.
func TestReconnectNeverIPv6(t *testing.T) {
	needIPv6(t)
	reconnectNever(t, "tcp://[::1]:*", socket.IPv6(true))
}

// reconnectNever has the one side of an endpoint go and come back: the other side, whose interval is -1, does not.
func reconnectNever(t *testing.T, endpoint string, opts ...socket.Option) {
	t.Helper()
	ctx, ended := within(t), make(chan socket.Event, 1)
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) {
		if e.Kind == socket.EventEnded {
			ended <- e
		}
	}))
	pull, push := newPull(t, rt, opts...), newPush(t, rt, append(opts, socket.ReconnectInterval(-1))...)
	bound, _ := join(t, endpoint, pull, push)
	require.NoError(t, bound.Close(ctx))
	require.Equal(t, push.String(), (<-ended).Socket)
	next := newPull(t, rt, opts...)
	bind(t, next, bound.String())
	require.ErrorIs(t, push.TrySend(number(0)), socket.ErrNoPeers)
	connect(t, newPush(t, rt, opts...), bound.String()) // somebody else is welcome
	require.NoError(t, next.WaitPeers(ctx, 1))
	require.Len(t, next.Stats().Peers, 1)
	require.Empty(t, push.Stats().Peers)
}

// TestConnectTwice connects to the same endpoint twice: types that would then hear everything double take it for one, the others make two peers. (libzmq
// does so too, but over inproc)
func TestConnectTwice(t *testing.T) {
	ctx := within(t)
	for _, c := range []struct {
		binder, connecter string
		peers             int
	}{{"PUB", "SUB", 1}, {"SUB", "PUB", 1}, {"REP", "REQ", 1}, {"PULL", "PUSH", 2}, {"PUSH", "PULL", 2}, {"REQ", "REP", 2}} {
		rt := newRuntime(t)
		binder, err := socket.Open(rt, c.binder)
		require.NoError(t, err)
		connecter, err := socket.Open(rt, c.connecter)
		require.NoError(t, err)
		ep := bind(t, binder, "tcp://127.0.0.1:*").String()
		first := connect(t, connecter, ep)
		second := connect(t, connecter, ep)
		require.NoError(t, connecter.WaitPeers(ctx, c.peers))
		require.Len(t, connecter.Stats().Peers, c.peers, "%s to %s", c.connecter, c.binder)
		require.Equal(t, c.peers == 1, first == second)
		require.NoError(t, first.Close(ctx))
		if c.peers == 1 {
			third := connect(t, connecter, ep)
			require.NotSame(t, first, third)
			require.NoError(t, connecter.WaitPeers(ctx, 1))
		}
	}
}

// TestConnectToItself connects to what the socket is bound at: types that take a second Connect for the first do nothing, the others become a peer of
// themselves, as far as they are compatible. (libzmq does so too, but over inproc)
func TestConnectToItself(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	for _, c := range []struct {
		typ   string
		peers int
	}{{"DEALER", 0}, {"SUB", 0}, {"PUB", 0}, {"REQ", 0}, {"ROUTER", 2}} {
		s, err := socket.Open(rt, c.typ)
		require.NoError(t, err)
		bound := bind(t, s, "tcp://127.0.0.1:*")
		itself := connect(t, s, bound.String())
		require.Equal(t, c.peers == 0, bound == itself, c.typ)
		require.NoError(t, s.WaitPeers(ctx, c.peers))
		require.Len(t, s.Stats().Peers, c.peers, c.typ)
		require.NoError(t, itself.Close(ctx))
		require.NotSame(t, itself, connect(t, s, bound.String()), "%s: nothing is there any more that does it", c.typ)
	}
}

// TestWaitPeers wants it to count finished handshakes and no others, and to end with ctx.
func TestWaitPeers(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pull := newPull(t, rt)
	require.NoError(t, pull.WaitPeers(ctx, 0))
	ep := bind(t, pull, "tcp://127.0.0.1:*").String()
	silent, err := net.Dial("tcp", strings.TrimPrefix(ep, "tcp://"))
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	dialRaw(t, ep, "PUSH")
	require.NoError(t, pull.WaitPeers(ctx, 1))
	short, cancel := context.WithCancel(ctx)
	waited := make(chan error, 1)
	go func() { waited <- pull.WaitPeers(short, 2) }()
	cancel()
	require.ErrorIs(t, <-waited, context.Canceled)
	second := dialRaw(t, ep, "PUSH")
	require.NoError(t, pull.WaitPeers(ctx, 2))
	require.NoError(t, second.conn.Close())
	require.NoError(t, pull.WaitAtMost(ctx, 1))
	short, cancel = context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, pull.WaitPeers(short, 2), context.Canceled)
	push := newPush(t, rt)
	connect(t, push, nobody(t))
	require.ErrorIs(t, push.WaitPeers(short, 1), context.Canceled, "one that is not there is no peer yet")
}
