package socket_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// loopback is where a Stream is bound.
const loopback = "tcp://127.0.0.1:*"

// newStream makes a Stream.
func newStream(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.Stream {
	t.Helper()
	s, err := socket.NewStream(rt, opts...)
	require.NoError(t, err)
	return s
}

// next wants the next event of a Stream to be of a kind, and returns it.
func next(t testing.TB, s *socket.Stream, kind socket.StreamEventKind) socket.StreamEvent {
	t.Helper()
	e, err := s.Next(within(t))
	require.NoError(t, err)
	require.Equal(t, kind, e.Kind, "%v", e)
	return e
}

// nextData receives data of one connection until there are n bytes.
func nextData(t testing.TB, s *socket.Stream, n int) (id, data string) {
	t.Helper()
	for len(data) < n {
		e := next(t, s, socket.StreamData)
		require.True(t, id == "" || id == e.ID)
		id, data = e.ID, data+string(e.Data)
	}
	require.Len(t, data, n)
	return id, data
}

// dialTCP connects to an endpoint without any protocol.
func dialTCP(t testing.TB, endpoint string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return conn
}

// TestStreamTalks has two Streams talk, in the words of both faces. (libzmq: test_stream, test_stream_to_stream)
func TestStreamTalks(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	server, client := newStream(t, rt), newStream(t, rt)
	require.Empty(t, server.LastID())
	bound, connected := join(t, loopback, server, client)
	there, here := next(t, server, socket.StreamUp).ID, next(t, client, socket.StreamUp).ID
	require.Len(t, there, 5)
	require.Len(t, here, 5)
	require.Equal(t, there, server.LastID())
	require.Equal(t, [2]bool{false, true}, readiness(server))
	require.Equal(t, here, client.LastID())
	require.Equal(t, here, connected.RoutingID())
	require.Empty(t, bound.RoutingID())
	require.NoError(t, client.Write(ctx, here, []byte("GET /\n\n")))
	id, data := nextData(t, server, 7)
	require.Equal(t, there, id)
	require.Equal(t, "GET /\n\n", data)
	require.NoError(t, server.Send(ctx, socket.NewMessage(there, "HTTP/1.0 200 OK")))
	m, err := client.Recv(ctx)
	require.NoError(t, err)
	same(t, socket.NewMessage(here, "HTTP/1.0 200 OK"), m)
	address, ok := m.Property("Peer-Address")
	require.True(t, ok)
	require.Equal(t, "127.0.0.1", address)
	require.NoError(t, server.Write(ctx, there, nil), "no data, no word")
	require.NoError(t, server.Hangup(there))
	down := next(t, client, socket.StreamDown)
	require.Equal(t, socket.StreamEvent{Kind: socket.StreamDown, ID: here, Peer: "127.0.0.1"}, down)
}

// readiness is Ready's answer.
func readiness(s interface{ Ready() (in, out bool) }) [2]bool {
	in, out := s.Ready()
	return [2]bool{in, out}
}

// TestStreamDialogue is the whole of libzmq's test_stream_disconnect, in its words: messages of an id and data.
func TestStreamDialogue(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	server, client := newStream(t, rt), newStream(t, rt)
	_, connected := join(t, loopback, server, client)
	recv := func(s *socket.Stream, want string) string {
		m, err := s.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, want, m.Tail(1).String())
		require.Equal(t, 2, m.Len())
		return string(m.Frame(0))
	}
	there := recv(server, "")
	here := recv(client, "")
	require.Equal(t, connected.RoutingID(), here)
	require.NoError(t, client.Send(ctx, socket.NewMessage(here, "i can haz cheez burger?")))
	recv(server, "i can haz cheez burger?")
	require.NoError(t, server.Send(ctx, socket.NewMessage(there, "y u no disonnect?")))
	recv(client, "y u no disonnect?")
	require.NoError(t, client.Send(ctx, socket.NewMessage(here, "")))
	require.Equal(t, there, recv(server, ""))
	gone(t, client)
	wantEmpty(t, client)
	require.Empty(t, client.Stats().Peers, "the endpoint ended with its connection")
	require.ErrorIs(t, client.TrySend(socket.NewMessage(here, "x")), socket.ErrUnroutable)
	require.ErrorIs(t, server.Hangup(there), socket.ErrUnroutable)
}

// TestStreamExceedsBuffer receives more than one chunk holds: all of it comes, in order. (libzmq: test_stream_exceeds_buffer)
func TestStreamExceedsBuffer(t *testing.T) {
	rt := newRuntime(t)
	s := newStream(t, rt)
	l, ep := listenRaw(t)
	connect(t, s, ep)
	conn, err := l.Accept()
	require.NoError(t, err)
	want := strings.Repeat("\xde\xad\xbe\xef", 50_000) + "!"
	var sent error
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, sent = io.WriteString(conn, want)
		_ = conn.Close()
	}()
	next(t, s, socket.StreamUp)
	var got strings.Builder
	for e, err := range s.StreamEvents(within(t)) {
		require.NoError(t, err)
		if e.Kind == socket.StreamDown {
			break
		}
		require.LessOrEqual(t, len(e.Data), 8192)
		got.Write(e.Data)
	}
	<-done
	require.NoError(t, sent)
	require.Equal(t, want, got.String())
}

// TestStreamConnectRoutingID names a connection at Connect, and sends before it is there. (libzmq: test_connect_rid, test_stream_2_stream)
func TestStreamConnectRoutingID(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	server, client := newStream(t, rt, socket.StreamNotify(false)), newStream(t, rt, socket.ReconnectInterval(1))
	where := nobody(t)
	ep, err := client.Connect(ctx, where, socket.ConnectRoutingID("conn1"))
	require.NoError(t, err)
	require.Equal(t, "conn1", ep.RoutingID())
	require.Empty(t, client.LastID(), "it was not made up")
	_, err = client.Connect(ctx, where, socket.ConnectRoutingID("conn1"))
	require.ErrorIs(t, err, socket.ErrBadOption, "it is taken")
	require.NoError(t, client.Write(ctx, "conn1", []byte("hi 1")))
	bind(t, server, where)
	id, data := nextData(t, server, 4)
	require.Equal(t, "hi 1", data)
	require.Equal(t, byte(0), id[0])
	require.NoError(t, server.Write(ctx, id, []byte("hi 2")))
	require.Equal(t, "conn1", next(t, client, socket.StreamUp).ID)
	id, data = nextData(t, client, 4)
	require.Equal(t, "conn1", id)
	require.Equal(t, "hi 2", data)
}

// TestStreamNotifyOff wants no word of connections, and data all the same.
func TestStreamNotifyOff(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	server, client := newStream(t, rt, socket.StreamNotify(false)), newStream(t, rt, socket.StreamNotify(false))
	require.False(t, server.Settings().StreamNotify)
	_, connected := join(t, loopback, server, client)
	require.NoError(t, client.Write(ctx, connected.RoutingID(), []byte("bye")))
	require.NoError(t, client.Hangup(connected.RoutingID()))
	_, data := nextData(t, server, 3)
	require.Equal(t, "bye", data)
	gone(t, server)
	wantEmpty(t, server)
	wantEmpty(t, client)
}

// TestStreamRefusals wants what a Stream cannot do to be refused, and to change nothing.
func TestStreamRefusals(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	s := newStream(t, rt)
	for _, ep := range []string{"ipc:///tmp/weir-never", "inproc://never"} {
		_, err := s.Bind(ctx, ep)
		require.ErrorIs(t, err, socket.ErrIncompatible)
		require.ErrorContains(t, err, ep)
		_, err = s.Connect(ctx, ep)
		require.ErrorIs(t, err, socket.ErrIncompatible)
	}
	ep := bind(t, s, loopback).String()
	conn := dialTCP(t, ep)
	id := next(t, s, socket.StreamUp).ID
	require.ErrorIs(t, s.Send(ctx, socket.NewMessage(id, "a", "b")), socket.ErrBadMessage)
	require.ErrorIs(t, s.Send(ctx, socket.NewMessage(id, "a", id, "b")), socket.ErrBadMessage)
	require.NoError(t, s.Send(ctx, socket.NewMessage(id)), "dropped, as in libzmq")
	require.ErrorIs(t, s.Write(ctx, "nobody", []byte("x")), socket.ErrUnroutable)
	require.ErrorIs(t, s.Hangup("nobody"), socket.ErrUnroutable)
	require.NoError(t, s.Write(ctx, id, []byte("all the same")))
	got := make([]byte, 12)
	_, err := io.ReadFull(conn, got)
	require.NoError(t, err)
	require.Equal(t, "all the same", string(got))
	require.Equal(t, only(socket.ReasonNoPeer, 1), s.Stats().Out.Dropped)
	_, err = socket.NewDealer(rt, socket.StreamNotify(true))
	require.ErrorIs(t, err, socket.ErrBadOption)
	_, err = socket.NewStream(rt, socket.RouterRaw(true))
	require.ErrorIs(t, err, socket.ErrBadOption)
	_, err = socket.NewStream(rt, socket.ProbeRouter(true))
	require.ErrorIs(t, err, socket.ErrBadOption)
}

// TestStreamManyConnections serves many connections at once: each gets back what it sent.
func TestStreamManyConnections(t *testing.T) {
	const conns, each = 20, 30
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	rt := newRuntime(t)
	server := newStream(t, rt)
	ep := bind(t, server, loopback).String()
	served := make(chan error, 1)
	go func() {
		for e, err := range server.StreamEvents(ctx) {
			if err == nil && e.Kind == socket.StreamData {
				err = server.Write(ctx, e.ID, e.Data)
			}
			if err != nil {
				served <- err
				return
			}
		}
		served <- nil
	}()
	ends := make(chan error, conns)
	for i := range conns {
		conn := dialTCP(t, ep)
		go func() {
			line := strings.Repeat(string(rune('a'+i)), 100)
			got := make([]byte, len(line))
			for range each {
				if _, err := io.WriteString(conn, line); err != nil {
					ends <- err
					return
				}
				if _, err := io.ReadFull(conn, got); err != nil || string(got) != line {
					ends <- err
					return
				}
			}
			ends <- conn.Close()
		}()
	}
	for range conns {
		require.NoError(t, <-ends)
	}
	cancel()
	require.NoError(t, <-served)
}
