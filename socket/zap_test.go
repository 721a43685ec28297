package socket_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// zapEndpoint is where a ZAP handler is bound.
const zapEndpoint = "inproc://zeromq.zap.01"

// handle binds a REP as the runtime's ZAP handler, which answers each request with what reply makes of it; nil is no answer.
func handle(t *testing.T, rt *socket.Runtime, reply func(request []string) []string) {
	t.Helper()
	rep := newRep(t, rt)
	bind(t, rep, zapEndpoint)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m, err := range rep.Messages(context.Background()) {
			if err != nil {
				return
			}
			if frames := reply(text(m)); frames != nil {
				_ = rep.Send(context.Background(), socket.NewMessage(frames...)) // fails where the test is over
			}
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, rep.Close(within(t)))
		<-done
	})
}

// text is a message as strings.
func text(m socket.Message) (frames []string) {
	for _, f := range m.All() {
		frames = append(frames, string(f))
	}
	return frames
}

// says makes a reply of a status.
func says(status string) func([]string) []string {
	return func(r []string) []string { return []string{r[0], r[1], status, "text", "joe", ""} }
}

// TestZapTable goes through who is asked, and what becomes of a peer where nobody is there to be asked.
func TestZapTable(t *testing.T) {
	for _, c := range []struct {
		mechanism       string
		domain, enforce bool
		asked           bool  // the handler, where there is one
		alone           error // where there is none; nil lets the peer in
	}{
		{"NULL", false, false, false, nil},
		{"NULL", false, true, false, nil},
		{"NULL", true, false, true, nil},
		{"NULL", true, true, true, socket.ErrNoAuthenticator},
		{"PLAIN", false, false, true, socket.ErrNoAuthenticator},
		{"PLAIN", true, false, true, socket.ErrNoAuthenticator},
		{"PLAIN", true, true, true, socket.ErrNoAuthenticator},
		{"CURVE", false, false, true, nil},
		{"CURVE", true, false, true, nil},
		{"CURVE", true, true, true, socket.ErrNoAuthenticator},
		{"CURVE", false, true, false, nil},
	} { // and PLAIN without a domain, enforced, is no socket at all: see TestSecurityOptions
		for _, handled := range []bool{false, true} {
			server, client := sides(t, c.mechanism)
			if c.domain {
				server = append(server, socket.ZapDomain("test"))
			}
			server = append(server, socket.ZapEnforceDomain(c.enforce))
			g := newGate(t, nil, server, client)
			asked := make(chan []string, 1)
			if handled {
				handle(t, g.rt, func(r []string) []string {
					asked <- r
					return says("200")(r)
				})
			}
			if !handled && c.alone != nil {
				g.meets()
				require.ErrorIs(t, g.next(g.pull, socket.EventHandshakeFailed).Err, c.alone, "%+v", c)
				continue
			}
			g.wantLetIn()
			require.Equal(t, handled && c.asked, len(asked) > 0, "%+v", c)
		}
	}
}

// sides are the options of the two sides of a mechanism.
func sides(t *testing.T, mechanism string) (server, client []socket.Option) {
	t.Helper()
	switch mechanism {
	case "PLAIN":
		return slices.Clone(plainServer), plainClient("joe", "secret")
	case "CURVE":
		return curveSides(t)
	}
	return nil, nil
}

// TestZapRequest checks the frames of a request, as a REP and as a ROUTER receive them.
func TestZapRequest(t *testing.T) {
	server := []socket.Option{socket.PlainServer(true), socket.ZapDomain("global"), socket.RoutingID("me")}
	want := []string{"1.0", "1", "global", "127.0.0.1", "me", "PLAIN", "joe", "secret"}
	g := newGate(t, nil, server, plainClient("joe", "secret"))
	asked := make(chan []string, 1)
	handle(t, g.rt, func(r []string) []string {
		asked <- r
		return says("200")(r)
	})
	g.wantLetIn()
	require.Equal(t, want, <-asked)

	curved, client := curveSides(t)
	g = newGate(t, nil, append(curved, socket.ZapDomain("global")), client)
	handle(t, g.rt, func(r []string) []string {
		asked <- r
		return says("200")(r)
	})
	g.wantLetIn()
	key := g.push.Settings().CurvePublic
	require.Equal(t, []string{"1.0", "1", "global", "127.0.0.1", "", "CURVE", string(key[:])}, <-asked)

	g = newGate(t, nil, server, plainClient("joe", "secret"))
	router := newRouter(t, g.rt)
	bind(t, router, zapEndpoint)
	g.meets()
	m, err := router.Recv(within(t))
	require.NoError(t, err)
	require.Equal(t, append([]string{""}, want...), text(m.Tail(1)))
	require.NoError(t, router.Send(within(t), socket.NewMessage("", "1.0", "1", "200", "", "", "").Prepend(m.Frame(0))))
	require.NoError(t, g.push.WaitPeers(within(t), 1))
}

// TestZapNull asks on both sides of a NULL connection, the connecting one too.
func TestZapNull(t *testing.T) {
	domain := []socket.Option{socket.ZapDomain("test")}
	g := newGate(t, nil, domain, domain)
	asked := make(chan []string, 2)
	handle(t, g.rt, func(r []string) []string {
		asked <- r
		return says("200")(r)
	})
	g.wantLetIn()
	for range 2 {
		require.Equal(t, []string{"1.0", "1", "test", "127.0.0.1", "", "NULL"}, <-asked)
	}
}

// TestZapOldPeer wants a peer that speaks ZMTP 1.0, which has no security, to be turned away where somebody must be asked, though such peers are allowed:
// what it says is received by nobody. (libzmq: test_security_null, test_security_plain, test_vanilla_socket)
func TestZapOldPeer(t *testing.T) {
	for name, opts := range map[string][]socket.Option{"NULL": {socket.ZapDomain("test")}, "PLAIN": plainServer} {
		g := newGate(t, nil, append(slices.Clone(opts), socket.ZMTP1(true)), nil)
		handle(t, g.rt, says("200"))
		conn := dialTCP(t, bind(t, g.pull, "tcp://127.0.0.1:*").String())
		_, err := conn.Write([]byte("\x01\x00\x08\x00sneaky\x00"))
		require.NoError(t, err)
		require.ErrorAs(t, g.next(g.pull, socket.EventHandshakeFailed).Err, new(*socket.ProtocolError), name)
		wantClosed(t, conn)
		wantEmpty(t, g.pull)
	}
}

// TestZapReplies checks what becomes of a peer with each status, and with each fault of a reply.
func TestZapReplies(t *testing.T) {
	for name, c := range map[string]struct {
		reply  func([]string) []string
		status wire.Status
		code   wire.Code
	}{
		"300":              {reply: says("300"), status: 300},
		"400":              {reply: says("400"), status: 400},
		"500":              {reply: says("500"), status: 500},
		"status 999":       {reply: says("999"), code: wire.CodeZAPInvalidStatus},
		"status 20":        {reply: says("20"), code: wire.CodeZAPInvalidStatus},
		"no status":        {reply: says(""), code: wire.CodeZAPInvalidStatus},
		"version":          {reply: altered(0, "1.1"), code: wire.CodeZAPBadVersion},
		"request id":       {reply: altered(1, "2"), code: wire.CodeZAPBadRequestID},
		"metadata":         {reply: altered(5, "\x01"), code: wire.CodeZAPInvalidMetadata},
		"one frame less":   {reply: func(r []string) []string { return says("200")(r)[:5] }, code: wire.CodeZAPMalformedReply},
		"one frame beyond": {reply: func(r []string) []string { return append(says("200")(r), "") }, code: wire.CodeZAPMalformedReply},
	} {
		for _, mechanism := range []string{"NULL", "PLAIN", "CURVE"} {
			server, client := sides(t, mechanism)
			g := newGate(t, nil, append(server, socket.ZapDomain("test")), client)
			handle(t, g.rt, c.reply)
			g.meets()
			err := g.next(g.pull, socket.EventHandshakeFailed).Err
			if c.status != 0 {
				refusal, ok := errors.AsType[*socket.AuthError](err)
				require.True(t, ok, "%s %s: %v", name, mechanism, err)
				require.Equal(t, c.status, refusal.Status)
			} else {
				fault, ok := errors.AsType[*socket.ProtocolError](err)
				require.True(t, ok, "%s %s: %v", name, mechanism, err)
				require.Equal(t, c.code, fault.Code, "%s %s", name, mechanism)
			}
			if c.status > 300 {
				require.Equal(t, uint64(1), g.next(g.push, socket.EventEnded).Attempt)
			} else {
				g.next(g.push, socket.EventRetried)
			}
		}
	}
}

// altered makes a reply with one frame replaced.
func altered(i int, frame string) func([]string) []string {
	return func(r []string) []string {
		reply := says("200")(r)
		reply[i] = frame
		return reply
	}
}

// TestZapSilence has handlers that do not answer: one that does not receive, one that does not send, one that goes, and one of a type that cannot.
func TestZapSilence(t *testing.T) {
	for name, start := range map[string]func(g *gate){
		"does not receive": func(g *gate) { bind(g.t, newRep(g.t, g.rt), zapEndpoint) },
		"does not send":    func(g *gate) { handle(g.t, g.rt, func([]string) []string { return nil }) },
		"goes": func(g *gate) {
			rep := newRep(g.t, g.rt)
			bind(g.t, rep, zapEndpoint)
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				_, _ = rep.Recv(context.Background())
				_ = rep.Close(context.Background())
			}()
			g.t.Cleanup(func() { <-closed })
		},
	} {
		g := newGate(t, nil, append(slices.Clone(plainServer), socket.HandshakeInterval(50*time.Millisecond)), plainClient("joe", "secret"))
		start(g)
		g.meets()
		require.ErrorIs(t, g.next(g.pull, socket.EventHandshakeFailed).Err, socket.ErrHandshakeTimeout, name)
	}
	g := newGate(t, nil, []socket.Option{socket.ZapDomain("test")}, nil)
	bind(t, newPull(t, g.rt), zapEndpoint)
	g.meets()
	require.ErrorIs(t, g.next(g.pull, socket.EventHandshakeFailed).Err, socket.ErrIncompatible, "no handler, and nobody is let in")
}

// TestZapNobodyHearsOfIt checks that the sockets which ask leave no trace.
func TestZapNobodyHearsOfIt(t *testing.T) {
	var all, handler []string
	seen := make(chan socket.Event, 4096)
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) { seen <- e }))
	handle(t, rt, says("200"))
	pull, push := newPull(t, rt, plainServer...), newPush(t, rt, plainClient("joe", "secret")...)
	join(t, "tcp://127.0.0.1:*", pull, push)
	require.NoError(t, push.Close(within(t)))
	require.NoError(t, pull.Close(within(t)))
	for len(seen) > 0 {
		e := <-seen
		if !slices.Contains(all, e.Socket) {
			all = append(all, e.Socket)
		}
		if e.Socket == "1-rep" {
			handler = append(handler, e.Kind.String())
		}
	}
	slices.Sort(all)
	require.Equal(t, []string{"1-rep", pull.String(), push.String()}, all)
	require.Equal(t, []string{"listening"}, handler, "nor of their coming and going")
}

// TestZapBesideTheApplication lets a peer in though the application may have no more sockets, and though what it wants of its own would make of each
// question one that is not waited for, or that waits for the one before.
func TestZapBesideTheApplication(t *testing.T) {
	rt := newRuntime(t, socket.MaxSockets(4), socket.Defaults(socket.SendTimeout(0), socket.RecvTimeout(0), socket.RoutingID("me")))
	router := newRouter(t, rt, socket.RecvTimeout(-1))
	bind(t, router, zapEndpoint)
	pull := newPull(t, rt, plainServer...)
	where := bind(t, pull, "tcp://127.0.0.1:*").String()
	for range 2 {
		connect(t, newPush(t, rt, plainClient("joe", "secret")...), where)
	}
	_, err := socket.NewPush(rt)
	require.ErrorIs(t, err, socket.ErrTooManySockets)
	var asked []socket.Message // both are out before the first is answered
	for range 2 {
		m, err := router.Recv(within(t))
		require.NoError(t, err)
		asked = append(asked, m)
	}
	for _, m := range asked {
		require.NoError(t, router.Send(within(t), socket.NewMessage("", "1.0", "1", "200", "", "", "").Prepend(m.Frame(0))))
	}
	require.NoError(t, pull.WaitPeers(within(t), 2))
}
