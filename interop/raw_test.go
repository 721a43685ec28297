package interop

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The flags of a frame: https://rfc.zeromq.org/spec/37/#framing
const (
	flagMore    = 1
	flagLarge   = 2
	flagCommand = 4
)

// greeting is a greeting of ZMTP 3.1 with a mechanism: https://rfc.zeromq.org/spec/37/#the-greeting
func greeting(mechanism string) []byte {
	g := make([]byte, 64)
	copy(g, []byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1})
	copy(g[12:32], mechanism)
	return g
}

// frame is a frame with any flags; flagLarge makes it one of the long form.
func frame(flags byte, body string) []byte {
	if flags&flagLarge == 0 {
		return append([]byte{flags, byte(len(body))}, body...)
	}
	return append(largeHeader(flags, uint64(len(body))), body...)
}

// largeHeader is the header of a frame of the long form that announces size bytes.
func largeHeader(flags byte, size uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{flags | flagLarge}, size)
}

// ready is a READY command with one property, the socket type.
func ready(socketType string) []byte {
	return frame(flagCommand, "\x05READY\x0bSocket-Type\x00\x00\x00"+string(rune(len(socketType)))+socketType)
}

// hello is all that a well-behaved peer of that type says before traffic begins.
func hello(socketType string) []byte {
	return append(greeting("NULL"), ready(socketType)...)
}

// A rawPeer is a connection that speaks whatever a test writes. It reads all the time, so that the other side never waits for it.
type rawPeer struct {
	conn   net.Conn
	ended  chan struct{} // closed when nothing more can be read: the other side has closed, or the test has
	pinged chan struct{} // room for one: a PONG with the context "barrier" has come
}

// newRawPeer takes over a connection. Its owner must call end.
func newRawPeer(conn net.Conn) *rawPeer {
	p := &rawPeer{conn: conn, ended: make(chan struct{}), pinged: make(chan struct{}, 1)}
	go p.readLoop()
	return p
}

// end closes the connection and waits for its goroutine. Twice does no harm.
func (p *rawPeer) end() {
	_ = p.conn.Close() // may be closed by now
	<-p.ended
}

// dialRaw opens a connection to an endpoint of tcp or ipc. It is closed when the test ends.
func dialRaw(ctx context.Context, t *testing.T, endpoint string) *rawPeer {
	t.Helper()
	scheme, address, _ := strings.Cut(endpoint, "://")
	network := map[string]string{"tcp": "tcp", "ipc": "unix"}[scheme]
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	require.NoError(t, err)
	p := newRawPeer(conn)
	t.Cleanup(p.end)
	return p
}

// readLoop reads until the end of the connection. end joins it.
func (p *rawPeer) readLoop() {
	defer close(p.ended)
	buf := make([]byte, 4096)
	var seen []byte
	for {
		n, err := p.conn.Read(buf)
		seen = append(seen, buf[:n]...)
		if strings.Contains(string(seen), "\x04PONGbarrier") {
			seen = nil
			select {
			case p.pinged <- struct{}{}:
			default:
			}
		}
		if err != nil {
			return
		}
	}
}

// ping is a PING whose PONG tells that what was sent before it has been read.
func ping() []byte { return frame(flagCommand, "\x04PING\x00\x00barrier") }

// write writes. That the other side has closed in the meantime is what some tests are about, and no failure.
func (p *rawPeer) write(b []byte) {
	_, _ = p.conn.Write(b)
}

// reset closes the connection so that the other side sees a reset, where the transport has such a thing.
func (p *rawPeer) reset() {
	if tcp, ok := p.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // fails only on a connection that is gone
	}
	_ = p.conn.Close()
}

// wantEnded waits until the other side has closed the connection.
func (p *rawPeer) wantEnded(ctx context.Context, t *testing.T) {
	t.Helper()
	select {
	case <-p.ended:
	case <-ctx.Done():
		require.NoError(t, ctx.Err(), "the connection is still open")
	}
}

// handshake says what a well-behaved peer of that type says, and waits until the other side has got as far as traffic: it answers a PING then. When
// the connection ends first, it reports false.
func (p *rawPeer) handshake(socketType string) bool {
	p.write(append(hello(socketType), ping()...))
	return p.ponged()
}

// ponged waits for a PONG, which tells that everything written before its PING has been read. It reports false when the connection ends first.
func (p *rawPeer) ponged() bool {
	select {
	case <-p.pinged:
		return true
	case <-p.ended:
		return false
	}
}
