package codec_test

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/wire"
)

// patience is how long a peer waits for the codec, in fake time: as long as nothing is wrong, none of it passes.
const patience = 10 * time.Minute

// A recorder is the codec's end of a connection. It notes what it is asked to write.
type recorder struct {
	net.Conn

	mu     sync.Mutex
	writes [][]byte // guarded by mu: the slices given to Write, as they were: not copied
	closes int      // guarded by mu: calls of Close
}

// Write notes p and passes it on.
func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	r.writes = append(r.writes, p)
	r.mu.Unlock()
	return r.Conn.Write(p)
}

// Close notes the call and passes it on.
func (r *recorder) Close() error {
	r.mu.Lock()
	r.closes++
	r.mu.Unlock()
	return r.Conn.Close()
}

// forget drops the n oldest writes.
func (r *recorder) forget(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes = r.writes[n:]
}

// taken returns the writes since the last call.
func (r *recorder) taken() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	writes := r.writes
	r.writes = nil
	return writes
}

// sizes returns the lengths of the writes since the last call.
func (r *recorder) sizes() []int {
	var n []int
	for _, w := range r.taken() {
		n = append(n, len(w))
	}
	return n
}

// A peer is the other end of a codec's connection: a test writes down what it sends, and what it wants to see. A net.Pipe holds nothing, so what
// the peer has not read the codec has not written.
type peer struct {
	t    *testing.T
	conn net.Conn
	end  *recorder // the codec's end
}

// greeting is what a peer that speaks ZMTP 3.minor over NULL begins with.
func greeting(minor byte) []byte {
	g := make([]byte, 64)
	g[0], g[8], g[9], g[10], g[11] = 0xFF, 1, 0x7F, 3, minor
	copy(g[12:], "NULL")
	return g
}

// ready is the READY of a socket type.
func ready(socketType string) []byte {
	return wire.Ready{Metadata: wire.Metadata{{Name: wire.PropertySocketType, Value: socketType}}}.AppendTo(nil)
}

// hello is the whole handshake of a PULL that speaks ZMTP 3.minor.
func hello(minor byte) []byte { return append(greeting(minor), ready(wire.TypePull)...) }

// shakes shakes hands as a PULL that speaks ZMTP 3.1.
func (p *peer) shakes() {
	p.t.Helper()
	p.shakesWith(hello(1))
}

// shakesWith shakes hands with those octets. The recorder keeps none of the two writes that answer them, if they were read at once.
func (p *peer) shakesWith(octets []byte) {
	p.t.Helper()
	p.reads(10)
	sent := p.streams(octets, len(octets))
	p.reads(54)
	p.frame()
	require.NoError(p.t, sent())
	p.end.forget(2)
}

// sends writes octets, and waits until the codec has read them.
func (p *peer) sends(octets ...[]byte) {
	p.t.Helper()
	require.NoError(p.t, p.conn.SetWriteDeadline(time.Now().Add(patience)))
	for _, b := range octets {
		_, err := p.conn.Write(b)
		require.NoError(p.t, err, "sending %d octets", len(b))
	}
	_ = p.conn.SetWriteDeadline(time.Time{}) // fails where the codec has closed meanwhile
}

// streams writes octets in pieces of size, in the background. The function that it returns waits for the end and returns the error.
func (p *peer) streams(octets []byte, size int) func() error {
	end := make(chan error, 1)
	go func() {
		for len(octets) > 0 {
			piece := min(size, len(octets))
			if _, err := p.conn.Write(octets[:piece]); err != nil {
				end <- err
				return
			}
			octets = octets[piece:]
		}
		end <- nil
	}()
	return func() error { return <-end }
}

// wantStuck requires that the codec does not read what the peer sends now. What it might read later is lost.
func (p *peer) wantStuck(why string) {
	p.t.Helper()
	require.NoError(p.t, p.conn.SetWriteDeadline(time.Now().Add(1)))
	_, err := p.conn.Write([]byte{0})
	require.ErrorIs(p.t, err, os.ErrDeadlineExceeded, why)
	_ = p.conn.SetWriteDeadline(time.Time{}) // fails where the codec has closed meanwhile
}

// reads returns the next n octets.
func (p *peer) reads(n int) []byte {
	p.t.Helper()
	b := make([]byte, n)
	require.NoError(p.t, p.conn.SetReadDeadline(time.Now().Add(patience)))
	_, err := io.ReadFull(p.conn, b)
	require.NoError(p.t, err, "reading %d octets", n)
	_ = p.conn.SetReadDeadline(time.Time{}) // fails where the codec has closed meanwhile
	return b
}

// frame reads one frame.
func (p *peer) frame() (wire.Flags, []byte) {
	p.t.Helper()
	head := p.reads(2)
	flags, size := wire.Flags(head[0]), uint64(head[1])
	if flags&wire.Large != 0 {
		size = binary.BigEndian.Uint64(append(head[1:], p.reads(7)...))
	}
	return flags, p.reads(int(size))
}

// wantFrame requires that the next frame has those flags, Large apart, and that body.
func (p *peer) wantFrame(why string, flags wire.Flags, body string) {
	p.t.Helper()
	gotFlags, got := p.frame()
	require.Equal(p.t, flags, gotFlags&^wire.Large, why)
	require.Equal(p.t, body, string(got), why)
}

// wantMessage requires that the next frames are those of one message.
func (p *peer) wantMessage(why string, frames ...string) {
	p.t.Helper()
	for i, f := range frames {
		flags := wire.More
		if i == len(frames)-1 {
			flags = 0
		}
		p.wantFrame(why, flags, f)
	}
}

// wantCommand requires that the next frame is that command.
func (p *peer) wantCommand(why string, want wire.Command) {
	p.t.Helper()
	frame := want.AppendTo(nil)
	require.Equal(p.t, string(frame), string(p.reads(len(frame))), why)
}

// wantOctets requires that the next octets are those.
func (p *peer) wantOctets(why string, want []byte) {
	p.t.Helper()
	got := p.reads(len(want))
	require.Equal(p.t, string(want), string(got), why)
}

// wantIdle requires that the codec has nothing to say.
func (p *peer) wantIdle(why string) {
	p.t.Helper()
	settle()
	require.NoError(p.t, p.conn.SetReadDeadline(time.Now().Add(1)))
	n, err := p.conn.Read(make([]byte, 1))
	require.ErrorIs(p.t, err, os.ErrDeadlineExceeded, why)
	require.Zero(p.t, n, why)
	_ = p.conn.SetReadDeadline(time.Time{}) // fails where the codec has closed meanwhile
}

// wantClosed requires that the codec has closed its end.
func (p *peer) wantClosed(why string) {
	p.t.Helper()
	settle()
	p.end.mu.Lock()
	closes := p.end.closes
	p.end.mu.Unlock()
	require.Positive(p.t, closes, why)
	_, err := io.Copy(io.Discard, p.conn)
	require.NoError(p.t, err, why)
}

// leaves closes the peer's end.
func (p *peer) leaves() { _ = p.conn.Close() }
