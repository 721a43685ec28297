package codec

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"

	"github.com/weirmq/weir/wire"
)

const (
	// firstRead and fullRead bound the room for one read, in bytes. A desk begins with the first; one that a read has filled is followed by one that is
	// readGrowth times as large.
	firstRead  = 2 << 10
	fullRead   = 64 << 10
	readGrowth = 4

	// maxKept is how many messages a desk that goes back may have room for.
	maxKept = 1 << 10

	// reserve is how many desks outlast the garbage collector's visits to the pool: a small process has hundreds a second.
	reserve = 16
)

// A desk is where a loop works on what has come: room for one read, and for the messages that are cut from it.
type desk struct {
	buf  []byte
	msgs []wire.Message // empty between two batches
}

// newDesk returns a desk for whoever has no other. It is small: where many are made at once, little has come to each.
func newDesk() *desk { return &desk{buf: make([]byte, firstRead)} }

// desks holds those that nobody sits at, and spare some more of them, for when the garbage collector has emptied it. Few loops share them and one that is
// filled grows, so those in use soon have all the room that a read can use.
var (
	desks = sync.Pool{New: func() any {
		select {
		case d := <-spare:
			return d
		default:
			return newDesk()
		}
	}}
	spare = make(chan *desk, reserve)
)

// leave gives back a desk that has been cleared.
func (d *desk) leave() {
	if len(spare) < reserve {
		select {
		case spare <- d:
			return
		default: // others were faster
		}
	}
	desks.Put(d)
}

// A seat is how a connection's loop reads: it waits without a desk, takes one when there is something to read, and puts it back when that is delivered. So
// there are as many desks as loops are at work, or wait at the mark, however many connections there are, and whoever sits down next finds the room still
// in the processor's caches. Owned by the loop.
//
// Only a stream of the system can be asked whether something has come without being given room for it. Any other connection has a desk of its own.
type seat struct {
	// Set by newSeat, then read-only.
	conn    net.Conn
	network string                // of raw, for errors: conn need not have an address
	raw     syscall.RawConn       // nil where the desk is the loop's own
	try     func(fd uintptr) bool // attempt

	*desk     // nil between two reads, but for the loop's own
	most  int // how much to read
	n     int // how much the last read brought to this desk
	err   error
}

// newSeat returns the seat for conn. There is a desk at first, for what the handshake has read already.
func newSeat(conn net.Conn) *seat {
	s := &seat{conn: conn}
	s.raw, s.network = stream(conn)
	s.try = s.attempt
	if s.raw == nil {
		s.desk = newDesk()
	}
	s.sit()
	return s
}

// stream returns what to ask where conn is a stream of the system, which can be read and written without waiting; nil for any other connection.
func stream(conn net.Conn) (raw syscall.RawConn, network string) {
	var c syscall.Conn
	switch conn := conn.(type) { // what wraps one of these may have a Read and a Write of its own
	case *net.TCPConn:
		c, network = conn, "tcp"
	case *net.UnixConn:
		if a := conn.LocalAddr(); a != nil && a.Network() == "unix" { // to others nothing read is no end
			c, network = conn, "unix"
		}
	}
	if c == nil || !asks {
		return nil, ""
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, ""
	}
	return raw, network
}

// sit makes sure that there is a desk.
func (s *seat) sit() {
	if s.desk == nil {
		s.desk = desks.Get().(*desk)
	}
}

// rise gives the desk back, whose messages have been delivered. A loop keeps its own.
func (s *seat) rise() {
	if s.desk == nil {
		return
	}
	if s.n == len(s.buf) && s.n < fullRead {
		s.buf = make([]byte, min(readGrowth*s.n, fullRead))
	}
	s.n = 0
	if s.raw == nil {
		return
	}
	if cap(s.msgs) > maxKept {
		s.msgs = nil
	}
	s.leave()
	s.desk = nil
}

// end gives the desk back when the loop ends, wherever that is: a batch that has not been delivered, as after a panic, is forgotten.
func (s *seat) end() {
	if s.desk != nil {
		clear(s.msgs[:cap(s.msgs)])
	}
	s.rise()
}

// place is where to read to.
func (s *seat) place() []byte { return slices.Clip(s.buf[:min(s.most, len(s.buf))]) }

// read waits until something has come, and returns up to most bytes of it, which lie on the desk. There is one afterwards, whatever the error.
func (s *seat) read(most int) ([]byte, error) {
	s.rise()
	s.most, s.err = most, nil
	if s.raw == nil {
		s.n, s.err = s.conn.Read(s.place())
	} else if err := s.raw.Read(s.try); err != nil { // it was closed
		s.err = err
		if op := (*net.OpError)(nil); errors.As(err, &op) {
			s.err = s.failure(op.Err)
		}
		s.sit()
	}
	return s.buf[:s.n], s.err
}

// attempt reads what there is, and says whether there was something: bytes, an end, or an error.
func (s *seat) attempt(fd uintptr) bool {
	s.sit()
	n, err := readNow(fd, s.place())
	switch {
	case errors.Is(err, syscall.EAGAIN):
		s.rise()
		return false
	case err != nil:
		s.err = s.failure(os.NewSyscallError("read", err))
	case n == 0:
		s.err = io.EOF
	}
	s.n = max(n, 0)
	return true
}

// failure words err as package net does.
func (s *seat) failure(err error) error {
	return &net.OpError{Op: "read", Net: s.network, Source: s.conn.LocalAddr(), Addr: s.conn.RemoteAddr(), Err: err}
}
