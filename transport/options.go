package transport

import (
	"net"
	"syscall"
)

// DefaultBacklog is how many connections may wait to be accepted when Options does not say. It is libzmq's default.
const DefaultBacklog = 100

// Options say how sockets are made. The zero value asks for the defaults. A value may be shared: nothing writes to it.
//
// Beside these, every tcp connection has TCP_NODELAY, has keep-alive probes off, and is plain TCP, not multipath; every
// tcp listener has SO_REUSEADDR on Unix, so that a port is free again as soon as its listener is closed.
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
}

// backlog is the length of the queue to ask for.
func (o Options) backlog() int {
	if o.Backlog <= 0 {
		return DefaultBacklog
	}
	return o.Backlog
}

// control sets the buffers of a socket before it is connected or bound: tcp fixes its window scale at that time. It has
// the shape that net.Dialer and net.ListenConfig want.
func (o Options) control(_, _ string, raw syscall.RawConn) error {
	if o.SendBuffer > 0 {
		if err := setSocketOption(raw, optSendBuffer, o.SendBuffer); err != nil {
			return err
		}
	}
	if o.RecvBuffer > 0 {
		return setSocketOption(raw, optRecvBuffer, o.RecvBuffer)
	}
	return nil
}

// tune sets the buffers of an accepted connection. It reports nothing: a connection that cannot be tuned is gone
// already, and its first read says so.
func (o Options) tune(conn net.Conn) {
	c, ok := conn.(interface {
		SetWriteBuffer(bytes int) error
		SetReadBuffer(bytes int) error
	})
	if !ok {
		return
	}
	if o.SendBuffer > 0 {
		_ = c.SetWriteBuffer(o.SendBuffer)
	}
	if o.RecvBuffer > 0 {
		_ = c.SetReadBuffer(o.RecvBuffer)
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
	return &net.Dialer{Control: o.control, KeepAlive: -1, LocalAddr: from}
}

// setSocketOption sets one integer option of the socket level.
func setSocketOption(raw syscall.RawConn, option, value int) error {
	var set error
	if err := raw.Control(func(fd uintptr) { set = setsockoptInt(fd, option, value) }); err != nil {
		return err
	}
	return set
}
