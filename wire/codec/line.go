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
	conn  net.Conn           // the connection of this incarnation; nil between connections
	abort context.CancelFunc // ends an attempt that has no connection yet; nil otherwise
	cause error              // why this side cut the present connection; nil while it did not
	shut  bool               // no further connection is wanted
}

// begin starts an attempt and returns the context that it must honour. It fails once the line is shut.
func (l *Line) begin() (context.Context, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut {
		return nil, ErrCut
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.conn, l.abort, l.cause = nil, cancel, nil
	return ctx, nil
}

// take makes conn the present connection. Where the attempt was cut meanwhile, conn is closed and the cause returned.
func (l *Line) take(conn net.Conn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		_ = conn.Close() // nobody has used it yet: there is nothing to report
		return l.cause
	}
	l.conn = conn
	return nil
}

// end closes the present connection and returns why this side had cut it, or nil.
func (l *Line) end() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closeLocked()
	return l.cause
}

// Cut closes the present connection, or ends the attempt to make one. The codec then fails with cause, and its supervisor decides whether it
// comes back. A nil cause reads as ErrCut. Cutting twice keeps the first cause.
func (l *Line) Cut(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cutLocked(cause)
}

// Shut cuts the line for good: the codec opens no further connection.
func (l *Line) Shut(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut = true
	l.cutLocked(cause)
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

// closeLocked closes the connection and ends the attempt.
func (l *Line) closeLocked() {
	if l.abort != nil {
		l.abort()
		l.abort = nil
	}
	if l.conn != nil {
		_ = l.conn.Close() // the error of a close tells nothing that the read or the write did not
		l.conn = nil
	}
}
