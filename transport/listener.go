package transport

import (
	"errors"
	"net"
	"sync"
	"syscall"
)

// A Listener accepts connections on one bound endpoint. One goroutine may sit in Accept while another calls Close,
// which makes Accept return an error that wraps net.ErrClosed. The connections are package net's own types, so that
// net.Buffers reaches writev, and they stay open when the listener closes. A second Close has no effect but an error.
//
// The listeners of tcp and ipc also have the methods SetDeadline(time.Time) error and SyscallConn() (syscall.RawConn,
// error), as net.TCPListener has them: the first wakes Accept without giving the endpoint up.
type Listener interface {
	net.Listener

	// Endpoint is the bound endpoint with wildcards and names resolved, in the form of ZMQ_LAST_ENDPOINT. It can be
	// dialed, except where its address stands for all of the machine's ("tcp://0.0.0.0:5555").
	Endpoint() string
}

// A listener is a net.Listener that knows its endpoint and what to undo. Every row of the table returns one.
type listener struct {
	// Set when made, then read-only.
	net.Listener        // the bound socket
	endpoint     string // what Endpoint says
	network      string // of its socket: "tcp4", "tcp6" or "unix"
	opts         Options
	undo         func() // takes away what the bind left behind, before the socket closes; nil when nothing is

	undone sync.Once // undo runs once, though Close may be called again
}

// Accept waits for the next connection and gives it what was asked for.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.opts.tune(l.network, conn)
	return conn, nil
}

// Close undoes the bind and wakes whoever sits in Accept. A file goes before its socket: closing first would leave a
// moment in which a second bind finds the file stale, takes the path over, and then loses its new file to us.
func (l *listener) Close() error {
	l.undone.Do(func() {
		if l.undo != nil {
			l.undo()
		}
	})
	return l.Listener.Close()
}

// SyscallConn gives the bound socket to those who want to look at it, as net.TCPListener has it. It returns
// errors.ErrUnsupported where there is none.
func (l *listener) SyscallConn() (syscall.RawConn, error) {
	c, ok := l.Listener.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return c.SyscallConn()
}

// Endpoint implements Listener.
func (l *listener) Endpoint() string {
	return l.endpoint
}
