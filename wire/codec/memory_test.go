package codec_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// A memoryConn is a connection to a peer that has shaken hands, and then sends what it is fed and swallows what it is told. Nothing waits for it, so
// what is measured is the codec.
type memoryConn struct {
	net.Conn // nil: what is not overridden is not called

	closing sync.Once
	closed  chan struct{}
	feed    chan []byte // chunks to be read; each is read to its end before the next
	rest    []byte      // of the chunk that is being read; owned by the reader

	left    atomic.Int64  // octets that a sender waits for; below zero where nobody does
	drained chan struct{} // a word each time left comes down to zero
}

// newMemoryConn returns a connection whose peer is about to say hello.
func newMemoryConn() *memoryConn {
	c := &memoryConn{closed: make(chan struct{}), feed: make(chan []byte, 1), drained: make(chan struct{}, 1)}
	c.rest = hello(1)
	return c
}

// Read implements net.Conn.
func (c *memoryConn) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		select {
		case c.rest = <-c.feed:
		case <-c.closed:
			return 0, io.EOF
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// Write implements net.Conn.
func (c *memoryConn) Write(p []byte) (int, error) {
	if c.left.Add(-int64(len(p))) == 0 {
		c.drained <- struct{}{}
	}
	return len(p), nil
}

// Close implements net.Conn.
func (c *memoryConn) Close() error {
	c.closing.Do(func() { close(c.closed) })
	return nil
}

// SetDeadline implements net.Conn.
func (c *memoryConn) SetDeadline(time.Time) error { return nil }

// LocalAddr implements net.Conn.
func (c *memoryConn) LocalAddr() net.Addr { return nil }

// RemoteAddr implements net.Conn.
func (c *memoryConn) RemoteAddr() net.Addr { return nil }

// A bench is a codec on a memoryConn.
type bench struct {
	conn  *memoryConn
	out   *mailbox.Queue[wire.Message]
	count atomic.Int64  // messages delivered that nobody has waited for yet
	full  chan struct{} // a word each time count comes down to zero
	up    chan struct{} // closed by Up
}

// newBench starts a codec, as one changed its configuration, and returns when traffic may flow.
func newBench(tb testing.TB, changes ...func(*codec.Config)) *bench {
	b := &bench{conn: newMemoryConn(), full: make(chan struct{}, 1), up: make(chan struct{})}
	b.out = mailbox.New(mailbox.Config[wire.Message]{Mark: 1000})
	cfg := codec.Config{
		Line: new(codec.Line), Host: b, MaxMsgSize: -1, Handshake: wire.HandshakeConfig{SocketType: wire.TypeDealer},
		Open: func(context.Context) (net.Conn, error) { return b.conn, nil },
	}
	for _, change := range changes {
		change(&cfg)
	}
	sys := actor.NewSystem(actor.WithLogger(slog.New(slog.DiscardHandler)))
	ref, err := actor.Spawn(sys, "codec", func() actor.Actor[codec.Message] { return codec.New(cfg) })
	require.NoError(tb, err)
	tb.Cleanup(func() {
		cfg.Line.Shut(nil)
		ref.Stop()
		<-ref.Done()
		require.NoError(tb, sys.Shutdown(context.Background()))
	})
	<-b.up
	b.conn.left.Store(0) // the handshake was taken off
	return b
}

// Up implements codec.Host.
func (b *bench) Up(self actor.Ref[codec.Message], _ codec.Peer) {
	_ = self.Tell(&codec.Attach{Out: b.out, In: b})
	close(b.up)
}

// Down implements codec.Host.
func (b *bench) Down(codec.Loss) {}

// Flushed implements codec.Host.
func (b *bench) Flushed() {}

// Deliver implements codec.Inlet.
func (b *bench) Deliver(_ context.Context, msgs []wire.Message) (int, error) {
	if b.count.Add(-int64(len(msgs))) == 0 {
		b.full <- struct{}{}
	}
	return len(msgs), nil
}

// inChunk is how many messages there are in a chunk that a bench receives.
const inChunk = 1000

// chunkOf encodes messages of size octets.
func chunkOf(size int) []byte {
	var chunk []byte
	for range inChunk {
		chunk = wire.AppendMessage(chunk, wire.MessageOf(body(size)))
	}
	return chunk
}

// receives feeds the codec with chunk so many times, and waits until all messages are delivered.
func (b *bench) receives(chunk []byte, times int) {
	b.count.Add(int64(inChunk * times))
	for range times {
		b.conn.feed <- chunk
	}
	<-b.full
}

// sends pushes m, which has one frame, n times, and waits until the connection has all of it.
func (b *bench) sends(m wire.Message, n int) {
	var head [wire.MaxHeader]byte
	b.sendsOctets(m, n, len(wire.AppendHeader(head[:0], 0, m.Size()))+m.Size())
}

// sendsOctets is sends for a message that takes so many octets on the wire.
func (b *bench) sendsOctets(m wire.Message, n, octets int) {
	b.conn.left.Add(int64(n * octets))
	for range n {
		_ = b.out.Push(context.Background(), m) // the queue stays open
	}
	<-b.conn.drained
}
