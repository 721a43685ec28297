package socket_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestStreamHangupFlushes closes a connection right behind much data, by a socket that does not linger: the peer has all of it before the end.
func TestStreamHangupFlushes(t *testing.T) {
	for _, streamBinds := range []bool{true, false} {
		ctx := within(t)
		rt := newRuntime(t)
		s := newStream(t, rt, socket.Linger(0), socket.SendHWM(0))
		var conn net.Conn
		if streamBinds {
			conn = dialTCP(t, bind(t, s, loopback).String())
		} else {
			l, ep := listenRaw(t)
			connect(t, s, ep)
			var err error
			conn, err = l.Accept()
			require.NoError(t, err)
		}
		id := next(t, s, socket.StreamUp).ID
		chunk := []byte(strings.Repeat("x", 100_000))
		for range 100 { // more than the kernel holds
			require.NoError(t, s.Write(ctx, id, chunk))
		}
		require.NoError(t, s.Hangup(id))
		require.ErrorIs(t, s.Write(ctx, id, chunk), socket.ErrUnroutable, "at once")
		n, err := io.Copy(io.Discard, conn)
		require.NoError(t, err)
		require.EqualValues(t, 100*len(chunk), n)
		gone(t, s)
		wantEmpty(t, s)
		require.NoError(t, s.Close(ctx))
		balanced(t, s.Stats().Out)
		require.Empty(t, s.Stats().Out.Dropped)
	}
}

// TestStreamHangupForgets closes a connection that has sent what nobody received: that is dropped, counted, and no notice comes. (as libzmq)
func TestStreamHangupForgets(t *testing.T) {
	rt := newRuntime(t)
	s := newStream(t, rt)
	conn := dialTCP(t, bind(t, s, loopback).String())
	id := next(t, s, socket.StreamUp).ID
	wantEmpty(t, s)
	_, err := io.WriteString(conn, "unread")
	require.NoError(t, err)
	require.NoError(t, s.WaitQueued(within(t), 1))
	require.NoError(t, s.Hangup(id))
	_, err = io.Copy(io.Discard, conn)
	require.NoError(t, err)
	gone(t, s)
	wantEmpty(t, s)
	require.Equal(t, only(socket.ReasonUnread, 1), s.Stats().In.Dropped)
}

// TestStreamHangupUnread closes a connection whose peer reads nothing: the end waits for the peer, and closing the socket waits no longer than linger.
func TestStreamHangupUnread(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	s := newStream(t, rt, socket.Linger(0))
	conn := dialTCP(t, bind(t, s, loopback).String())
	id := next(t, s, socket.StreamUp).ID
	big := []byte(strings.Repeat("x", 64<<20))
	require.NoError(t, s.Write(ctx, id, big))
	require.NoError(t, s.Hangup(id))
	require.NoError(t, s.Settle(ctx))
	require.Len(t, s.Stats().Peers, 1, "it is still there")
	_, err := io.ReadFull(conn, make([]byte, 1000))
	require.NoError(t, err)
	var unsent *socket.UnsentError
	require.ErrorAs(t, s.Close(ctx), &unsent)
	require.Equal(t, 1, unsent.Messages())
}

// TestStreamReconnects loses a connected endpoint's connection: the application hears of it, and of the next, under the same id; what it sends
// meanwhile waits.
func TestStreamReconnects(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	s := newStream(t, rt, socket.ReconnectInterval(1))
	l, ep := listenRaw(t)
	id := connect(t, s, ep).RoutingID()
	for _, word := range []string{"one", "two", "three"} {
		conn, err := l.Accept()
		require.NoError(t, err)
		require.Equal(t, id, next(t, s, socket.StreamUp).ID)
		_, err = io.WriteString(conn, "last words")
		require.NoError(t, err)
		require.NoError(t, s.Write(ctx, id, []byte(word)))
		got := make([]byte, len(word))
		_, err = io.ReadFull(conn, got)
		require.NoError(t, err)
		require.Equal(t, word, string(got))
		require.NoError(t, conn.Close())
		nextData(t, s, 10)
		require.Equal(t, id, next(t, s, socket.StreamDown).ID)
	}
}

// TestStreamImmediate wants each connection of an endpoint to be one of its own: with an id of its own, and gone with what was queued for it.
func TestStreamImmediate(t *testing.T) {
	rt := newRuntime(t)
	s := newStream(t, rt, socket.Immediate(true), socket.ReconnectInterval(1))
	l, ep := listenRaw(t)
	require.Empty(t, connect(t, s, ep).RoutingID())
	first, err := l.Accept()
	require.NoError(t, err)
	id := next(t, s, socket.StreamUp).ID
	require.NoError(t, first.Close())
	second, err := l.Accept()
	require.NoError(t, err)
	defer func() { require.NoError(t, second.Close()) }()
	for range 2 { // two connections take turns: one's end may come behind the other's beginning
		e, err := s.Next(within(t))
		require.NoError(t, err)
		require.Equal(t, e.Kind == socket.StreamDown, e.ID == id)
	}
	require.ErrorIs(t, s.Write(within(t), id, []byte("x")), socket.ErrUnroutable)
}

// TestStreamDownComesLast lets a peer fill the inbound queue and go: the notice of its end comes past the mark, and after all its data.
func TestStreamDownComesLast(t *testing.T) {
	rt := newRuntime(t)
	s := newStream(t, rt, socket.RecvHWM(1))
	conn := dialTCP(t, bind(t, s, loopback).String())
	require.NoError(t, s.WaitPeers(within(t), 1))
	want := strings.Repeat("data", 5000)
	_, err := io.WriteString(conn, want)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	next(t, s, socket.StreamUp)
	nextData(t, s, len(want))
	next(t, s, socket.StreamDown)
	gone(t, s)
	wantEmpty(t, s)
	require.Empty(t, s.Stats().In.Dropped)
}

// TestStreamMarks sends to a connection that is not up yet: its queue takes SendHWM pieces, then TrySend would block, and Send waits.
func TestStreamMarks(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	s := newStream(t, rt, socket.SendHWM(3), socket.ReconnectInterval(1))
	where := nobody(t)
	id := connect(t, s, where).RoutingID()
	for range 3 {
		require.NoError(t, s.TrySend(socket.NewMessage(id, "12")))
	}
	require.ErrorIs(t, s.TrySend(socket.NewMessage(id, "34")), socket.ErrWouldBlock)
	short, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, s.Write(short, id, []byte("34")), context.Canceled)
	waited := make(chan error, 1)
	go func() { waited <- s.Write(ctx, id, []byte("56")) }()
	server := newStream(t, rt)
	bind(t, server, where)
	require.NoError(t, <-waited)
	next(t, server, socket.StreamUp)
	_, data := nextData(t, server, 8)
	require.Equal(t, "12121256", data)
}

// TestStreamWaitersLearnOfTheEnd has a Send wait for room of a connection that is then hung up on: it says that nobody is there.
func TestStreamWaitersLearnOfTheEnd(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	s := newStream(t, rt, socket.SendHWM(1))
	id := connect(t, s, nobody(t)).RoutingID()
	require.NoError(t, s.Write(ctx, id, []byte("queued")))
	waited := make(chan error, 1)
	go func() { waited <- s.Write(ctx, id, []byte("waits, or comes too late")) }()
	require.NoError(t, s.Hangup(id))
	require.ErrorIs(t, <-waited, socket.ErrUnroutable)
}

// TestStreamSocketCloses closes a Stream with much queued: linger lets it out, and the peer sees the end.
func TestStreamSocketCloses(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	s := newStream(t, rt)
	conn := dialTCP(t, bind(t, s, loopback).String())
	id := next(t, s, socket.StreamUp).ID
	chunk := []byte(strings.Repeat("x", 1_000_000))
	for range 10 {
		require.NoError(t, s.Write(ctx, id, chunk))
	}
	read := make(chan int64, 1)
	go func() {
		n, _ := io.Copy(io.Discard, conn) // fewer bytes tell of an error
		read <- n
	}()
	require.NoError(t, s.Close(ctx))
	require.EqualValues(t, 10*len(chunk), <-read)
}
