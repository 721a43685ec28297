package socket_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// An ending is a way for a connection to end: one row of the table of error classes. (libzmq: session_base_t::engine_error)
type ending struct {
	name   string
	bytes  []byte
	closes bool // the peer closes behind them
	resets bool // the peer resets
	breach bool // of protocol: a connecting side does not come back
	typ    string
	opts   []socket.Option
	err    error  // that the event has, where it is known
	says   string // part of what it says, where that matters
}

// endings is the table.
func endings() []ending {
	plain := greeting()
	copy(plain[12:], "PLAIN")
	shaken := slices.Clip(append(greeting(), ready("PUSH")...)) // each row appends to a copy
	refused := func(why string) []byte { return append(greeting(), wire.Error{Reason: why}.AppendTo(nil)...) }
	quick := []socket.Option{socket.HandshakeInterval(50 * time.Millisecond)}
	return []ending{
		{name: "mechanism", bytes: plain, breach: true},
		{name: "socket type", bytes: append(greeting(), ready("PUB")...), breach: true},
		{name: "socket type in lower case", bytes: append(greeting(), ready("push")...), breach: true},
		{name: "metadata", bytes: append(greeting(), "\x04\x08\x05READY\x0bS"...), breach: true},
		{name: "unexpected command", bytes: append(greeting(), wire.Ping{}.AppendTo(nil)...), breach: true},
		{name: "ERROR 300", bytes: refused("300"), breach: true},
		{name: "ERROR 400", bytes: refused("400"), breach: true},
		{name: "ERROR 500", bytes: refused("500"), breach: true},
		{name: "ERROR", bytes: refused(""), breach: true},
		{name: "oversize", bytes: append(shaken, announce(1001)...), breach: true, opts: []socket.Option{socket.MaxMsgSize(1000)}},
		{name: "short PING", bytes: append(shaken, "\x04\x06\x04PING\x00"...), breach: true},
		{name: "malformed reply", typ: "REQ", bytes: append(append(greeting(), ready("REP")...), "\x00\x05hello"...), breach: true},
		{name: "EOF", bytes: shaken, closes: true},
		{name: "EOF in the handshake", bytes: greeting()[:20], closes: true, says: "another mechanism than NULL"},
		{name: "hung up at once", bytes: greeting(), closes: true, says: "the peer hung up"},
		{name: "reset", bytes: shaken, resets: true},
		{name: "reset in the handshake", bytes: greeting(), resets: true, says: "the peer hung up"},
		{name: "HANDSHAKE_IVL", bytes: greeting(), opts: quick, err: socket.ErrHandshakeTimeout},
		{name: "heartbeat", bytes: shaken, err: socket.ErrHeartbeatTimeout, opts: []socket.Option{
			socket.HeartbeatInterval(20 * time.Millisecond),
		}},
		{name: "TTL", bytes: append(shaken, wire.Ping{TTL: 100 * time.Millisecond}.AppendTo(nil)...), err: socket.ErrHeartbeatTimeout},
	}
}

// serve gives a connection that ending, as its peer.
func (e ending) serve(conn net.Conn) {
	_, _ = conn.Write(e.bytes) // the other side may have closed
	if e.resets {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	if e.resets || e.closes {
		_, _ = io.ReadAtLeast(conn, make([]byte, 1000), min(len(e.bytes), 64)) // it has begun
		_ = conn.Close()
		return
	}
	_, _ = io.Copy(io.Discard, conn) // until the other side closes
	_ = conn.Close()
}

// acceptLoop gives that ending to one connection after the other. It ends with the listener.
func (e ending) acceptLoop(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		e.serve(conn)
	}
}

// TestErrorClasses ends connections in all ways, over tcp and ipc, to a connecting socket and to a bound one. A breach of protocol ends the endpoint that
// connected, and anything else is tried again; a bound socket loses the connection and nothing else.
func TestErrorClasses(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, e := range endings() {
			if e.resets && network == "unix" {
				continue // there is no such thing
			}
			for _, binds := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/binds %t", network, e.name, binds), func(t *testing.T) { e.verify(t, network, binds) })
			}
		}
	}
}

// verify ends a connection of a socket that binds or connects.
func (e ending) verify(t *testing.T, network string, binds bool) {
	t.Helper()
	events := make(chan socket.Event, 1000)
	rt := newRuntime(t, socket.WithEvents(func(v socket.Event) { events <- v }))
	typ := e.typ
	if typ == "" {
		typ = "PULL"
	}
	s, err := socket.Open(rt, typ, append(slices.Clone(e.opts), socket.ReconnectInterval(time.Millisecond))...)
	require.NoError(t, err)
	address, scheme := "127.0.0.1:0", "tcp://"
	if network == "unix" {
		address, scheme = strings.TrimPrefix(nowhere(t), "ipc://"), "ipc://"
	}
	if binds {
		conn, err := net.Dial(network, strings.TrimPrefix(bind(t, s, scheme+address).String(), scheme))
		require.NoError(t, err)
		go e.serve(conn)
	} else {
		l, err := net.Listen(network, address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		go e.acceptLoop(l)
		connect(t, s, scheme+l.Addr().String())
	}
	e.await(t, events, binds)
}

// await waits for the event of the ending. One that does not come ends the test at its time limit.
func (e ending) await(t *testing.T, events <-chan socket.Event, binds bool) {
	t.Helper()
	want, never := []socket.EventKind{socket.EventDisconnected, socket.EventHandshakeFailed}, socket.EventEnded
	switch {
	case !binds && e.breach:
		want, never = []socket.EventKind{socket.EventEnded}, socket.EventRetried
	case !binds:
		want = []socket.EventKind{socket.EventRetried}
	}
	for v := range events {
		require.NotEqual(t, never, v.Kind, v.String())
		if !slices.Contains(want, v.Kind) {
			continue
		}
		if e.breach {
			require.ErrorAs(t, v.Err, new(*socket.ProtocolError))
		} else {
			require.NotErrorAs(t, v.Err, new(*socket.ProtocolError))
		}
		if e.err != nil {
			require.ErrorIs(t, v.Err, e.err)
		}
		require.ErrorContains(t, v.Err, e.says)
		return
	}
}

// TestReconnectStop gives an endpoint up after what the option names, and only then. (libzmq: test_reconnect_options)
func TestReconnectStop(t *testing.T) {
	closing := ending{bytes: greeting()[:20], closes: true}
	for _, c := range []struct {
		on      socket.StopReasons
		listens bool
		ends    bool
	}{
		{0, false, false},
		{0, true, false},
		{socket.StopOnRefused, false, true},
		{socket.StopOnRefused, true, false},
		{socket.StopOnHandshakeFailed, false, false},
		{socket.StopOnHandshakeFailed, true, true},
		{socket.StopOnRefused | socket.StopOnHandshakeFailed, false, true},
		{socket.StopAfterDisconnect, true, false},
		{socket.StopOnRefused | socket.StopOnHandshakeFailed, true, true},
	} {
		t.Run(fmt.Sprintf("%d/%t", c.on, c.listens), func(t *testing.T) {
			events := make(chan socket.Event, 1000)
			rt := newRuntime(t, socket.WithEvents(func(v socket.Event) { events <- v }))
			pull := newPull(t, rt, socket.ReconnectStop(c.on), socket.ReconnectInterval(time.Millisecond))
			ep := nobody(t)
			if c.listens {
				var l net.Listener
				l, ep = listenRaw(t)
				go closing.acceptLoop(l)
			}
			connect(t, pull, ep)
			good, bad := socket.EventRetried, socket.EventEnded
			if c.ends {
				good, bad = bad, good
			}
			for v := range events {
				require.NotEqual(t, bad, v.Kind, v.String())
				if v.Kind == good {
					return
				}
			}
		})
	}
	_, err := socket.NewPull(newRuntime(t), socket.ReconnectStop(8))
	require.ErrorIs(t, err, socket.ErrBadOption)
}
