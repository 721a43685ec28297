package socket_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// A rawPeer speaks ZMTP over a plain connection: the part of a socket type that this package does not have, or of one that misbehaves. Owned by the
// test's goroutine.
type rawPeer struct {
	t    *testing.T
	conn net.Conn
	dec  *wire.Decoder
	have []wire.Message // decoded and not received yet
}

// dialRaw connects to an endpoint of tcp and shakes hands as a socket of type typ.
func dialRaw(t *testing.T, endpoint, typ string) *rawPeer {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
	require.NoError(t, err)
	return shakeRaw(t, conn, typ)
}

// acceptRaw accepts one connection of a listener and shakes hands as a socket of type typ.
func acceptRaw(t *testing.T, l net.Listener, typ string) *rawPeer {
	t.Helper()
	conn, err := l.Accept()
	require.NoError(t, err)
	return shakeRaw(t, conn, typ)
}

// listenRaw listens on tcp and returns the endpoint too.
func listenRaw(t *testing.T) (net.Listener, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l, "tcp://" + l.Addr().String()
}

// shakeRaw shakes hands.
func shakeRaw(t *testing.T, conn net.Conn, typ string) *rawPeer {
	t.Helper()
	return shakeRawAs(t, conn, wire.HandshakeConfig{SocketType: typ})
}

// shakeRawAs shakes hands as whoever cfg says.
func shakeRawAs(t *testing.T, conn net.Conn, cfg wire.HandshakeConfig) *rawPeer {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	p := &rawPeer{t: t, conn: conn, dec: wire.NewDecoder(-1)}
	h := wire.NewHandshake(cfg)
	p.write(h.Start())
	buf := make([]byte, 1)
	for !h.Done() {
		_, err := io.ReadFull(conn, buf)
		require.NoError(t, err)
		_, reply, err := h.Receive(buf)
		require.NoError(t, err)
		p.write(reply)
	}
	return p
}

// write writes bytes.
func (p *rawPeer) write(b []byte) {
	p.t.Helper()
	_, err := p.conn.Write(b)
	require.NoError(p.t, err)
}

// send sends a message.
func (p *rawPeer) send(frames ...string) {
	p.t.Helper()
	p.write(wire.AppendMessage(nil, wire.NewMessage(frames...)))
}

// recv returns the frames of the next message.
func (p *rawPeer) recv() []string {
	p.t.Helper()
	buf := make([]byte, 4096)
	for len(p.have) == 0 {
		n, err := p.conn.Read(buf)
		require.NoError(p.t, err)
		p.decode(buf[:n])
	}
	m := p.have[0]
	p.have = p.have[1:]
	var frames []string
	for _, f := range m.All() {
		frames = append(frames, string(f))
	}
	return frames
}

// decode decodes bytes; commands are written down as messages whose first frame is their name.
func (p *rawPeer) decode(b []byte) {
	p.t.Helper()
	for len(b) > 0 {
		n, msgs, cmd, err := p.dec.Decode(b, p.have)
		require.NoError(p.t, err)
		p.have, b = msgs, b[n:]
		if cmd == nil {
			continue
		}
		c, err := wire.ParseCommand(cmd)
		require.NoError(p.t, err)
		switch c := c.(type) {
		case wire.Subscribe:
			p.have = append(p.have, wire.NewMessage("SUBSCRIBE", string(c.Topic)))
		case wire.Cancel:
			p.have = append(p.have, wire.NewMessage("CANCEL", string(c.Topic)))
		default:
			require.Fail(p.t, "unexpected command", "%T", c)
		}
	}
}

// wantEnd wants the connection to be closed by the other side.
func (p *rawPeer) wantEnd() {
	p.t.Helper()
	_, err := p.conn.Read(make([]byte, 1))
	require.Error(p.t, err)
	require.False(p.t, errors.Is(err, socket.ErrWouldBlock))
	var timeout net.Error
	require.False(p.t, errors.As(err, &timeout) && timeout.Timeout(), "still open")
}
