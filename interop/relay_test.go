package interop

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A relay stands between two peers, passes everything on, and counts the PONGs, of either side. Where nothing but heartbeats passes, a PONG is what has its
// name in it; over CURVE, where names are sealed, each PING and each PONG is a MESSAGE.
type relay struct {
	// Set by newRelay, then read-only.
	listener net.Listener
	at       string        // where it listens
	to       string        // where connections go on to
	sign     []byte        // what it counts
	pongs    chan struct{} // a word for each

	loops sync.WaitGroup // joins the loops
	mu    sync.Mutex
	conns []net.Conn // guarded by mu: to be closed at the end
}

// What a relay can count. https://rfc.zeromq.org/spec/37/#formal-grammar
var (
	pong   = []byte("\x04PONG")    // how the body of a PONG begins
	sealed = []byte("\x07MESSAGE") // how that of any frame of CURVE's does
)

// newRelay makes a relay of a transport to an endpoint, which ends with the test.
func newRelay(ctx context.Context, t *testing.T, at *place, to string, sign []byte) *relay {
	t.Helper()
	l, endpoint := listen(ctx, t, at)
	r := &relay{listener: l, at: endpoint, to: to, sign: sign, pongs: make(chan struct{}, 1<<16)}
	r.loops.Go(r.acceptLoop)
	t.Cleanup(func() {
		_ = l.Close()
		r.mu.Lock()
		for _, conn := range r.conns {
			_ = conn.Close()
		}
		r.mu.Unlock()
		r.loops.Wait()
	})
	return r
}

// acceptLoop connects each connection to the target. It ends with the listener.
func (r *relay) acceptLoop() {
	for {
		in, err := r.listener.Accept()
		if err != nil {
			return
		}
		name, address := network(r.to)
		out, err := net.Dial(name, address)
		if err != nil {
			_ = in.Close()
			continue
		}
		r.mu.Lock()
		r.conns = append(r.conns, in, out)
		r.mu.Unlock()
		r.loops.Go(func() { r.passLoop(in, out) })
		r.loops.Go(func() { r.passLoop(out, in) })
	}
}

// passLoop passes on what comes from one side. It ends with either, and ends both.
func (r *relay) passLoop(from, to net.Conn) {
	_, _ = io.Copy(to, io.TeeReader(from, &pongCounter{relay: r})) // however it ends, it has ended
	_ = from.Close()
	_ = to.Close()
}

// A pongCounter finds PONGs in a stream. It belongs to one loop.
type pongCounter struct {
	relay *relay
	tail  []byte // the last octets, which may be the beginning of one
}

// Write looks through p.
func (c *pongCounter) Write(p []byte) (int, error) {
	seen := append(c.tail, p...)
	for range bytes.Count(seen, c.relay.sign) {
		c.relay.pongs <- struct{}{}
	}
	c.tail = append([]byte(nil), seen[max(0, len(seen)-len(c.relay.sign)+1):]...)
	return len(p), nil
}

// forget leaves out of account what has passed.
func (r *relay) forget() {
	for range len(r.pongs) {
		<-r.pongs
	}
}

// await waits until so many more PONGs have passed.
func (r *relay) await(ctx context.Context, t *testing.T, n int) {
	t.Helper()
	for i := range n {
		select {
		case <-r.pongs:
		case <-ctx.Done():
			require.NoError(t, ctx.Err(), "%d PONGs have passed", i)
		}
	}
}

// joinThroughRelay is join, with a relay between the two that counts PONGs.
func (s *scene) joinThroughRelay() *relay {
	s.Helper()
	return s.joinThrough(pong)
}

// joinThrough is joinThroughRelay for any sign to be counted.
func (s *scene) joinThrough(sign []byte) *relay {
	s.Helper()
	bind, connect := s.placePeer, s.placeWeir
	if s.pair.weirBinds {
		bind, connect = connect, bind
	}
	bind()
	r := newRelay(s.ctx, s.T, s.pair.place, s.endpoint, sign)
	s.endpoint = r.at
	connect()
	s.meet()
	return r
}
