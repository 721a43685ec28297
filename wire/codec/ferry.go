package codec

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// A ferry carries large bodies over one direction of a connection, each piece in a turn (turn.go): it waits without one until the connection is ready,
// copies what the kernel has or takes, and gives the turn back. Only tcp has one: a local socket holds a fifth of a megabyte, and there it costs
// more than it gains. Owned by who reads, or by who writes.
type ferry struct {
	// Set by newFerry, then read-only.
	conn  net.Conn
	raw   syscall.RawConn
	turns *turns
	load  func(fd uintptr) bool // tryRead
	ship  func(fd uintptr) bool // tryWrite

	// Of the call that is under way.
	dst  []byte   // where to read to
	vecs [][]byte // what is still to be written
	n    int64    // how much has been copied
	err  error
}

// newFerry returns a ferry for conn, or nil where there is none: what wraps a connection may have a Read and a Write of its own.
func newFerry(conn net.Conn) *ferry {
	tcp, ok := conn.(*net.TCPConn)
	if !ok || !ferries {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	f := &ferry{conn: conn, raw: raw, turns: largeCopies()}
	f.load, f.ship = f.tryRead, f.tryWrite
	return f
}

// read is conn.Read, in a turn.
func (f *ferry) read(dst []byte) (int, error) {
	f.dst, f.n, f.err = dst[:min(len(dst), turnMost)], 0, nil
	f.failed("read", f.raw.Read(f.load))
	f.dst = nil
	return int(f.n), f.err
}

// tryRead reads what there is, and says whether there was something: bytes, an end, or an error.
func (f *ferry) tryRead(fd uintptr) bool {
	turn := f.turns.take()
	n, err := readNow(fd, f.dst)
	turn.Unlock()
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return false
	case err != nil:
		f.failed("read", os.NewSyscallError("read", err))
	case n == 0:
		f.err = io.EOF
	}
	f.n = int64(max(n, 0))
	return true
}

// write writes vecs, of which none is empty, and returns how many bytes the kernel took. It consumes vecs.
func (f *ferry) write(vecs [][]byte) (int64, error) {
	f.vecs, f.n, f.err = vecs, 0, nil
	for len(f.vecs) > 0 && f.err == nil {
		f.failed("write", f.raw.Write(f.ship))
	}
	f.vecs = nil
	return f.n, f.err
}

// tryWrite writes what the kernel takes, but no more than is good for one turn, and says whether it took something, or failed.
func (f *ferry) tryWrite(fd uintptr) bool {
	turn := f.turns.take()
	defer turn.Unlock()
	before := f.n
	for len(f.vecs) > 0 && f.n-before < turnMost {
		p := f.vecs[0]
		n, err := sendNow(fd, p[:min(len(p), turnMost)], len(f.vecs) > 1)
		if err != nil {
			if errors.Is(err, syscall.EAGAIN) {
				return false
			}
			f.failed("write", os.NewSyscallError("write", err))
			return true
		}
		f.n += int64(n)
		if f.vecs[0] = p[n:]; n == len(p) {
			f.vecs = f.vecs[1:]
		}
	}
	return true
}

// failed notes err, where it is one, in the words of package net.
func (f *ferry) failed(op string, err error) {
	if err == nil {
		return
	}
	if raw := (*net.OpError)(nil); errors.As(err, &raw) {
		err = raw.Err // of the raw connection: it was closed
	}
	f.err = &net.OpError{Op: op, Net: "tcp", Source: f.conn.LocalAddr(), Addr: f.conn.RemoteAddr(), Err: err}
}
