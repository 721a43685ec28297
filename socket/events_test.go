package socket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// A watcher takes the events of a sequence one by one.
type watcher struct {
	t    testing.TB
	next func() (socket.Event, bool)
}

// watch listens to a sequence of events until the test ends.
func watch(t testing.TB, events iter.Seq[socket.Event]) *watcher {
	t.Helper()
	next, stop := iter.Pull(events)
	t.Cleanup(stop)
	return &watcher{t, next}
}

// want wants the next events to be of these kinds, and returns them.
func (w *watcher) want(kinds ...socket.EventKind) []socket.Event {
	w.t.Helper()
	var got []socket.Event
	for i, kind := range kinds {
		e, ok := w.next()
		require.True(w.t, ok, "the events end where %s is due", kind)
		require.Equal(w.t, kind, e.Kind, "event %d: %s; before: %s", i, e, got)
		require.False(w.t, e.Time.IsZero())
		got = append(got, e)
	}
	return got
}

// until returns the next event of a kind, and passes the others by.
func (w *watcher) until(kind socket.EventKind) socket.Event {
	w.t.Helper()
	for {
		e, ok := w.next()
		require.True(w.t, ok, "the events end before one is of kind %s", kind)
		if e.Kind == kind {
			return e
		}
	}
}

// TestEventsOfAConnection follows a connection from its beginning to its end, at both sides, and what comes of the attempts after it.
func TestEventsOfAConnection(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router := newRouter(t, rt, socket.RoutingID("front"))
	dealer := newDealer(t, rt, socket.RoutingID("worker"), socket.ReconnectInterval(time.Millisecond))
	bound, connected := watch(t, router.Events(ctx)), watch(t, dealer.Events(ctx))
	ep, _ := join(t, "tcp://127.0.0.1:*", router, dealer)
	up := bound.want(socket.EventListening, socket.EventAccepted, socket.EventHandshakeSucceeded)
	require.Equal(t, router.String(), up[0].Socket)
	require.Equal(t, ep.String(), up[2].Endpoint)
	require.Equal(t, "worker", up[2].Identity, "as the Router knows it")
	require.Equal(t, "tcp://"+up[2].Local, ep.String())
	there := connected.want(socket.EventConnectDelayed, socket.EventConnected, socket.EventHandshakeSucceeded)
	require.Equal(t, uint64(1), there[0].Attempt)
	for _, e := range there[1:] {
		require.Equal(t, "tcp://"+e.Peer, ep.String())
		require.Equal(t, up[2].Peer, e.Local)
		require.Equal(t, uint64(1), e.Attempt)
	}
	require.Equal(t, up[1].Peer, there[1].Local)
	require.Equal(t, "front", there[2].Identity)

	require.NoError(t, router.Close(ctx))
	lost := bound.want(socket.EventDisconnected, socket.EventClosed)
	require.ErrorIs(t, lost[0].Err, socket.ErrClosed)
	require.Equal(t, "worker", lost[0].Identity)
	_, more := bound.next()
	require.False(t, more, "the events end with the socket")

	gone := connected.want(socket.EventDisconnected, socket.EventRetried)
	require.ErrorIs(t, gone[0].Err, io.EOF)
	require.Equal(t, "front", gone[0].Identity)
	refused := connected.want(socket.EventConnectDelayed, socket.EventConnectFailed, socket.EventRetried)
	require.Equal(t, uint64(2), refused[0].Attempt)
	require.ErrorIs(t, refused[1].Err, socket.ErrConnRefused)
	require.Positive(t, refused[2].Delay)
}

// TestEventsOfAMadeUpName has a Router name its peer in the events as it does to its application.
func TestEventsOfAMadeUpName(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router, dealer := newRouter(t, rt), newDealer(t, rt)
	events := watch(t, router.Events(ctx))
	join(t, "ipc://*", router, dealer)
	require.NoError(t, dealer.Send(ctx, socket.NewMessage("hello")))
	m, err := router.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, string(m.Frame(0)), events.until(socket.EventHandshakeSucceeded).Identity)
}

// TestEventsOfInproc are of joining and parting: there is no connection.
func TestEventsOfInproc(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		router, dealer := newRouter(t, rt), newDealer(t, rt, socket.RoutingID("near"))
		bound, connected := watch(t, router.Events(ctx)), watch(t, dealer.Events(ctx))
		name := inprocName(t)
		join(t, name, router, dealer)
		_, err := newRouter(t, rt).Bind(ctx, name)
		require.ErrorIs(t, err, socket.ErrAddrInUse)
		require.NoError(t, dealer.Close(ctx))
		got := bound.want(socket.EventListening, socket.EventHandshakeSucceeded, socket.EventDisconnected)
		require.Equal(t, "near", got[1].Identity)
		connected.want(socket.EventHandshakeSucceeded, socket.EventDisconnected, socket.EventClosed)
	})
}

// TestEventsOfBind tells of a bind that fails, and of what a close leaves behind.
func TestEventsOfBind(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	for _, at := range []string{"tcp://127.0.0.1:*", "ipc://*", inprocName(t)} {
		first, second := newPull(t, rt), newPull(t, rt)
		ep := bind(t, first, at)
		events := watch(t, second.Events(ctx))
		_, err := second.Bind(ctx, ep.String())
		require.ErrorIs(t, err, socket.ErrAddrInUse)
		e := events.want(socket.EventBindFailed)[0]
		require.Equal(t, ep.String(), e.Endpoint)
		require.ErrorIs(t, e.Err, socket.ErrAddrInUse)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	pull := newPull(t, rt)
	events := watch(t, pull.Events(ctx))
	ep, err := pull.BindListener(ctx, stubbornListener{l.(*net.TCPListener)})
	require.NoError(t, err)
	require.NoError(t, ep.Close(ctx))
	require.ErrorIs(t, events.want(socket.EventListening, socket.EventCloseFailed, socket.EventClosed)[1].Err, errStubborn)
}

// errStubborn is what a stubbornListener has to say.
var errStubborn = fmt.Errorf("its file stays: %w", syscall.EBUSY)

// A stubbornListener closes and says that something is left.
type stubbornListener struct{ *net.TCPListener }

// Close closes.
func (l stubbornListener) Close() error { return errors.Join(l.TCPListener.Close(), errStubborn) }

// TestEventsOfHandshakes tells the three classes of failed handshakes apart, at the side that listens. (libzmq: ZMQ_EVENT_HANDSHAKE_FAILED_*)
func TestEventsOfHandshakes(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t, socket.WithAuthenticator(socket.AuthenticatorFunc(func(context.Context, socket.AuthRequest) (socket.AuthReply, error) {
		return socket.Deny("not you"), nil
	})))
	for name, c := range map[string]struct {
		opts  []socket.Option
		speak func(net.Conn)
		class socket.HandshakeFailure
	}{
		"silence":         {[]socket.Option{socket.HandshakeInterval(20 * time.Millisecond)}, func(net.Conn) {}, socket.HandshakeNoDetail},
		"the end":         {nil, func(c net.Conn) { _ = c.Close() }, socket.HandshakeNoDetail},
		"another command": {nil, func(c net.Conn) { _, _ = c.Write(append(greeting(), "\x04\x05\x04HELO"...)) }, socket.HandshakeProtocol},
		"another mechanism": {[]socket.Option{socket.PlainServer(true)}, func(c net.Conn) {
			_, _ = c.Write(greeting())
		}, socket.HandshakeProtocol},
		"another type":     {nil, func(c net.Conn) { _, _ = c.Write(append(greeting(), ready("PUB")...)) }, socket.HandshakeProtocol},
		"a wrong password": {[]socket.Option{socket.PlainServer(true)}, nil, socket.HandshakeAuth},
	} {
		t.Run(name, func(t *testing.T) {
			pull := newPull(t, rt, c.opts...)
			events := watch(t, pull.Events(ctx))
			ep := bind(t, pull, "tcp://127.0.0.1:*").String()
			if c.speak != nil {
				conn, err := net.Dial("tcp", strings.TrimPrefix(ep, "tcp://"))
				require.NoError(t, err)
				defer func() { _ = conn.Close() }()
				c.speak(conn)
			} else {
				push := newPush(t, rt, socket.PlainUsername("me"), socket.PlainPassword("wrong"))
				client := watch(t, push.Events(ctx))
				connect(t, push, ep)
				e := client.want(socket.EventConnectDelayed, socket.EventConnected, socket.EventHandshakeFailed, socket.EventEnded)[2]
				require.Equal(t, socket.HandshakeAuth, e.Failure, "%s", e)
			}
			e := events.want(socket.EventListening, socket.EventAccepted, socket.EventHandshakeFailed)[2]
			require.Equal(t, c.class, e.Failure, "%s", e)
			require.Error(t, e.Err)
			require.NotEmpty(t, e.Peer)
		})
	}
}

// TestEventsOverflow has a loop be too slow: nobody waits for it, and it is told what it missed, where it did.
func TestEventsOverflow(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		events := watch(t, rt.Events(ctx))
		pull := newPull(t, rt)
		others := newPull(t, rt)
		for range socket.EventRoom {
			bind(t, pull, inprocName(t))
		}
		for range 10 {
			bind(t, others, inprocName(t))
		}
		for range socket.EventRoom {
			require.Equal(t, pull.String(), events.want(socket.EventListening)[0].Socket)
		}
		require.Equal(t, uint64(10), events.want(socket.EventMissed)[0].Count)
		bind(t, others, inprocName(t))
		require.Equal(t, others.String(), events.want(socket.EventListening)[0].Socket)
	})
}

// TestEventsEnd goes through the ways in which a loop over events ends.
func TestEventsEnd(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		pull := newPull(t, rt)
		count := func(events iter.Seq[socket.Event]) (n int) {
			for range events {
				n++
			}
			return n
		}
		all, once := rt.Events(ctx), pull.Events(ctx)
		short, cancel := context.WithCancel(ctx)
		cancelled := pull.Events(short)
		cancel()
		bind(t, pull, inprocName(t))
		require.Zero(t, count(cancelled))
		for e := range once {
			require.Equal(t, socket.EventListening, e.Kind, "what came before the loop is kept")
			break
		}
		require.Zero(t, count(once), "a second loop has nothing")
		mine := pull.Events(ctx)
		require.NoError(t, pull.Close(ctx))
		require.Equal(t, 1, count(mine), "closed, and the end")
		require.Zero(t, count(pull.Events(ctx)), "of a closed socket")
		require.NoError(t, rt.Shutdown(ctx))
		require.Equal(t, 2, count(all), "listening, closed, and the end")
		require.Zero(t, count(rt.Events(ctx)), "of a runtime that is over")
		require.Zero(t, socket.Listeners(rt), "nobody listens any more")
	})
}

// TestEventsCallbackPanics logs the panic of a callback, and goes on.
func TestEventsCallbackPanics(t *testing.T) {
	var log bytes.Buffer
	rt := newRuntime(t, socket.WithLogger(slog.New(slog.NewTextHandler(&log, nil))), socket.WithEvents(func(socket.Event) { panic("oh") }))
	pull, push := newPull(t, rt), newPush(t, rt)
	join(t, inprocName(t), pull, push)
	require.NoError(t, rt.Shutdown(within(t)))
	require.Contains(t, log.String(), "the function of WithEvents panicked")
}

// TestEventStrings have a word for each kind, and a line for each event.
func TestEventStrings(t *testing.T) {
	seen := map[string]bool{}
	for kind := socket.EventListening; kind <= socket.LastEvent; kind++ {
		word := kind.String()
		require.NotContains(t, word, "event", "no word for %d", kind)
		require.False(t, seen[word], word)
		seen[word] = true
		require.NotEmpty(t, socket.Event{Kind: kind, Socket: "1-pull"}.String())
	}
	require.Contains(t, (socket.LastEvent + 1).String(), "event")
	require.Equal(t, "protocol", socket.HandshakeProtocol.String())
	require.Equal(t, "1-pull connected: tcp://a: peer b", socket.Event{Kind: socket.EventConnected, Socket: "1-pull", Endpoint: "tcp://a", Peer: "b"}.String())
}

// ExampleRuntime_Events follows what becomes of a connection.
func ExampleRuntime_Events() {
	ctx := context.Background()
	rt, err := socket.NewRuntime()
	if err != nil {
		fmt.Println(err)
		return
	}
	events := rt.Events(ctx) // from now on, though the loop comes later
	pull, _ := socket.NewPull(rt)
	ep, _ := pull.Bind(ctx, "tcp://127.0.0.1:*")
	push, _ := socket.NewPush(rt)
	_, _ = push.Connect(ctx, ep.String())
	for e := range events {
		if e.Socket == push.String() {
			fmt.Println(e.Kind)
		}
		if e.Kind == socket.EventHandshakeSucceeded && e.Socket == push.String() {
			break
		}
	}
	_ = rt.Shutdown(ctx)
	// Output:
	// connect delayed
	// connected
	// handshake succeeded
}
