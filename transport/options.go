package transport

import (
	"context"
	"net"
	"syscall"
	"time"
)

// DefaultBacklog is how many connections may wait to be accepted when Options does not say. It is libzmq's default.
const DefaultBacklog = 100

// Options say how sockets are made. The zero value asks for the defaults. A value may be shared: nothing writes to it.
//
// Beside these, every tcp connection has TCP_NODELAY, has keep-alive probes off unless asked for, and is plain TCP, not
// multipath; every tcp listener has SO_REUSEADDR on Unix, so that a port is free again as soon as its listener is closed.
//
// What this system does not have is never left out in silence: see [Options.Check].
type Options struct {
	// IPv6 lets tcp use IPv6 beside IPv4: IPv6 addresses work, names resolve to both families, and a bind to "*" takes
	// both. Without it tcp is IPv4 alone. (ZMQ_IPV6; off by default there too.)
	IPv6 bool

	// Backlog is how many connections may wait to be accepted; 0 or less means DefaultBacklog. The system may cap it.
	// Windows takes no notice and uses its own maximum. (ZMQ_BACKLOG.)
	Backlog int

	// SendBuffer is the size asked for the kernel's send buffer of each connection, in bytes; 0 or less leaves it to
	// the system, which may also round it. (ZMQ_SNDBUF, where -1 is the default.)
	SendBuffer int

	// RecvBuffer is the size asked for the kernel's receive buffer of each connection, in bytes; 0 or less leaves it
	// to the system, which may also round it. (ZMQ_RCVBUF, where -1 is the default.)
	RecvBuffer int

	// TypeOfService is the byte that routers sort tcp's packets by: the traffic class of IPv6; 0 leaves it to the
	// system. Not on Windows. Outside Linux the IPv4 peers of a socket that takes both families do without.
	// (ZMQ_TOS.)
	TypeOfService int

	// KeepAlive asks for probes on silent tcp connections. (ZMQ_TCP_KEEPALIVE and those that begin with it.)
	KeepAlive KeepAlive

	// MaxRetransmit is how long what a tcp connection has sent may go without an acknowledgement before the system
	// gives the connection up; 0 leaves it to the system. Linux counts milliseconds, Windows seconds, the others have
	// no such thing. (ZMQ_TCP_MAXRT.)
	MaxRetransmit time.Duration

	// ConnectTimeout bounds one attempt to connect, from the look-up of the name to the last word of a proxy; 0 is no
	// bound but the system's. (ZMQ_CONNECT_TIMEOUT, which libzmq has for tcp alone.)
	ConnectTimeout time.Duration

	// Device is the network interface that tcp is to go through, whatever the routes say; empty for any. Linux alone,
	// where it may ask for a privilege. (ZMQ_BINDTODEVICE.)
	Device string

	// Priority is the place of tcp's packets in the system's own queues; 0 leaves it to the system. Linux alone, where
	// 7 and more ask for a privilege. (ZMQ_PRIORITY.)
	Priority int

	// Proxy is a SOCKS5 server that tcp connects through; the zero value is none. (ZMQ_SOCKS_PROXY and those that begin
	// with ZMQ_SOCKS.)
	Proxy Proxy
}

// KeepAlive is when a silent tcp connection is probed, and when it is given up. The zero value asks for no probes.
type KeepAlive struct {
	// On turns the probes on. Without it the rest has no meaning.
	On bool

	// Idle is the silence before the first probe, Interval the time from one to the next, both in whole seconds (what
	// is over is rounded up); 0 leaves them to the system.
	Idle, Interval time.Duration

	// Count is how many probes go unanswered before the connection is given up; 0 leaves it to the system.
	Count int
}

// backlog is the length of the queue to ask for.
func (o Options) backlog() int {
	if o.Backlog <= 0 {
		return DefaultBacklog
	}
	return o.Backlog
}

// control prepares a socket before it is connected or bound: tcp fixes its window scale at that time. It has the shape
// that net.Dialer and net.ListenConfig want.
func (o Options) control(network, _ string, raw syscall.RawConn) error {
	if err := o.apply(network, raw); err != nil {
		return err
	}
	if o.Device != "" && isTCP(network) {
		return bindToDevice(raw, o.Device)
	}
	return nil
}

// tune prepares an accepted connection: not every system hands down what its listener has. It reports nothing: what
// this system lacks was found at the bind, and a connection that cannot be tuned is gone already, as its first read says.
func (o Options) tune(network string, conn net.Conn) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		_ = o.apply(network, raw)
	}
}

// bounded is ctx for one attempt to connect: it is cancelled with ErrConnectTimeout when that has taken too long. It has
// no deadline of its own: package net would act on that by a clock of its own, and say so in its own words. The caller
// must call end.
func (o Options) bounded(ctx context.Context) (attempt context.Context, end func()) {
	if o.ConnectTimeout <= 0 {
		return ctx, func() {}
	}
	attempt, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(o.ConnectTimeout, func() { cancel(ErrConnectTimeout) })
	return attempt, func() {
		timer.Stop()
		cancel(nil)
	}
}

// listenConfig is how every stream socket is bound.
func (o Options) listenConfig() *net.ListenConfig {
	lc := &net.ListenConfig{Control: o.control, KeepAlive: -1}
	lc.SetMultipathTCP(false) // package net would turn it on
	return lc
}

// dialer is how every stream socket is connected. From is where the connection starts; nil leaves it to the system.
func (o Options) dialer(from net.Addr) *net.Dialer {
	return &net.Dialer{Control: o.control, KeepAlive: -1, LocalAddr: from, Resolver: resolver}
}
