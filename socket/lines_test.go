package socket_test

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// A line is one end of a net.Pipe with names as of tcp. It has no buffer: what the other end has not read has not been written, so nothing blurs what a
// queue holds; and it works in a bubble.
type line struct{ net.Conn }

// LocalAddr is a name.
func (line) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// RemoteAddr is a name.
func (line) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }

// A lineListener accepts one line, and then waits for its end.
type lineListener struct {
	lines  chan net.Conn
	closed chan struct{}
}

// Accept returns the line, once.
func (l *lineListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.lines:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close is called once.
func (l *lineListener) Close() error {
	close(l.closed)
	return nil
}

// Addr is a name.
func (*lineListener) Addr() net.Addr { return line{}.LocalAddr() }

// onLine joins s, as its bound or its connecting side, to a raw peer of type typ that calls itself id; without a type the peer has no handshake.
func onLine(t *testing.T, ctx context.Context, s *socket.Any, bound bool, typ, id string) *rawPeer {
	t.Helper()
	var p *rawPeer
	if bound {
		_, p = bindLine(t, ctx, s)
	} else {
		ours, theirs := net.Pipe()
		p = &rawPeer{t: t, conn: theirs, dec: wire.NewDecoder(-1)}
		_, err := s.ConnectConn(ctx, line{ours})
		require.NoError(t, err)
	}
	t.Cleanup(func() { _ = p.conn.Close() })
	if typ != "" {
		p.shakeLine(typ, id)
	}
	return p
}

// shakeLine shakes hands: it speaks when it has heard the first octet, since both ends of a line cannot begin by writing, and writes beside reading.
func (p *rawPeer) shakeLine(typ, id string) {
	p.t.Helper()
	h := wire.NewHandshake(wire.HandshakeConfig{SocketType: typ, Identity: []byte(id)})
	out, written := make(chan []byte, 16), make(chan struct{})
	go func() {
		defer close(written)
		for b := range out {
			_, _ = p.conn.Write(b) // where it fails, so does the reading
		}
	}()
	done := sync.OnceFunc(func() { close(out) })
	defer done()
	hello := h.Start()
	buf := make([]byte, 1)
	for !h.Done() {
		_, err := p.conn.Read(buf)
		require.NoError(p.t, err)
		_, reply, err := h.Receive(buf)
		require.NoError(p.t, err)
		if reply = append(hello, reply...); len(reply) > 0 {
			out <- reply
		}
		hello = nil
	}
	done()
	<-written
}

// overLines runs f for a bound and for a connected socket, each in a bubble of its own.
func overLines(t *testing.T, name string, f func(t *testing.T, ctx context.Context, rt *socket.Runtime, bound bool)) {
	t.Helper()
	for _, bound := range []bool{true, false} {
		side := "connected"
		if bound {
			side = "bound"
		}
		t.Run(name+"/"+side, func(t *testing.T) {
			bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) { f(t, ctx, rt, bound) })
		})
	}
}

// bindLine binds a socket to a line, and returns where that is and the peer at its other end.
func bindLine(t *testing.T, ctx context.Context, s interface {
	BindListener(ctx context.Context, l net.Listener) (*socket.Endpoint, error)
},
) (at *socket.Endpoint, peer *rawPeer) {
	t.Helper()
	ours, theirs := net.Pipe()
	l := &lineListener{lines: make(chan net.Conn, 1), closed: make(chan struct{})}
	l.lines <- line{ours}
	at, err := s.BindListener(ctx, l)
	require.NoError(t, err)
	return at, &rawPeer{t: t, conn: theirs, dec: wire.NewDecoder(-1)}
}
