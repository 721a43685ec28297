package socket_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// byHand shakes hands over one connection of a Stream as a ROUTER that speaks ZMTP 3.1, and returns its id and what came behind the handshake.
func byHand(t *testing.T, s *socket.Stream) (id string, rest []byte) {
	t.Helper()
	ctx := within(t)
	id = next(t, s, socket.StreamUp).ID
	h := wire.NewHandshake(wire.HandshakeConfig{SocketType: wire.TypeRouter})
	require.NoError(t, s.Write(ctx, id, h.Start()))
	for !h.Done() {
		e := next(t, s, socket.StreamData)
		require.Equal(t, id, e.ID)
		used, reply, err := h.Receive(e.Data)
		require.NoError(t, err)
		rest = e.Data[used:]
		require.NoError(t, s.Write(ctx, id, reply))
	}
	require.Equal(t, wire.TypeDealer, h.Peer().SocketType)
	return id, rest
}

// TestStreamToDealer has a Stream speak ZMTP by hand with a Dealer, whoever binds: greeting, READY, messages small and large. (libzmq: test_stream,
// test_stream_to_dealer)
func TestStreamToDealer(t *testing.T) {
	for _, streamBinds := range []bool{true, false} {
		ctx := within(t)
		rt := newRuntime(t)
		s, dealer := newStream(t, rt), newDealer(t, rt)
		if streamBinds {
			connect(t, dealer, bind(t, s, loopback).String())
		} else {
			connect(t, s, bind(t, dealer, loopback).String())
		}
		id, got := byHand(t, s)
		require.NoError(t, dealer.Send(ctx, socket.NewMessage("Hello", "")))
		want := "\x01\x05Hello\x00\x00"
		_, more := nextData(t, s, len(want)-len(got))
		require.Equal(t, want, string(got)+more)
		require.NoError(t, s.Write(ctx, id, []byte("\x00\x05World")))
		recvText(t, dealer, "World")
		large := strings.Repeat("\xab", 64_000)
		require.NoError(t, dealer.Send(ctx, socket.NewMessage(large)))
		_, data := nextData(t, s, 9+len(large))
		require.Equal(t, "\x02\x00\x00\x00\x00\x00\x00\xfa\x00", data[:9])
		require.Equal(t, large, data[9:])
		require.NoError(t, s.Hangup(id))
		gone(t, dealer)
	}
}

// TestStreamEmpty answers a Dealer's greeting with an empty data frame: that is accepted, and ends the connection. (libzmq: test_stream_empty)
func TestStreamEmpty(t *testing.T) {
	ctx := within(t)
	events := make(chan socket.Event, 100)
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) { events <- e }))
	s, dealer := newStream(t, rt), newDealer(t, rt, socket.Linger(0), socket.ReconnectInterval(-1))
	connect(t, dealer, bind(t, s, loopback).String())
	require.NoError(t, dealer.Send(ctx, socket.NewMessage("")))
	m, err := s.Recv(ctx)
	require.NoError(t, err)
	require.NoError(t, s.Send(ctx, socket.MessageOf(m.Frame(0), nil)))
	for e := range events {
		if e.Kind == socket.EventHandshakeFailed && e.Socket == dealer.String() {
			break
		}
	}
}

// TestStreamHandshakeTimeout leaves a Dealer's greeting without an answer, whoever binds: the Dealer gives up after its handshake interval, and the
// Stream, which has none, only hears of the end. (libzmq: test_stream_timeout)
func TestStreamHandshakeTimeout(t *testing.T) {
	for _, streamBinds := range []bool{true, false} {
		events := make(chan socket.Event, 100)
		rt := newRuntime(t, socket.WithEvents(func(e socket.Event) { events <- e }))
		s := newStream(t, rt, socket.Linger(0), socket.HandshakeInterval(1), socket.ReconnectInterval(-1))
		dealer := newDealer(t, rt, socket.HandshakeInterval(50*time.Millisecond), socket.ReconnectInterval(-1))
		if streamBinds {
			connect(t, dealer, bind(t, s, loopback).String())
		} else {
			connect(t, s, bind(t, dealer, loopback).String())
		}
		for e := range events {
			if e.Kind == socket.EventHandshakeFailed {
				require.Equal(t, dealer.String(), e.Socket)
				require.ErrorIs(t, e.Err, socket.ErrHandshakeTimeout)
				break
			}
		}
		next(t, s, socket.StreamUp)
		nextData(t, s, 10)
		next(t, s, socket.StreamDown)
	}
}

// TestStreamServesHTTP answers requests of package net/http, each over a connection that the Stream closes behind its answer.
func TestStreamServesHTTP(t *testing.T) {
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	rt := newRuntime(t)
	s := newStream(t, rt)
	ep := bind(t, s, loopback).String()
	served := make(chan error, 1)
	go func() { served <- serveHTTP(ctx, s) }()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for i, body := range []string{"", "short", strings.Repeat("long", 100_000)} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http"+strings.TrimPrefix(ep, "tcp"), strings.NewReader(body))
		require.NoError(t, err)
		resp, err := client.Do(req)
		require.NoError(t, err, "request %d", i)
		got, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Equal(t, fmt.Sprintf("%d bytes", len(body)), string(got))
	}
	cancel()
	require.NoError(t, <-served)
}

// serveHTTP says how long the body of each request is, until ctx ends.
func serveHTTP(ctx context.Context, s *socket.Stream) error {
	had := map[string][]byte{} // what came of requests that are not whole
	for e, err := range s.StreamEvents(ctx) {
		if err != nil {
			return err
		}
		if e.Kind == socket.StreamDown {
			delete(had, e.ID)
			continue
		}
		had[e.ID] = append(had[e.ID], e.Data...)
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(had[e.ID])))
		if err != nil {
			continue // more of its head is to come
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			continue // more of its body is to come
		}
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%d bytes", len(body))
		if err := s.Write(ctx, e.ID, []byte(answer)); err != nil {
			return err
		}
		if err := s.Hangup(e.ID); err != nil {
			return err
		}
		delete(had, e.ID)
	}
	return nil
}

// TestStreamAsksHTTP puts a request to a server of package net/http, and reads its answer to the end of the connection.
func TestStreamAsksHTTP(t *testing.T) {
	ctx := within(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, strings.Repeat(r.URL.Path, 10_000)) // the client sees what comes
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	rt := newRuntime(t)
	s := newStream(t, rt, socket.ReconnectInterval(-1))
	id := connect(t, s, "tcp://"+l.Addr().String()).RoutingID()
	require.NoError(t, s.Write(ctx, id, []byte("GET /abc HTTP/1.0\r\n\r\n")))
	next(t, s, socket.StreamUp)
	var answer bytes.Buffer
	for e, err := range s.StreamEvents(ctx) {
		require.NoError(t, err)
		require.Equal(t, id, e.ID)
		if e.Kind == socket.StreamDown {
			break
		}
		answer.Write(e.Data)
	}
	resp, err := http.ReadResponse(bufio.NewReader(&answer), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, strings.Repeat("/abc", 10_000), string(body))
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-served, http.ErrServerClosed)
}
