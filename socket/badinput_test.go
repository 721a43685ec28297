package socket_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// A besieged is a bound PULL with one honest PUSH, and a record of the events.
type besieged struct {
	ctx    context.Context
	pull   *socket.Pull
	push   *socket.Push
	addr   string // host and port, for raw peers
	events chan socket.Event
}

// newBesieged makes one; opts are those of the door that raw peers come to. The honest peer has another: what is short for them never ends its connection.
func newBesieged(t *testing.T, opts ...socket.Option) *besieged {
	t.Helper()
	b := &besieged{ctx: within(t), events: make(chan socket.Event, 4096)}
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) { b.events <- e }))
	var err error
	b.pull, err = socket.NewPull(rt)
	require.NoError(t, err)
	ep, err := b.pull.Bind(b.ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	require.NoError(t, b.pull.Set(b.ctx, opts...))
	door, err := b.pull.Bind(b.ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	b.addr = strings.TrimPrefix(door.String(), "tcp://")
	b.push, err = socket.NewPush(rt)
	require.NoError(t, err)
	_, err = b.push.Connect(b.ctx, ep.String())
	require.NoError(t, err)
	require.NoError(t, b.push.WaitPeers(b.ctx, 1))
	b.checkAlive(t)
	return b
}

// checkAlive wants the honest peer's messages to arrive.
func (b *besieged) checkAlive(t *testing.T) {
	t.Helper()
	require.NoError(t, b.push.Send(b.ctx, socket.NewMessage("honest")))
	m, err := b.pull.Recv(b.ctx)
	require.NoError(t, err)
	require.Equal(t, "honest", m.String())
}

// dial is a raw peer.
func (b *besieged) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", b.addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// awaitEvent returns the first event of the PULL about peer of a kind.
func (b *besieged) awaitEvent(t *testing.T, peer net.Addr, kind socket.EventKind) socket.Event {
	t.Helper()
	for {
		select {
		case e := <-b.events:
			if e.Socket == b.pull.String() && e.Peer == peer.String() && e.Kind == kind {
				return e
			}
		case <-b.ctx.Done():
			require.FailNow(t, "no event", "%s about %s", kind, peer)
		}
	}
}

// greeting is ZMTP 3.1 with the NULL mechanism.
func greeting() []byte {
	g := make([]byte, 64)
	g[0], g[8], g[9], g[10], g[11] = 0xFF, 1, 0x7F, 3, 1
	copy(g[12:], "NULL")
	return g
}

// ready is a READY command for a socket type.
func ready(typ string) []byte {
	body := append([]byte("\x05READY\x0bSocket-Type"), 0, 0, 0, byte(len(typ)))
	body = append(body, typ...)
	return append([]byte{4, byte(len(body))}, body...)
}

// shake takes conn through a handshake as a PUSH.
func shake(t *testing.T, conn net.Conn) {
	t.Helper()
	_, err := conn.Write(append(greeting(), ready("PUSH")...))
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 64+2+len(ready("PULL"))-2))
	require.NoError(t, err)
}

// announce is the header of a frame of size bytes.
func announce(size uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{2}, size)
}

// wantClosed reads until the other side closes.
func wantClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
	_, err := io.Copy(io.Discard, conn)
	var timeout net.Error
	require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "the connection is still open")
}

// TestBadInputCostsOneConnection has peers break the protocol in every phase: each loses its own connection, the event says why, and the honest peer goes on.
func TestBadInputCostsOneConnection(t *testing.T) {
	garbage := []byte("GET / HTTP/1.1\r\nHost: example\r\n\r\n")
	shaken := append(greeting(), ready("PUSH")...)
	for _, c := range []struct {
		name  string
		bytes []byte
		kind  socket.EventKind
		says  string
	}{
		{"garbage", garbage, socket.EventHandshakeFailed, ""},
		{"binary garbage", []byte(strings.Repeat("\xff\x00\x80", 400)), socket.EventHandshakeFailed, ""},
		{"unknown socket type", append(greeting(), ready("NONSENSE")...), socket.EventHandshakeFailed, "NONSENSE"},
		{"incompatible socket type", append(greeting(), ready("PUB")...), socket.EventHandshakeFailed, "PUB"},
		{"a frame of 2^63 bytes", append(shaken, announce(1<<63)...), socket.EventDisconnected, ""},
		{"ERROR command", append(greeting(), "\x04\x0a\x05ERROR\x03400"...), socket.EventHandshakeFailed, "400"},
		{"broken metadata", append(greeting(), "\x04\x08\x05READY\x0bS"...), socket.EventHandshakeFailed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBesieged(t)
			conn := b.dial(t)
			_, err := conn.Write(c.bytes)
			require.NoError(t, err)
			e := b.awaitEvent(t, conn.LocalAddr(), c.kind)
			var pe *socket.ProtocolError
			require.ErrorAs(t, e.Err, &pe, "the event names the reason")
			require.Contains(t, e.Err.Error(), c.says)
			wantClosed(t, conn)
			b.checkAlive(t)
		})
	}
}

// TestHalfGreetingThenSilence has a peer fall silent in its greeting: it is given up after HandshakeInterval.
func TestHalfGreetingThenSilence(t *testing.T) {
	b := newBesieged(t, socket.HandshakeInterval(50*time.Millisecond))
	conn := b.dial(t)
	_, err := conn.Write(greeting()[:30])
	require.NoError(t, err)
	e := b.awaitEvent(t, conn.LocalAddr(), socket.EventHandshakeFailed)
	require.ErrorIs(t, e.Err, socket.ErrHandshakeTimeout)
	wantClosed(t, conn)
	b.checkAlive(t)
}

// TestResetInMidFrame has a peer reset its connection in the middle of a frame: nothing of the message is delivered.
func TestResetInMidFrame(t *testing.T) {
	b := newBesieged(t)
	conn := b.dial(t)
	shake(t, conn)
	_, err := conn.Write(append(announce(1000), "the beginning of a thousand bytes"...))
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).SetLinger(0))
	require.NoError(t, conn.Close())
	b.awaitEvent(t, conn.LocalAddr(), socket.EventDisconnected)
	b.checkAlive(t)
	_, err = b.pull.TryRecv()
	require.ErrorIs(t, err, socket.ErrWouldBlock, "no part of the broken message is delivered")
}

// TestOversizeFrame has a peer announce a frame over MaxMsgSize: it is not waited for.
func TestOversizeFrame(t *testing.T) {
	b := newBesieged(t, socket.MaxMsgSize(1000))
	conn := b.dial(t)
	shake(t, conn)
	_, err := conn.Write(announce(1001))
	require.NoError(t, err)
	e := b.awaitEvent(t, conn.LocalAddr(), socket.EventDisconnected)
	var pe *socket.ProtocolError
	require.ErrorAs(t, e.Err, &pe)
	b.checkAlive(t)
}

// TestEndInMidFrame has a peer close its connection in the middle of a frame, in good order: the event says that something is missing.
func TestEndInMidFrame(t *testing.T) {
	b := newBesieged(t)
	conn := b.dial(t)
	shake(t, conn)
	_, err := conn.Write(append(announce(1000), "the beginning of a thousand bytes"...))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.ErrorIs(t, b.awaitEvent(t, conn.LocalAddr(), socket.EventDisconnected).Err, io.ErrUnexpectedEOF)
	b.checkAlive(t)
	_, err = b.pull.TryRecv()
	require.ErrorIs(t, err, socket.ErrWouldBlock, "no part of the broken message is delivered")
}

// A hundred peers that announce a terabyte each, and send a little of it, cost less than 50 MB together.
func TestAnnouncedTerabytes(t *testing.T) {
	b := newBesieged(t)
	before := heap()
	var conns []net.Conn
	for range 100 {
		conn := b.dial(t)
		shake(t, conn)
		_, err := conn.Write(append(announce(1<<40), "a few bytes of it"...))
		require.NoError(t, err)
		conns = append(conns, conn)
	}
	require.NoError(t, b.pull.WaitPeers(b.ctx, 101))
	b.checkAlive(t)
	require.Less(t, heap()-before, int64(50<<20), "bytes")
	for _, c := range conns {
		require.NoError(t, c.Close())
	}
}

// heap is what the process has in use, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}

// A thousand silent connections delay nobody: an honest peer shakes hands among them, long before their time is up.
func TestSilentConnectionsDelayNobody(t *testing.T) {
	b := newBesieged(t, socket.HandshakeInterval(10*patience))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 125 {
				if conn, err := net.Dial("tcp", b.addr); err == nil {
					t.Cleanup(func() { _ = conn.Close() })
				}
			}
		})
	}
	wg.Wait()
	rt := newRuntime(t)
	late, err := socket.NewPush(rt)
	require.NoError(t, err)
	_, err = late.Connect(b.ctx, "tcp://"+b.addr)
	require.NoError(t, err)
	require.NoError(t, late.Send(b.ctx, socket.NewMessage("late")))
	m, err := b.pull.Recv(b.ctx)
	require.NoError(t, err)
	require.Equal(t, "late", m.String())
	b.checkAlive(t)
}

// A connecting side that meets a breach of the protocol does not come back for more.
func TestProtocolErrorEndsTheEndpoint(t *testing.T) {
	ctx := within(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	events := make(chan socket.Event, 100)
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) { events <- e }))
	push, err := socket.NewPush(rt, socket.ReconnectInterval(time.Millisecond))
	require.NoError(t, err)
	_, err = push.Connect(ctx, "tcp://"+l.Addr().String())
	require.NoError(t, err)
	conn, err := l.Accept()
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write(append(greeting(), ready("SUB")...))
	require.NoError(t, err)
	for e := range events {
		require.NotEqual(t, socket.EventRetried, e.Kind)
		if e.Kind == socket.EventEnded {
			var pe *socket.ProtocolError
			require.ErrorAs(t, e.Err, &pe)
			break
		}
	}
	require.ErrorIs(t, push.TrySend(socket.NewMessage("x")), socket.ErrNoPeers)
}
