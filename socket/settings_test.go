package socket_test

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// TestSettings sets every option, at the beginning or later, and reads it back.
func TestSettings(t *testing.T) {
	everybody := []socket.Option{
		socket.SendHWM(3), socket.RecvHWM(4), socket.SendHWMBytes(11), socket.RecvHWMBytes(12), socket.Linger(5), socket.ReconnectInterval(6), socket.ReconnectIntervalMax(7),
		socket.ReconnectStop(socket.StopOnRefused),
		socket.HandshakeInterval(8), socket.HeartbeatInterval(11), socket.HeartbeatTTL(200 * time.Millisecond), socket.HeartbeatTimeout(13),
		socket.MaxMsgSize(9), socket.Immediate(true), socket.Affinity(1), socket.Backlog(10), socket.IPv6(true),
		socket.RoutingID("me"), socket.Metadata("X-a", "1"), socket.ZMTP1(true),
		socket.SendBuffer(14), socket.RecvBuffer(15), socket.TCPKeepAlive(true), socket.ConnectTimeout(16),
		socket.SocksProxy("h:1"), socket.SocksUsername("u"), socket.SocksPassword("p"),
	}
	want := socket.Settings{
		SendHWM: 3, RecvHWM: 4, SendHWMBytes: 11, RecvHWMBytes: 12, Linger: 5, ReconnectInterval: 6, ReconnectIntervalMax: 7, HandshakeInterval: 8,
		ReconnectStop:     socket.StopOnRefused,
		HeartbeatInterval: 11, HeartbeatTTL: 200 * time.Millisecond, HeartbeatTimeout: 13, MaxMsgSize: 9, Immediate: true,
		Affinity: 1, Backlog: 10, IPv6: true, ZMTP1: true, RoutingID: "me", Mechanism: "NULL",
		Metadata:   map[string]string{"X-a": "1"},
		SendBuffer: 14, RecvBuffer: 15, TCPKeepAlive: true, ConnectTimeout: 16,
		SocksProxy: "h:1", SocksUsername: "u", SocksPassword: "p",
	}
	for _, c := range []struct {
		typ  string
		opts []socket.Option
		want func(*socket.Settings)
	}{
		{"PUSH", []socket.Option{socket.Conflate(true)}, func(s *socket.Settings) { s.Conflate = true }},
		{"ROUTER", []socket.Option{socket.RouterMandatory(true), socket.RouterHandover(true), socket.ProbeRouter(true)}, func(s *socket.Settings) {
			s.RouterMandatory, s.RouterHandover, s.ProbeRouter = true, true, true
		}},
		{"ROUTER", []socket.Option{socket.RouterNotify(3), socket.HelloMsg("H"), socket.DisconnectMsg("D")}, func(s *socket.Settings) {
			s.RouterNotify, s.HelloMsg, s.DisconnectMsg = socket.NotifyConnect|socket.NotifyDisconnect, "H", "D"
		}},
		{"DEALER", []socket.Option{socket.HelloMsg("H"), socket.HiccupMsg("U")}, func(s *socket.Settings) { s.HelloMsg, s.HiccupMsg = "H", "U" }},
		{"REQ", []socket.Option{socket.ReqCorrelate(true), socket.ReqRelaxed(true)}, func(s *socket.Settings) {
			s.ReqCorrelate, s.ReqRelaxed = true, true
		}},
		{"XPUB", []socket.Option{
			socket.XPubVerbose(true), socket.XPubNoDrop(true), socket.XPubManual(true), socket.XPubWelcome("hi"), socket.InvertMatching(true),
			socket.OnlyFirstSubscribe(true),
		}, func(s *socket.Settings) {
			s.XPubVerbose, s.XPubNoDrop, s.XPubManual, s.XPubWelcome, s.InvertMatching, s.OnlyFirstSubscribe = true, true, true, "hi", true, true
		}},
		{"XPUB", []socket.Option{socket.XPubVerboser(true)}, func(s *socket.Settings) { s.XPubVerboser = true }},
		{"XSUB", []socket.Option{socket.XSubVerboseUnsubscribe(true)}, func(s *socket.Settings) { s.XSubVerboseUnsubscribe = true }},
	} {
		rt := newRuntime(t)
		early, err := socket.Open(rt, c.typ, append(everybody, c.opts...)...)
		require.NoError(t, err)
		late, err := socket.Open(rt, c.typ)
		require.NoError(t, err)
		changed := want
		c.want(&changed)
		want := late.Settings() // what is not set is as it was
		for i := range reflect.TypeOf(changed).NumField() {
			if v := reflect.ValueOf(changed).Field(i); !v.IsZero() {
				reflect.ValueOf(&want).Elem().Field(i).Set(v)
			}
		}
		require.NoError(t, late.Set(within(t), append(everybody, c.opts...)...))
		require.Equal(t, want, early.Settings())
		require.Equal(t, want, late.Settings())
	}
}

// TestSettingsByDefault wants libzmq's defaults. (libzmq: test_ctx_options, zmq_getsockopt)
func TestSettingsByDefault(t *testing.T) {
	rt := newRuntime(t)
	for _, row := range socket.Rows() {
		s, err := socket.Open(rt, row.Name)
		require.NoError(t, err)
		want := socket.Settings{
			Type: row.Name, SendHWM: 1000, RecvHWM: 1000, SendHWMBytes: -1, RecvHWMBytes: -1, Linger: -1, ReconnectInterval: 100 * time.Millisecond, HandshakeInterval: 30 * time.Second,
			Mechanism: "NULL", MaxMsgSize: -1, Backlog: 100, SendBuffer: -1, RecvBuffer: -1, StreamNotify: row.Name == "STREAM",
		}
		if row.Subscriber {
			want.Linger = 0
		}
		got := s.Settings()
		for _, f := range reflect.VisibleFields(reflect.TypeOf(want)) {
			if w := reflect.ValueOf(want).FieldByIndex(f.Index); !w.IsZero() {
				require.Equal(t, w.Interface(), reflect.ValueOf(got).FieldByIndex(f.Index).Interface(), "%s of %s", f.Name, row.Name)
			}
		}
	}
}

// TestSetIsAllOrNone wants nothing to change where one option is refused, and a closed socket to refuse all.
func TestSetIsAllOrNone(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push := newPush(t, rt)
	before := push.Settings()
	require.ErrorIs(t, push.Set(ctx, socket.SendHWM(1), socket.Linger(0), socket.RecvHWM(-1)), socket.ErrBadOption)
	require.ErrorIs(t, push.Set(ctx, socket.SendHWM(1), socket.RouterMandatory(true)), socket.ErrBadOption)
	require.Equal(t, before, push.Settings())
	require.NoError(t, push.Set(ctx))
	require.Equal(t, before, push.Settings())
	require.NoError(t, push.Close(ctx))
	require.ErrorIs(t, push.Set(ctx, socket.SendHWM(1)), socket.ErrClosed)
}

// TestSetLinger changes linger on a socket that has something to send: closing goes by the new one.
func TestSetLinger(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push := newPush(t, rt)
	eps := []string{nobody(t), nobody(t)}
	first := connect(t, push, eps[0])
	connect(t, push, eps[1])
	require.Equal(t, 6, fill(t, push, 6))
	require.NoError(t, push.Set(ctx, socket.Linger(0)))
	require.Equal(t, map[string]int{eps[0]: 3}, unsent(t, first.Close(ctx)))
	require.Equal(t, map[string]int{eps[1]: 3}, unsent(t, push.Close(ctx)))
}

// TestSetRouter changes a Router's options with peers there: messages to nobody, two peers of one name, probes.
func TestSetRouter(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router := newRouter(t, rt)
	ep := bind(t, router, "tcp://127.0.0.1:*").String()
	require.NoError(t, router.Send(ctx, socket.NewMessage("nobody", "x")))
	require.NoError(t, router.Set(ctx, socket.RouterMandatory(true)))
	require.ErrorIs(t, router.Send(ctx, socket.NewMessage("nobody", "x")), socket.ErrUnroutable)
	require.NoError(t, router.Set(ctx, socket.RouterMandatory(false)))
	require.NoError(t, router.Send(ctx, socket.NewMessage("nobody", "x")))

	old, heir := newDealer(t, rt, socket.RoutingID("d")), newDealer(t, rt, socket.RoutingID("d"))
	require.NoError(t, old.Set(ctx, socket.ProbeRouter(true)))
	connect(t, old, ep)
	wantMessage(t, router, "d", "")
	require.NoError(t, router.Set(ctx, socket.RouterHandover(true)))
	connect(t, heir, ep)
	require.NoError(t, heir.Send(ctx, number(1)))
	wantMessage(t, router, "d", "1")
	require.NoError(t, router.Send(ctx, socket.NewMessage("d", "2")))
	receive(t, heir, 2, 1)
}

// wantMessage receives a message of those frames.
func wantMessage(t testing.TB, s socket.Receiver, frames ...string) {
	t.Helper()
	m, err := s.Recv(within(t))
	require.NoError(t, err)
	require.Equal(t, socket.NewMessage(frames...).String(), m.String())
}

// TestSetReq changes a Req's options between its requests, and while one is out.
func TestSetReq(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router, req := newRouter(t, rt), newReq(t, rt, socket.RoutingID("q"))
	join(t, inprocName(t), router, req)
	require.NoError(t, req.Send(ctx, number(1)))
	wantMessage(t, router, "q", "", "1")
	require.ErrorIs(t, req.Send(ctx, number(2)), socket.ErrBadState)
	require.NoError(t, req.Set(ctx, socket.ReqRelaxed(true), socket.ReqCorrelate(true)))
	require.NoError(t, req.Send(ctx, number(2)))
	m, err := router.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, 4, m.Len())
	require.Len(t, m.Frame(1), 4)
	require.NoError(t, router.Send(ctx, socket.NewMessage("q", "", "stale")))
	require.NoError(t, router.Send(ctx, socket.MessageOf(m.Frame(0), m.Frame(1), nil, []byte("3"))))
	receive(t, req, 3, 1)
	require.NoError(t, req.Set(ctx, socket.ReqRelaxed(false)))
	require.NoError(t, req.Send(ctx, number(4)))
	require.ErrorIs(t, req.Send(ctx, number(5)), socket.ErrBadState)
}

// TestSetXPub changes an XPub's options with subscribers there.
func TestSetXPub(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	xpub, err := socket.NewXPub(rt)
	require.NoError(t, err)
	ep := bind(t, xpub, inprocName(t)).String()
	a, b := newSub(t, rt, []string{"x"}), newSub(t, rt, nil)
	connect(t, a, ep)
	wantMessage(t, xpub, "\x01x")
	connect(t, b, ep)
	require.NoError(t, b.Subscribe("x")) // not the first
	require.NoError(t, b.Subscribe("y"))
	wantMessage(t, xpub, "\x01y")
	require.NoError(t, xpub.Set(ctx, socket.XPubVerboser(true)))
	require.NoError(t, b.Unsubscribe("x")) // not the last
	wantMessage(t, xpub, "\x00x")
	require.NoError(t, xpub.Set(ctx, socket.XPubManual(true), socket.XPubWelcome("hello")))
	require.NoError(t, b.Subscribe("z"))
	wantMessage(t, xpub, "\x01z")
	require.NoError(t, xpub.Subscribe("other"))
	require.NoError(t, xpub.Send(ctx, socket.NewMessage("z"))) // to nobody
	require.NoError(t, xpub.Send(ctx, socket.NewMessage("y")))
	wantMessage(t, b, "y")
	c := newSub(t, rt, []string{"hello"})
	connect(t, c, ep)
	wantMessage(t, c, "hello")
	wantMessage(t, xpub, "\x01hello")
	require.NoError(t, xpub.Set(ctx, socket.XPubManual(false), socket.InvertMatching(true)))
	require.ErrorIs(t, xpub.Subscribe("z"), socket.ErrBadOption)
	require.NoError(t, a.Set(ctx, socket.InvertMatching(true)))
	require.NoError(t, xpub.Send(ctx, socket.NewMessage("x")))
	require.NoError(t, xpub.Send(ctx, socket.NewMessage("q")))
	wantMessage(t, a, "q")
}

// TestSetWakes changes what a sender waits for into something that needs no waiting.
func TestSetWakes(t *testing.T) {
	for name, c := range map[string]struct {
		send func(context.Context, *socket.Runtime, *testing.T) (wait func() error, free func() error, ledger func() socket.Ledger)
	}{
		"mandatory": {func(ctx context.Context, rt *socket.Runtime, t *testing.T) (func() error, func() error, func() socket.Ledger) {
			router, dealer := newRouter(t, rt, socket.RouterMandatory(true), socket.SendHWM(1)), newDealer(t, rt, socket.RoutingID("d"), socket.RecvHWM(1))
			join(t, inprocName(t), router, dealer)
			m := socket.NewMessage("d", "1")
			require.NoError(t, router.TrySend(m))
			require.NoError(t, router.TrySend(m))
			return func() error { return router.Send(ctx, m) }, func() error { return router.Set(ctx, socket.RouterMandatory(false)) },
				func() socket.Ledger { return router.Stats().Out }
		}},
		"nodrop": {func(ctx context.Context, rt *socket.Runtime, t *testing.T) (func() error, func() error, func() socket.Ledger) {
			pub, sub := newPub(t, rt, socket.XPubNoDrop(true), socket.SendHWM(1)), newSub(t, rt, []string{""}, socket.RecvHWM(1))
			join(t, inprocName(t), pub, sub)
			require.NoError(t, pub.WaitSubscribers(ctx, 1))
			require.Equal(t, 2, fill(t, pub, 10))
			return func() error { return pub.Send(ctx, number(3)) }, func() error { return pub.Set(ctx, socket.XPubNoDrop(false)) },
				func() socket.Ledger { return pub.Stats().Out }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
				wait, free, ledger := c.send(ctx, rt, t)
				var done atomic.Bool
				var g errgroup.Group
				g.Go(func() error {
					defer done.Store(true)
					return wait()
				})
				synctest.Wait()
				require.False(t, done.Load())
				require.NoError(t, free())
				require.NoError(t, g.Wait())
				require.Equal(t, only(mailbox.ReasonFull, 1), ledger().Dropped)
			})
		})
	}
}

// TestSetForLaterEndpoints changes options that belong to endpoints: those there are keep theirs.
func TestSetForLaterEndpoints(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			dealer := newDealer(t, rt, socket.RoutingID("one"))
			for i, id := range []string{"one", "two"} {
				router := newRouter(t, rt)
				require.NoError(t, dealer.Set(ctx, socket.RoutingID(id)))
				ep := bind(t, router, at.fresh(t))
				connect(t, dealer, ep.String())
				require.NoError(t, dealer.WaitPeers(ctx, i+1))
				require.NoError(t, router.WaitPeers(ctx, 1))
				require.NoError(t, router.Set(ctx, socket.RouterMandatory(true)))
				require.NoError(t, router.Send(ctx, socket.NewMessage(id, fmt.Sprint(i))))
				receive(t, dealer, i, 1)
			}
		})
	}
	rt := newRuntime(t)
	push := newPush(t, rt, socket.SendHWM(1))
	connect(t, push, nobody(t))
	require.NoError(t, push.Set(within(t), socket.Immediate(true)))
	connect(t, push, nobody(t))
	require.Equal(t, 1, fill(t, push, 10), "the second is no peer before its connection is up")
	require.NoError(t, push.Set(within(t), socket.Immediate(false), socket.SendHWM(2)))
	connect(t, push, nobody(t))
	require.Equal(t, 3, fill(t, push, 10))
}

// TestSetUnderTraffic changes options from several goroutines while others send, receive, connect and read them.
func TestSetUnderTraffic(t *testing.T) {
	const n = 500
	ctx := within(t)
	rt := newRuntime(t)
	pub, sub := newPub(t, rt), newSub(t, rt, []string{""})
	ep := bind(t, pub, "tcp://127.0.0.1:*").String()
	connect(t, sub, ep)
	require.NoError(t, pub.WaitSubscribers(ctx, 1))
	var g errgroup.Group
	for k := range 4 {
		g.Go(func() error {
			for i := range n / 10 {
				_ = sub.Settings()
				err := pub.Set(ctx, socket.SendHWM(1+i%9), socket.XPubNoDrop(i%2 == 0), socket.XPubWelcome(fmt.Sprint(i)), socket.MaxMsgSize(1000))
				if err == nil && k == 0 && i%10 == 0 {
					other := newSub(t, rt, []string{""})
					connect(t, other, ep)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		for i := range n {
			if err := pub.Send(ctx, number(i)); err != nil {
				return err
			}
		}
		return pub.Set(ctx, socket.XPubNoDrop(true))
	})
	received := make(chan error, 1)
	go func() {
		for {
			m, err := sub.Recv(ctx)
			if err != nil || m.String() == "end" {
				received <- err
				return
			}
		}
	}()
	require.NoError(t, g.Wait())
	require.NoError(t, pub.Set(ctx, socket.XPubNoDrop(true)))
	require.NoError(t, pub.Send(ctx, socket.NewMessage("end")))
	require.NoError(t, <-received)
}
