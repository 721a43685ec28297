package interop

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/transport/transporttest"
)

// A wayThrough is a PUSH and a PULL, one of them libzmq's, with an endpoint between them.
type wayThrough struct {
	name      string
	bind      string                 // what the bound side is told; it may be a wildcard
	connect   func(at string) string // from what the bound side calls itself, to what the other side connects to; nil for just that
	weir      []socket.Option
	peer      []string
	linuxOnly bool
}

// sixty makes the options of IPv6 on both sides.
var sixty = wayThrough{weir: []socket.Option{socket.IPv6(true)}, peer: []string{"ipv6=1"}}

// ways are forms of endpoints that both sides must read alike.
func ways() []wayThrough {
	from := func(source string) func(string) string {
		return func(at string) string { return strings.Replace(at, "tcp://", "tcp://"+source+";", 1) }
	}
	swap := func(old, new string) func(string) string {
		return func(at string) string { return strings.Replace(at, old, new, 1) }
	}
	all := []wayThrough{
		{name: "any address", bind: "tcp://*:*", connect: swap("0.0.0.0", "127.0.0.1")},
		{name: "source address", bind: "tcp://127.0.0.1:*", connect: from("127.0.0.2:*"), linuxOnly: true},
		{name: "source port 0", bind: "tcp://127.0.0.1:*", connect: from("127.0.0.2:0"), linuxOnly: true},
		{name: "by name", bind: "tcp://127.0.0.1:*", connect: swap("127.0.0.1", "localhost")},
		{name: "IPv6", bind: "tcp://[::1]:*", weir: sixty.weir, peer: sixty.peer},
		{name: "both families by IPv4", bind: "tcp://*:*", connect: swap("[::]", "127.0.0.1"), weir: sixty.weir, peer: sixty.peer},
		{name: "both families by IPv6", bind: "tcp://*:*", connect: swap("[::]", "[::1]"), weir: sixty.weir, peer: sixty.peer},
		{name: "IPv4 in IPv6", bind: "tcp://127.0.0.1:*", weir: sixty.weir, peer: sixty.peer},
		{name: "ipc wildcard", bind: "ipc://*"},
		{name: "abstract ipc", bind: fmt.Sprintf("ipc://@weir-interop-%d", os.Getpid()), linuxOnly: true},
	}
	return slices.DeleteFunc(all, func(w wayThrough) bool { return w.linuxOnly && runtime.GOOS != "linux" })
}

// TestEndpointForms sends one message each way round over each form of endpoint: Weir binds and libzmq connects, and the other way round. What the
// bound side calls itself is the same on both, but for ports and made-up names.
func TestEndpointForms(t *testing.T) {
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			ctx := begin(t, libzmq)
			if w.connect == nil {
				w.connect = func(at string) string { return at }
			}
			rt, events := newRuntime(t)
			ours := weirBinds(ctx, t, rt, w)
			if strings.Contains(w.name, "source") {
				require.True(t, strings.HasPrefix(events.of(socket.EventHandshakeSucceeded)[0].Peer, "127.0.0.2:"), "%s", events)
			}
			theirs := peerBinds(ctx, t, rt, w)
			require.Equal(t, plainName(ours), plainName(theirs))
		})
	}
}

// formTypes are the types of Weir's that go over forms of endpoints beside PUSH and PULL: what is below a socket does not know whose it is, so three
// will do: a SUB, whose socket speaks first, a REQ, and a ROUTER.
var formTypes = only("SUB", "REQ", "ROUTER")

// place is a way as a row of the table of transports. An abstract name is each case's own.
func (w wayThrough) place() *place {
	return &place{name: w.name, fresh: func() string {
		if strings.HasPrefix(w.bind, "ipc://@") {
			return fmt.Sprint(w.bind, "-", bound.Add(1))
		}
		return w.bind
	}}
}

// overWays runs a case for each way × type × bind side.
func overWays(t *testing.T, all []wayThrough, f func(s *scene)) {
	for _, w := range all {
		for _, k := range wideKinds {
			for _, weirBinds := range []bool{true, false} {
				p := pairing{kind: k, place: w.place(), weirBinds: weirBinds}
				if !formTypes(p) {
					continue
				}
				t.Run(p.String(), func(t *testing.T) {
					t.Parallel()
					s := newScene(begin(t, libzmq), t, p, setup{weir: w.weir, peer: w.peer})
					s.joinBy(w.connect)
					f(s)
				})
			}
		}
	}
}

// joinBy is join, where the side that connects has a form of its own for the endpoint; nil for none.
func (s *scene) joinBy(form func(at string) string) {
	s.Helper()
	bind, connect := s.placePeer, s.placeWeir
	if s.pair.weirBinds {
		bind, connect = connect, bind
	}
	bind()
	if form != nil {
		s.endpoint = form(s.endpoint)
	}
	connect()
	s.meet()
}

// TestEndpointFormsOfTypes moves a few messages over each form of endpoint, with other types than PUSH and PULL.
func TestEndpointFormsOfTypes(t *testing.T) {
	overWays(t, ways(), func(s *scene) { s.pair.moves.many(s, 0, 5, 20) })
}

// plainName is an endpoint without its port, or without the directory of an ipc path.
func plainName(at string) string {
	if strings.HasPrefix(at, "tcp://") {
		return at[:strings.LastIndexByte(at, ':')]
	}
	return "ipc://" + at[strings.LastIndexByte(at, '/')+1:]
}

// weirBinds has Weir bind and receive, and returns what it bound.
func weirBinds(ctx context.Context, t *testing.T, rt *socket.Runtime, w wayThrough) string {
	t.Helper()
	pull, err := socket.NewPull(rt, w.weir...)
	require.NoError(t, err)
	_, err = pull.Bind(ctx, w.bind)
	require.NoError(t, err)
	p := startPeer(ctx, t, libzmq, "PUSH", w.peer...)
	p.do(ctx, "connect", w.connect(pull.LastEndpoint()))
	p.do(ctx, "send", waitMS, plain("hello"))
	m, err := pull.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "hello", m.String())
	at := pull.LastEndpoint()
	require.NoError(t, pull.Close(ctx))
	return at
}

// peerBinds has libzmq bind and receive, and returns what it bound.
func peerBinds(ctx context.Context, t *testing.T, rt *socket.Runtime, w wayThrough) string {
	t.Helper()
	p := startPeer(ctx, t, libzmq, "PULL", w.peer...)
	at := p.do(ctx, "bind", w.bind)
	push, err := socket.NewPush(rt, w.weir...)
	require.NoError(t, err)
	_, err = push.Connect(ctx, w.connect(at))
	require.NoError(t, err)
	require.NoError(t, push.Send(ctx, socket.NewMessage("hello")))
	require.Equal(t, plain("hello"), p.do(ctx, "recv", waitMS))
	require.NoError(t, push.Close(ctx))
	return at
}

// TestSocks goes through one proxy both ways round.
func TestSocks(t *testing.T) {
	ctx := begin(t, libzmq)
	server := transporttest.NewSOCKS(t, transporttest.SOCKS{Names: map[string]string{"some-host.invalid": "127.0.0.1"}})
	rt, _ := newRuntime(t)
	byName := func(at string) string { return strings.Replace(at, "127.0.0.1", "some-host.invalid", 1) }
	weirBinds(ctx, t, rt, wayThrough{bind: "tcp://127.0.0.1:*", connect: byName, peer: []string{"socks=" + server.Address}})
	theirs := <-server.Requests
	peerBinds(ctx, t, rt, wayThrough{bind: "tcp://127.0.0.1:*", connect: byName, weir: []socket.Option{socket.SocksProxy(server.Address)}})
	ours := <-server.Requests
	require.Equal(t, byte(transporttest.SOCKSName), ours.Kind)
	require.Equal(t, ours.Kind, theirs.Kind)
	require.Equal(t, ours.Host, theirs.Host)
}

// TestSocksOfTypes goes through one proxy with other types than PUSH and PULL.
func TestSocksOfTypes(t *testing.T) {
	server := transporttest.NewSOCKS(t, transporttest.SOCKS{Names: map[string]string{"some-host.invalid": "127.0.0.1"}})
	through := wayThrough{
		name: "socks", bind: "tcp://127.0.0.1:*", weir: []socket.Option{socket.SocksProxy(server.Address)}, peer: []string{"socks=" + server.Address},
		connect: func(at string) string { return strings.Replace(at, "127.0.0.1", "some-host.invalid", 1) },
	}
	overWays(t, []wayThrough{through}, func(s *scene) {
		s.pair.moves.many(s, 0, 5, 20)
		require.Equal(s, byte(transporttest.SOCKSName), (<-server.Requests).Kind)
	})
}

// TestSocksPassword goes through one proxy that wants a user and a password, both ways round; with a wrong one neither side gets through.
func TestSocksPassword(t *testing.T) {
	ctx := begin(t, libzmq)
	proxy := func() *transporttest.SOCKSServer {
		return transporttest.NewSOCKS(t, transporttest.SOCKS{User: "joe", Password: "secret"})
	}
	ours := func(at, password string) []socket.Option {
		return []socket.Option{socket.SocksProxy(at), socket.SocksUsername("joe"), socket.SocksPassword(password)}
	}
	theirs := func(at, password string) []string {
		return []string{"socks=" + at, "socks_username=joe", "socks_password=" + password, peerReconnectIn}
	}
	same := func(at string) string { return at }
	server := proxy()
	rt, events := newRuntime(t)
	weirBinds(ctx, t, rt, wayThrough{bind: "tcp://127.0.0.1:*", connect: same, peer: theirs(server.Address, "secret")})
	require.Equal(t, "joe", (<-server.Requests).User)
	server = proxy()
	peerBinds(ctx, t, rt, wayThrough{bind: "tcp://127.0.0.1:*", connect: same, weir: ours(server.Address, "secret")})
	require.Equal(t, "joe", (<-server.Requests).User)

	server = proxy()
	push, err := socket.NewPush(rt, ours(server.Address, "guess")...)
	require.NoError(t, err)
	_, err = push.Connect(ctx, "tcp://127.0.0.1:9")
	require.NoError(t, err)
	require.ErrorIs(t, events.waitKind(ctx, t, 1, socket.EventConnectFailed).Err, socket.ErrProxy)
	p := startPeer(ctx, t, libzmq, "PUSH", theirs(server.Address, "guess")...)
	p.do(ctx, "connect", "tcp://127.0.0.1:9")
	p.do(ctx, "wait", "RETRIED", 2, waitMS)
	require.Empty(t, server.Requests)
}

// TestAcceptFilters has Weir turn libzmq away, and libzmq Weir: neither gets as far as a handshake, and both try again.
func TestAcceptFilters(t *testing.T) {
	overTable(t, only("PUSH", "PULL", "SUB", "REQ", "DEALER").tcp(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{
			weir: []socket.Option{socket.Linger(0), socket.TCPAcceptFilter("10.0.0.0/8")}, peer: []string{"filter=10.0.0.0/8"},
		})
		if p.weirBinds {
			s.placeWeir()
			s.placePeer()
			for n := range 3 {
				e := s.events.waitKind(s.ctx, t, n+1, socket.EventRefused)
				require.ErrorIs(t, e.Err, socket.ErrNotAdmitted)
				require.True(t, strings.HasPrefix(e.Peer, "127."))
			}
		} else {
			s.placePeer()
			s.placeWeir()
			s.events.waitKind(s.ctx, t, 3, socket.EventHandshakeFailed)
		}
		require.Empty(t, s.events.of(socket.EventHandshakeSucceeded))
	})
}
