package socket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// A gate is a bound PULL and a connecting PUSH whose handshake has something to do with security, and the events of both.
type gate struct {
	t      *testing.T
	rt     *socket.Runtime
	pull   *socket.Pull
	push   *socket.Push
	ctx    context.Context
	events chan socket.Event
	seen   []socket.Event // and not returned by next
}

// newGate makes both sockets. auth may be nil.
func newGate(t *testing.T, auth socket.Authenticator, server, client []socket.Option) *gate {
	t.Helper()
	g := &gate{t: t, ctx: within(t), events: make(chan socket.Event, 4096)}
	opts := []socket.RuntimeOption{socket.WithEvents(func(e socket.Event) { g.events <- e })}
	if auth != nil {
		opts = append(opts, socket.WithAuthenticator(auth))
	}
	g.rt = newRuntime(t, opts...)
	g.pull = newPull(t, g.rt, server...)
	g.push = newPush(t, g.rt, append(client, socket.ReconnectInterval(10*time.Millisecond))...)
	return g
}

// meets binds and connects.
func (g *gate) meets() {
	g.t.Helper()
	connect(g.t, g.push, bind(g.t, g.pull, "tcp://127.0.0.1:*").String())
}

// wantLetIn wants a message to get through.
func (g *gate) wantLetIn() {
	g.t.Helper()
	g.meets()
	require.NoError(g.t, g.push.Send(within(g.t), number(1)))
	receive(g.t, g.pull, 1, 1)
}

// next is the next event of a kind, of one of the two sockets. The others stay for later calls.
func (g *gate) next(of fmt.Stringer, kind socket.EventKind) socket.Event {
	g.t.Helper()
	is := func(e socket.Event) bool { return e.Kind == kind && e.Socket == of.String() }
	for {
		if i := slices.IndexFunc(g.seen, is); i >= 0 {
			e := g.seen[i]
			g.seen = slices.Delete(g.seen, i, i+1)
			return e
		}
		select {
		case e := <-g.events:
			g.seen = append(g.seen, e)
		case <-g.ctx.Done():
			require.Fail(g.t, "no such event", "%s %s, but %v", of, kind, g.seen)
		}
	}
}

// nobodyElse is an authenticator that knows joe alone, whose password is secret.
var nobodyElse = socket.AuthenticatorFunc(func(_ context.Context, r socket.AuthRequest) (socket.AuthReply, error) {
	if r.Username() == "joe" && r.Password() == "secret" {
		return socket.Allow("joe"), nil
	}
	return socket.Deny("who are you?"), nil
})

// plainClient are a PLAIN client's options.
func plainClient(name, password string) []socket.Option {
	return []socket.Option{socket.PlainUsername(name), socket.PlainPassword(password)}
}

// plainServer are a PLAIN server's.
var plainServer = []socket.Option{socket.PlainServer(true)}

// TestPlain lets one in and turns another away, who is told so and does not come back.
func TestPlain(t *testing.T) {
	newGate(t, nobodyElse, plainServer, plainClient("joe", "secret")).wantLetIn()

	g := newGate(t, nobodyElse, plainServer, plainClient("joe", "guess"))
	g.meets()
	server := g.next(g.pull, socket.EventHandshakeFailed)
	var refusal *socket.AuthError
	require.ErrorAs(t, server.Err, &refusal)
	require.Equal(t, socket.AuthRefused, refusal.Status)
	require.Contains(t, server.Err.Error(), "who are you?")
	ended := g.next(g.push, socket.EventEnded)
	refusal = nil
	require.ErrorAs(t, ended.Err, &refusal)
	require.Equal(t, socket.AuthRefused, refusal.Status)
	require.NotNil(t, refusal.Peer)
	require.Equal(t, uint64(1), ended.Attempt, "it has not tried again")
}

// TestUserID checks that a message says who sent it: what the authenticator made of the peer.
func TestUserID(t *testing.T) {
	auth := socket.AuthenticatorFunc(func(context.Context, socket.AuthRequest) (socket.AuthReply, error) {
		return socket.AuthReply{Status: socket.AuthOK, UserID: "joe", Metadata: wire.Metadata{{Name: "X-Role", Value: "admin"}}}, nil
	})
	g := newGate(t, auth, plainServer, plainClient("joe", "secret"))
	g.meets()
	require.NoError(t, g.push.Send(within(t), number(1)))
	m, err := g.pull.Recv(within(t))
	require.NoError(t, err)
	for name, want := range map[string]string{"User-Id": "joe", "X-Role": "admin", "Socket-Type": "PUSH", "Peer-Address": "127.0.0.1"} {
		got, _ := m.Property(name)
		require.Equal(t, want, got, name)
	}
}

// TestSecurityMismatch brings sockets together whose mechanisms or roles do not fit.
func TestSecurityMismatch(t *testing.T) {
	curve, curveClient := curveSides(t)
	for name, c := range map[string]struct {
		server, client []socket.Option
		code           wire.Code // for the socket that finds out first
	}{
		"NULL client":           {plainServer, nil, wire.CodeMechanismMismatch},
		"PLAIN client":          {nil, plainClient("joe", "secret"), wire.CodeMechanismMismatch},
		"NULL client at CURVE":  {curve, nil, wire.CodeMechanismMismatch},
		"PLAIN client at CURVE": {curve, plainClient("joe", "secret"), wire.CodeMechanismMismatch},
		"CURVE client at NULL":  {nil, curveClient, wire.CodeMechanismMismatch},
		"CURVE client at PLAIN": {plainServer, curveClient, wire.CodeMechanismMismatch},
		"two clients":           {plainClient("joe", "secret"), plainClient("joe", "secret"), wire.CodeUnexpectedCommand},
	} {
		g := newGate(t, nobodyElse, c.server, c.client)
		g.meets()
		var fault *socket.ProtocolError
		for fault == nil {
			e := <-g.events
			require.NotEqual(t, socket.EventHandshakeSucceeded, e.Kind, name)
			if e.Kind == socket.EventHandshakeFailed {
				errors.As(e.Err, &fault)
			}
		}
		require.Equal(t, c.code, fault.Code, name)
	}
	g := newGate(t, nobodyElse, append(plainServer, socket.HandshakeInterval(50*time.Millisecond)), plainServer)
	g.meets()
	require.ErrorIs(t, g.next(g.pull, socket.EventHandshakeFailed).Err, socket.ErrHandshakeTimeout, "two servers wait for each other")
}

// TestAuthenticatorAnswers checks what becomes of a peer with each answer that there is, and of one that should not be given.
func TestAuthenticatorAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer func() (socket.AuthReply, error)
		want   wire.Status
	}{
		"later":         {func() (socket.AuthReply, error) { return socket.AuthReply{Status: socket.AuthLater}, nil }, socket.AuthLater},
		"refused":       {func() (socket.AuthReply, error) { return socket.Deny("no"), nil }, socket.AuthRefused},
		"internal":      {func() (socket.AuthReply, error) { return socket.AuthReply{Status: socket.AuthInternal}, nil }, socket.AuthInternal},
		"nothing":       {func() (socket.AuthReply, error) { return socket.AuthReply{}, nil }, socket.AuthInternal},
		"error":         {func() (socket.AuthReply, error) { return socket.Allow("joe"), io.ErrNoProgress }, socket.AuthInternal},
		"panic":         {func() (socket.AuthReply, error) { panic("made to fail") }, socket.AuthInternal},
		"bad metadatum": {func() (socket.AuthReply, error) { return badMetadata, nil }, socket.AuthInternal},
	} {
		auth := socket.AuthenticatorFunc(func(context.Context, socket.AuthRequest) (socket.AuthReply, error) { return c.answer() })
		g := newGate(t, auth, plainServer, plainClient("joe", "secret"))
		g.meets()
		var refusal *socket.AuthError
		require.ErrorAs(t, g.next(g.pull, socket.EventHandshakeFailed).Err, &refusal, name)
		require.Equal(t, c.want, refusal.Status, name)
		if c.want == socket.AuthLater {
			g.next(g.pull, socket.EventHandshakeFailed) // it has come back
			continue
		}
		require.Equal(t, uint64(1), g.next(g.push, socket.EventEnded).Attempt, name)
	}
}

// badMetadata cannot be put on a wire.
var badMetadata = socket.AuthReply{Status: socket.AuthOK, Metadata: wire.Metadata{{Name: "no such name", Value: ""}}}

// TestAuthRequest checks what an authenticator is told.
func TestAuthRequest(t *testing.T) {
	asked := make(chan socket.AuthRequest, 1)
	auth := socket.AuthenticatorFunc(func(_ context.Context, r socket.AuthRequest) (socket.AuthReply, error) {
		asked <- r
		return socket.Allow(""), nil
	})
	server := []socket.Option{socket.PlainServer(true), socket.ZapDomain("global"), socket.RoutingID("me")}
	newGate(t, auth, server, plainClient("joe", "secret")).wantLetIn()
	require.Equal(t, socket.AuthRequest{
		Domain: "global", Address: "127.0.0.1", RoutingID: "me", Mechanism: "PLAIN", Credentials: [][]byte{[]byte("joe"), []byte("secret")},
	}, <-asked)

	g := newGate(t, auth, []socket.Option{socket.ZapDomain("global")}, nil)
	connect(t, g.push, bind(t, g.pull, "ipc://*").String())
	r := <-asked
	require.Equal(t, "NULL", r.Mechanism)
	require.Empty(t, r.Credentials)
	require.Empty(t, r.Username()+r.Password())
	if r.Address != "" { // elsewhere the system does not tell
		require.True(t, strings.HasPrefix(r.Address, "localhost:"), r.Address)
	}
}

// TestAuthenticatorTakesItsTime has an authenticator keep one peer waiting, for ever, while others come and go.
func TestAuthenticatorTakesItsTime(t *testing.T) {
	asked, returned := make(chan struct{}), make(chan error, 1)
	auth := socket.AuthenticatorFunc(func(ctx context.Context, r socket.AuthRequest) (socket.AuthReply, error) {
		if r.Username() == "slow" {
			close(asked)
			<-ctx.Done()
			returned <- ctx.Err()
			return socket.AuthReply{}, ctx.Err()
		}
		return socket.Allow(r.Username()), nil
	})
	g := newGate(t, auth, append(plainServer, socket.HandshakeInterval(time.Minute)), plainClient("joe", "secret"))
	ep := bind(t, g.pull, "tcp://127.0.0.1:*").String()
	slow := newPush(t, g.rt, plainClient("slow", "secret")...)
	connect(t, slow, ep)
	<-asked
	connect(t, g.push, ep)
	require.NoError(t, g.push.WaitPeers(within(t), 1))
	require.NoError(t, slow.Close(within(t)))
	require.ErrorIs(t, <-returned, context.Canceled, "nobody waits for the answer any more")
	require.ErrorIs(t, g.next(g.pull, socket.EventHandshakeFailed).Err, io.ErrUnexpectedEOF)
}

// TestAuthenticatorNeverAnswers checks that the handshake's time ends it.
func TestAuthenticatorNeverAnswers(t *testing.T) {
	auth := socket.AuthenticatorFunc(func(ctx context.Context, _ socket.AuthRequest) (socket.AuthReply, error) {
		<-ctx.Done()
		return socket.AuthReply{}, ctx.Err()
	})
	g := newGate(t, auth, append(plainServer, socket.HandshakeInterval(20*time.Millisecond)), plainClient("joe", "secret"))
	g.meets()
	require.ErrorIs(t, g.next(g.pull, socket.EventHandshakeFailed).Err, socket.ErrHandshakeTimeout)
}

// TestAuthenticatorIgnoresItsContext checks that Shutdown returns all the same, and says what is left.
func TestAuthenticatorIgnoresItsContext(t *testing.T) {
	asked, let := make(chan struct{}), make(chan struct{})
	defer close(let)
	auth := socket.AuthenticatorFunc(func(context.Context, socket.AuthRequest) (socket.AuthReply, error) {
		close(asked)
		<-let
		return socket.AuthReply{}, nil
	})
	rt, err := socket.NewRuntime(socket.WithAuthenticator(auth), socket.ShutdownGrace(10*time.Millisecond))
	require.NoError(t, err)
	pull := newPull(t, rt, plainServer...)
	connect(t, newPush(t, rt, plainClient("joe", "secret")...), bind(t, pull, "tcp://127.0.0.1:*").String())
	<-asked
	require.ErrorContains(t, rt.Shutdown(within(t)), "authenticator")
}

// TestSecurityOptions checks ranges, and which choice of a mechanism counts.
func TestSecurityOptions(t *testing.T) {
	rt := newRuntime(t)
	long, zeros := strings.Repeat("x", 256), string(make([]byte, 32))
	server, client := curveSides(t)
	foreign, _, err := socket.NewCurveKeypair()
	require.NoError(t, err)
	for name, opts := range map[string][]socket.Option{
		"empty user name":   {socket.PlainUsername("")},
		"long user name":    {socket.PlainUsername(long)},
		"empty password":    {socket.PlainPassword("")},
		"long password":     {socket.PlainPassword(long)},
		"empty domain":      {socket.ZapDomain("")},
		"long domain":       {socket.ZapDomain(long)},
		"PLAIN, no domain":  {socket.PlainServer(true), socket.ZapEnforceDomain(true)},
		"no domain, PLAIN":  {socket.ZapEnforceDomain(true), socket.PlainServer(true)},
		"one wrong of many": {socket.PlainServer(true), socket.PlainUsername("")},

		"CURVE server, no secret":        {socket.CurveServer(true)},
		"CURVE server, foreign public":   append(slices.Clone(server), socket.CurvePublicKey(foreign.String())),
		"CURVE client, no secret":        {socket.CurveServerKey(foreign.String())},
		"CURVE client, public key alone": {socket.CurveServerKey(foreign.String()), socket.CurvePublicKey(foreign.String())},
		"CURVE client, no server key":    client[:1],
		"CURVE client, foreign public":   append(slices.Clone(client), socket.CurvePublicKey(foreign.String())),
		"CURVE, a secret of zeros":       {socket.CurveServer(true), socket.CurveSecretKey(zeros)},
		"CURVE, a public key of zeros":   append(slices.Clone(client), socket.CurvePublicKey(zeros)),
		"CURVE, a server's key of zeros": {client[0], socket.CurveServerKey(zeros)},
		"CURVE, zeros in Z85":            {socket.CurveServer(true), socket.CurveSecretKey(strings.Repeat("0", 40))},
	} {
		_, err := socket.NewPush(rt, opts...)
		require.ErrorIs(t, err, socket.ErrBadOption, name)
		require.NotContains(t, err.Error(), "xxx xxx", name)
	}
	_, err = socket.NewRuntime(socket.WithAuthenticator(nil))
	require.ErrorIs(t, err, socket.ErrBadOption)
	for _, c := range []struct {
		want string
		opts []socket.Option
	}{
		{"NULL", nil},
		{"NULL", []socket.Option{socket.ZapDomain("d"), socket.ZapEnforceDomain(true)}},
		{"PLAIN", []socket.Option{socket.PlainServer(true)}},
		{"NULL", []socket.Option{socket.PlainServer(true), socket.PlainServer(false)}},
		{"PLAIN", []socket.Option{socket.PlainUsername("u")}},
		{"PLAIN", []socket.Option{socket.PlainPassword("p")}},
		{"PLAIN", []socket.Option{socket.PlainServer(false), socket.PlainPassword("p")}},
		{"NULL", []socket.Option{socket.PlainPassword("p"), socket.PlainServer(false)}},
	} {
		require.Equal(t, c.want, newPush(t, rt, c.opts...).Settings().Mechanism)
	}
}

// TestInprocHasNoMechanism joins sockets that would not come together over a network.
func TestInprocHasNoMechanism(t *testing.T) {
	g := newGate(t, nobodyElse, plainServer, nil)
	join(t, inprocName(t), g.pull, g.push)
}

// curveSides are the options of the two sides of CURVE.
func curveSides(t *testing.T) (server, client []socket.Option) {
	t.Helper()
	serverPublic, serverSecret, err := socket.NewCurveKeypair()
	require.NoError(t, err)
	_, clientSecret, err := socket.NewCurveKeypair()
	require.NoError(t, err)
	server = []socket.Option{socket.CurveServer(true), socket.CurveSecretKey(serverSecret.String())}
	client = []socket.Option{socket.CurveSecretKey(string(clientSecret[:])), socket.CurveServerKey(serverPublic.String())}
	return server, client
}

// TestCurve moves messages of many sizes, and a wrong server key gets nobody in but does not end the endpoint.
func TestCurve(t *testing.T) {
	server, client := curveSides(t)
	g := newGate(t, nil, server, client)
	g.meets()
	for _, size := range []int{0, 1, 222, 223, 255, 256, 2000, 2014, 2015, 2048, 4096, 60000, 65536, 1 << 20} {
		want := socket.NewMessage(strings.Repeat("a", size), strings.Repeat("b", size+1))
		require.NoError(t, g.push.Send(within(t), want))
		m, err := g.pull.Recv(within(t))
		require.NoError(t, err)
		require.Equal(t, 2, m.Len())
		require.Equal(t, want.String(), m.String())
	}
	_, stranger := curveSides(t)
	g = newGate(t, nil, server, stranger)
	g.meets()
	fault, ok := errors.AsType[*socket.ProtocolError](g.next(g.pull, socket.EventHandshakeFailed).Err)
	require.True(t, ok)
	require.Equal(t, wire.CodeCryptographic, fault.Code)
	g.next(g.push, socket.EventRetried)
}

// TestCurveUserKey checks that an authenticator sees a client's key.
func TestCurveUserKey(t *testing.T) {
	keys := make(chan socket.CurveKey, 1)
	auth := socket.AuthenticatorFunc(func(_ context.Context, r socket.AuthRequest) (socket.AuthReply, error) {
		keys <- r.PublicKey()
		return socket.Allow("joe"), nil
	})
	server, client := curveSides(t)
	g := newGate(t, auth, server, client)
	g.wantLetIn()
	require.Equal(t, g.push.Settings().CurvePublic, <-keys)
}

// TestCurveSubscriptions checks that subscriptions travel inside.
func TestCurveSubscriptions(t *testing.T) {
	server, client := curveSides(t)
	rt := newRuntime(t)
	pub, sub := newPub(t, rt, server...), newSub(t, rt, []string{"a"}, client...)
	join(t, "tcp://127.0.0.1:*", pub, sub)
	require.NoError(t, pub.WaitSubscribers(within(t), 1))
	require.NoError(t, pub.Send(within(t), socket.NewMessage("b")))
	require.NoError(t, pub.Send(within(t), socket.NewMessage("a")))
	m, err := sub.Recv(within(t))
	require.NoError(t, err)
	require.Equal(t, "a", m.String())
}

// TestSecurityWithoutHandshake refuses endpoints over which nobody would see to what a socket's options ask for.
func TestSecurityWithoutHandshake(t *testing.T) {
	rt := newRuntime(t)
	_, secret, err := socket.NewCurveKeypair()
	require.NoError(t, err)
	for name, opts := range map[string][]socket.Option{
		"PLAIN":     plainServer,
		"CURVE":     {socket.CurveServer(true), socket.CurveSecretKey(secret.String())},
		"ZapDomain": {socket.ZapDomain("global")},
	} {
		stream, err := socket.NewStream(rt, opts...)
		require.NoError(t, err)
		raw := newRouter(t, rt, append(slices.Clone(opts), socket.RouterRaw(true))...)
		for where, s := range map[string]anySocket{
			"tcp://127.0.0.1:*":                 stream,
			"tcp://127.0.0.1:5555":              raw,
			"epgm://127.0.0.1;239.192.1.1:5555": newPub(t, rt, opts...),
			"pgm://127.0.0.1;239.192.1.1:5555":  newSub(t, rt, nil, opts...),
		} {
			_, err := s.Bind(within(t), where)
			require.ErrorIs(t, err, socket.ErrBadOption, "%s %s", name, where)
			require.ErrorContains(t, err, name)
			_, err = s.Connect(within(t), strings.ReplaceAll(where, "*", "5555"))
			require.ErrorIs(t, err, socket.ErrBadOption, "%s %s", name, where)
		}
	}
	stream, err := socket.NewStream(rt, socket.PlainServer(true), socket.PlainServer(false))
	require.NoError(t, err)
	bind(t, stream, "tcp://127.0.0.1:*")
}
