package interop

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A relay stands between two peers of tcp, passes everything on, and counts the PONGs, of either side. Where nothing but heartbeats passes, a PONG is what
// has its name in it.
type relay struct {
	// Set by newRelay, then read-only.
	listener net.Listener
	to       string        // where connections go on to
	pongs    chan struct{} // a word for each

	loops sync.WaitGroup // joins the loops
	mu    sync.Mutex
	conns []net.Conn // guarded by mu: to be closed at the end
}

// pong is how the body of a PONG begins. https://rfc.zeromq.org/spec/37/#formal-grammar
var pong = []byte("\x04PONG")

// newRelay makes a relay to an endpoint, which ends with the test.
func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{listener: l, to: strings.TrimPrefix(to, "tcp://"), pongs: make(chan struct{}, 1<<16)}
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

// endpoint is where to connect in place of the relay's own target.
func (r *relay) endpoint() string { return "tcp://" + r.listener.Addr().String() }

// acceptLoop connects each connection to the target. It ends with the listener.
func (r *relay) acceptLoop() {
	for {
		in, err := r.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", r.to)
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
	for range bytes.Count(seen, pong) {
		c.relay.pongs <- struct{}{}
	}
	c.tail = append([]byte(nil), seen[max(0, len(seen)-len(pong)+1):]...)
	return len(p), nil
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

// joinThroughRelay is join for tcp, with a relay between the two.
func (s *scene) joinThroughRelay() *relay {
	s.Helper()
	if s.pair.weirBinds {
		s.placeWeir()
		r := newRelay(s.T, s.endpoint)
		s.endpoint = r.endpoint()
		s.placePeer()
		s.meet()
		return r
	}
	s.placePeer()
	r := newRelay(s.T, s.endpoint)
	s.endpoint = r.endpoint()
	s.placeWeir()
	s.meet()
	return r
}
