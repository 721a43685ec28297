package codec

import (
	"context"
	"errors"
	"net"
	"sync"
)

// ErrCut is the cause of a connection's end when its own side closed it and gave no other reason.
var ErrCut = errors.New("connection closed by this side")

// A Line is one codec's hold on its connection, shared with those who may have to cut it from outside: a codec that waits in a write cannot
// read its mailbox, so whoever stops it cuts the line first. It outlives the incarnations of its codec. All methods are safe for concurrent use.
type Line struct {
	mu sync.Mutex

	// Guarded by mu.
	open  bool               // an attempt or its connection goes on: between Begin and whatever comes first of End, Cut and Shut
	conn  net.Conn           // the connection; nil before there is one, and while the line is not open
	abort context.CancelFunc // ends the attempt's context; nil while the line is not open
	cause error              // why it was cut, the first cause that was given; nil while it was not
	shut  bool               // no further connection is wanted
	parts bool               // this side has said its last, and waits for the peer's end: see Part
}

// Begin starts an attempt. The context that it returns ends with the connection, or with the attempt to make one. Once the line is shut it fails
// with the cause. A codec of another kind, which has no connection that the line could close, begins and ends its attempts as well.
func (l *Line) Begin() (context.Context, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut {
		return nil, l.cause
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.open, l.abort, l.cause = true, cancel, nil
	return ctx, nil
}

// take makes conn the present connection. Where the attempt is over meanwhile, conn is closed: nobody else would do it.
func (l *Line) take(conn net.Conn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		_ = conn.Close() // nobody has used it yet: there is nothing to report
		return ErrCut
	}
	l.conn = conn
	return nil
}

// End closes the present connection, or ends the attempt, and returns why the line had been cut, or nil. Called by the codec, once for each Begin.
func (l *Line) End() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closeLocked()
	cause := l.cause
	if !l.shut {
		l.cause = nil
	}
	return cause
}

// Cut closes the present connection, or ends the attempt to make one. The codec then fails with cause, and its supervisor decides whether it
// comes back. A nil cause reads as ErrCut. Cutting twice keeps the first cause; where there is neither connection nor attempt, nothing happens.
func (l *Line) Cut(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open {
		l.cutLocked(cause)
	}
}

// cutConn is Cut where conn is the present connection, and nothing where it has been given up meanwhile.
func (l *Line) cutConn(conn net.Conn, cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open && l.conn == conn {
		l.cutLocked(cause)
	}
}

// Shut cuts the line for good: the codec opens no further connection. An incarnation that finds its line shut fails with cause, and reports
// nothing to its host, since it has attempted nothing.
func (l *Line) Shut(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut = true
	l.cutLocked(cause)
}

// Part is Shut that leaves it to the peer to close: the outgoing half is closed, and what comes is read until the peer's end, which then is the
// connection's. It says whether that goes on; where it does not, since the transport does not need it, or there is no connection, Part does nothing.
//
// Only local sockets need it. To a peer that is not reading at present, the end of the whole connection is an error beside the data: libzmq
// (stream_engine_base.cpp, in_event) then never reads what the kernel still has. The end of one half is nothing but an end behind the data.
func (l *Line) Part(cause error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.parts && l.conn != nil && isUnix(l.conn.LocalAddr()) {
		half, ok := l.conn.(interface{ CloseWrite() error })
		l.parts = ok && half.CloseWrite() == nil
	}
	if !l.open || !l.parts {
		return false
	}
	l.shut = true
	if l.cause == nil {
		l.cause = cause
	}
	return true
}

// isUnix says whether a is the address of a local socket. A transport may have no addresses.
func isUnix(a net.Addr) bool { return a != nil && a.Network() == "unix" }

// parting says whether nothing may be written any more.
func (l *Line) parting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.parts
}

// cutLocked records the first cause and closes.
func (l *Line) cutLocked(cause error) {
	if l.cause == nil {
		if cause == nil {
			cause = ErrCut
		}
		l.cause = cause
	}
	l.closeLocked()
}

// closeLocked closes the connection and ends the context.
func (l *Line) closeLocked() {
	l.open = false
	if l.abort != nil {
		l.abort()
		l.abort = nil
	}
	if l.conn != nil {
		_ = l.conn.Close() // the error of a close tells nothing that the read or the write did not
		l.conn = nil
	}
}
