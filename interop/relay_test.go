package interop

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// A relay stands between two peers, passes everything on, and counts the PONGs, of either side, or the PINGs. Where nothing but heartbeats passes, a PONG is what has its
// name in it; over CURVE, where names are sealed, each PING and each PONG is a MESSAGE. It can freeze, as a line does whose other end has lost its power: nothing
// passes, not even the end of a connection.
type relay struct {
	// Set by newRelay, then read-only.
	listener net.Listener
	at       string        // where it listens
	to       string        // where connections go on to
	sign     []byte        // what it counts
	pongs    chan struct{} // a word for each

	loops sync.WaitGroup // joins the loops
	mu    sync.Mutex
	conns []net.Conn    // guarded by mu: to be closed at the end
	ice   chan struct{} // guarded by mu: closed by thaw; nil while all flows
	quiet bool          // guarded by mu: ice is for what is said, not for whoever comes
	over  bool          // guarded by mu: the test has ended
}

// What a relay can count. https://rfc.zeromq.org/spec/37/#formal-grammar
var (
	pinged = []byte("\x04PING")    // how the body of a PING begins
	pong   = []byte("\x04PONG")    // how that of a PONG does
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
		r.over = true
		r.mu.Unlock()
		r.thaw()
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
		r.hold(true)
		name, address := network(r.to)
		out, err := net.Dial(name, address)
		if err != nil {
			_ = in.Close()
			continue
		}
		r.mu.Lock()
		r.conns = append(r.conns, in, out)
		over := r.over
		r.mu.Unlock()
		if over {
			_, _ = in.Close(), out.Close()
			return
		}
		r.loops.Go(func() { r.passLoop(in, out) })
		r.loops.Go(func() { r.passLoop(out, in) })
	}
}

// passLoop passes on what comes from one side. It ends with either, and ends both.
func (r *relay) passLoop(from, to net.Conn) {
	_, _ = io.Copy(to, io.TeeReader(from, &pongCounter{relay: r})) // however it ends, it has ended
	r.hold(false)
	_ = from.Close()
	_ = to.Close()
}

// freeze stops everything that passes, and whoever comes.
func (r *relay) freeze() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ice = make(chan struct{})
}

// hush stops everything that is said, but lets whoever comes through to the other side.
func (r *relay) hush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ice, r.quiet = make(chan struct{}), true
}

// thaw ends the connections that there are, and lets new ones pass.
func (r *relay) thaw() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range r.conns {
		_ = conn.Close() // may be closed by now
	}
	r.conns = nil
	if r.ice != nil {
		close(r.ice)
		r.ice, r.quiet = nil, false
	}
}

// hold waits while the line is frozen, for what is said or for whoever comes.
func (r *relay) hold(comes bool) {
	r.mu.Lock()
	ice := r.ice
	if comes && r.quiet {
		ice = nil
	}
	r.mu.Unlock()
	if ice != nil {
		<-ice
	}
}

// A pongCounter finds PONGs in a stream. It belongs to one loop.
type pongCounter struct {
	relay *relay
	tail  []byte // the last octets, which may be the beginning of one
}

// Write looks through p, and keeps it while the line is frozen.
func (c *pongCounter) Write(p []byte) (int, error) {
	c.relay.hold(false)
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

// joinThrough is join, with a relay between the two that counts signs.
func (s *scene) joinThrough(sign []byte) *relay {
	s.Helper()
	r := s.placeThrough(sign, func(*relay) {})
	s.meet()
	return r
}

// placeThrough is place with a relay between the two, to which something is done before anybody comes.
func (s *scene) placeThrough(sign []byte, before func(*relay)) *relay {
	s.Helper()
	bind, connect := s.placePeer, s.placeWeir
	if s.pair.weirBinds {
		bind, connect = connect, bind
	}
	bind()
	r := newRelay(s.ctx, s.T, s.pair.place, s.endpoint, sign)
	before(r)
	s.endpoint = r.at
	connect()
	return r
}

// A lined scene is one that has a relay on its line.
type lined struct {
	*scene
	line *relay
}

// lineUp makes a scene, joins it through a relay that counts signs, and moves the first messages. From then on signs count.
func lineUp(t *testing.T, p pairing, with setup, sign []byte) lined {
	t.Helper()
	defer naming(t, p)
	s := newScene(begin(t, libzmq), t, p, with)
	l := lined{scene: s, line: s.joinThrough(sign)}
	p.moves.many(s, 0, 50, 20)
	l.line.forget()
	return l
}

// lineUps is lineUp for several cells, with each of the setups that with makes for one.
func lineUps(t *testing.T, of []pairing, sign []byte, with func(p pairing) []setup) (all []lined) {
	t.Helper()
	for _, p := range of {
		for _, w := range with(p) {
			all = append(all, lineUp(t, p, w, sign))
		}
	}
	return all
}

// always is for lineUps: the same setups for each cell.
func always(with ...setup) func(pairing) []setup { return func(pairing) []setup { return with } }

// parted waits until Weir has lost its connection, and returns why. Where a process had stood still, one may have been lost before, and the two have met again:
// that is among their meetings then.
func (l lined) parted() error {
	l.Helper()
	for {
		l.meetings = len(l.events.of(socket.EventHandshakeSucceeded))
		lost := l.events.waitKind(l.ctx, l.T, l.meetings, socket.EventDisconnected)
		if len(l.events.of(socket.EventHandshakeSucceeded)) == l.meetings {
			l.peer.meetings = l.meetings
			return lost.Err
		}
	}
}

// eachOf goes on with several scenes, one after the other.
func eachOf(t *testing.T, all []lined, f func(l lined)) {
	t.Helper()
	for _, l := range all {
		func() {
			defer naming(t, l.pair)
			f(l)
		}()
	}
}

// naming says of a test that has failed which of its cells it is in. It is deferred.
func naming(t *testing.T, p pairing) {
	if t.Failed() {
		t.Logf("the cell that failed is %s", p)
	}
}
