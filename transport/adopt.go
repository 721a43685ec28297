package transport

import (
	"net"
	"os"
	"sync"
	"time"
)

// Adopt makes a Listener of one that was made elsewhere: by a service manager, with options of its own, over TLS. It is
// left as it is; where it is the system's own, of package net, its connections get what opts asks of them. It closes
// when the Listener does.
func Adopt(l net.Listener, opts Options) Listener {
	endpoint := EndpointOf(l.Addr()).String()
	if network := systemNetwork(l); network != "" {
		return &listener{Listener: l, endpoint: endpoint, network: network, opts: opts}
	}
	if d, ok := l.(deadliner); ok {
		return &adopted{Listener: l, deadliner: d, endpoint: endpoint}
	}
	return &pump{
		inner: l, endpoint: endpoint, expired: make(chan struct{}), closed: make(chan struct{}),
		results: make(chan acceptResult, 1),
	}
}

// systemNetwork is the network of a listener of package net's own, in the words of listener; "" where it is another's.
func systemNetwork(l net.Listener) string {
	switch l := l.(type) {
	case *net.TCPListener:
		if l.Addr().(*net.TCPAddr).IP.To4() != nil {
			return "tcp4"
		}
		return "tcp6"
	case *net.UnixListener:
		return "unix"
	default:
		return ""
	}
}

// EndpointOf words an address of package net as an endpoint: with the scheme that stands for its network where there is
// one, else with the network's own name. What has no name is "unnamed".
func EndpointOf(a net.Addr) Endpoint {
	if a == nil {
		return Endpoint{Scheme: "unknown", Address: "unnamed"}
	}
	ep := Endpoint{Scheme: a.Network(), Address: a.String()}
	switch ep.Scheme {
	case "tcp4", "tcp6":
		ep.Scheme = "tcp"
	case "unix":
		ep.Scheme = "ipc"
	case "":
		ep.Scheme = "unknown"
	}
	if ep.Address == "" || ep.Address == "@" {
		ep.Address = "unnamed"
	}
	return ep
}

// A deadliner is a listener whose Accept can be woken without closing it.
type deadliner interface{ SetDeadline(t time.Time) error }

// An adopted listener is somebody's that has a deadline.
type adopted struct {
	net.Listener
	deadliner
	endpoint string
}

// Endpoint implements Listener.
func (l *adopted) Endpoint() string { return l.endpoint }

// A pump gives a listener a deadline that has none: its goroutine sits in Accept, and whoever waits for it can be woken.
// What it accepts while nobody waits is there for the next.
type pump struct {
	// Set when made, then read-only.
	inner    net.Listener
	endpoint string
	closed   chan struct{}     // closed by Close
	results  chan acceptResult // room for the one that is asked for
	loop     sync.WaitGroup    // joins the goroutine

	mu      sync.Mutex
	asked   bool          // guarded by mu: an Accept is going on, or its result was not taken
	expired chan struct{} // guarded by mu: closed when the deadline has passed
	past    bool          // guarded by mu: expired is closed
	timer   *time.Timer   // guarded by mu: of a deadline to come; nil without one
	shut    bool          // guarded by mu: Close was called
}

// An acceptResult is what Accept returned.
type acceptResult struct {
	conn net.Conn
	err  error
}

// Accept waits for the next connection, for the deadline, or for Close.
func (p *pump) Accept() (net.Conn, error) {
	p.mu.Lock()
	switch {
	case p.shut:
		p.mu.Unlock()
		return nil, net.ErrClosed
	case p.past:
		p.mu.Unlock()
		return nil, os.ErrDeadlineExceeded
	case !p.asked:
		p.asked = true
		p.loop.Go(p.acceptLoop)
	}
	expired := p.expired
	p.mu.Unlock()
	select {
	case r := <-p.results:
		p.mu.Lock()
		p.asked = false
		p.mu.Unlock()
		return r.conn, r.err
	case <-expired:
		return nil, os.ErrDeadlineExceeded
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// acceptLoop accepts once. Close joins it.
func (p *pump) acceptLoop() {
	conn, err := p.inner.Accept()
	p.results <- acceptResult{conn, err}
}

// SetDeadline makes Accept fail with os.ErrDeadlineExceeded from t on; a zero t takes that back.
func (p *pump) SetDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if p.past {
		p.past, p.expired = false, make(chan struct{})
	}
	wait := time.Until(t)
	switch {
	case t.IsZero():
	case wait <= 0:
		p.past = true
		close(p.expired)
	default:
		expired := p.expired
		p.timer = time.AfterFunc(wait, func() { p.expire(expired) })
	}
	return nil
}

// expire ends a deadline, unless another one has taken its place.
func (p *pump) expire(expired chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.expired == expired && !p.past {
		p.past = true
		close(expired)
	}
}

// Close closes the listener below and joins the goroutine. A connection that was accepted for nobody is closed.
func (p *pump) Close() error {
	p.mu.Lock()
	if p.shut {
		p.mu.Unlock()
		return net.ErrClosed
	}
	p.shut = true
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	close(p.closed)
	err := p.inner.Close()
	p.loop.Wait()
	select {
	case r := <-p.results:
		if r.conn != nil {
			_ = r.conn.Close()
		}
	default:
	}
	return err
}

// Addr implements net.Listener.
func (p *pump) Addr() net.Addr { return p.inner.Addr() }

// Endpoint implements Listener.
func (p *pump) Endpoint() string { return p.endpoint }
