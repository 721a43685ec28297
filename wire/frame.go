package wire

import (
	"encoding/binary"
	"math"
)

// Flags is the first octet of a frame. Only the three lowest bits mean
// anything.
//
// https://rfc.zeromq.org/spec/37/#framing
type Flags uint8

// The bits of Flags.
const (
	More         Flags = 1 << iota // more frames of the same message follow
	Large                          // the size takes eight octets instead of one
	CommandFrame                   // the frame is a command, not part of a message
)

const (
	shortHeader = 2   // octets before the body: flags, one octet of size
	largeHeader = 9   // octets before the body: flags, eight octets of size
	maxShort    = 255 // the largest body that a short header can announce

	// MaxHeader is the most octets that a frame has before its body, in any
	// version of ZMTP.
	MaxHeader = oldLargeHeader
)

// AppendHeader appends to dst the flags and the size of a frame whose body has
// size octets, and returns the longer slice. A body of more than 255 octets
// gets the large form; a smaller one gets it only if flags asks for it.
//
// "A short frame has a body of 0 to 255 octets. A long frame has a body of 0 to
// 2^63-1 octets."
// https://rfc.zeromq.org/spec/37/#framing
func AppendHeader(dst []byte, flags Flags, size int) []byte {
	if size <= maxShort && flags&Large == 0 {
		return append(dst, byte(flags), byte(size)) // inlined where it is called
	}
	return appendLargeHeader(dst, flags, size)
}

// appendLargeHeader is AppendHeader in the large form.
func appendLargeHeader(dst []byte, flags Flags, size int) []byte {
	dst = append(dst, byte(flags|Large))
	return binary.BigEndian.AppendUint64(dst, uint64(size))
}

// AppendMessage appends all frames of m to dst, each with its header, and
// returns the longer slice. Bodies are copied; to send large ones without a
// copy, write headers with [AppendHeader] and the bodies by themselves.
//
// "A value of 0 indicates that there are no more frames to follow. A value of 1
// indicates that more frames will follow."
// https://rfc.zeromq.org/spec/37/#framing
func AppendMessage(dst []byte, m Message) []byte {
	last := m.Len() - 1
	for i := range last {
		body := m.Frame(i)
		dst = AppendHeader(dst, More, len(body))
		dst = append(dst, body...)
	}
	body := m.Frame(last)
	dst = AppendHeader(dst, 0, len(body))
	return append(dst, body...)
}

// A header is the decoded beginning of a frame.
type header struct {
	flags Flags  // with the reserved bits cleared
	size  uint64 // octets of the body, as announced by the peer: not checked yet
	len   int    // octets of the header itself; 0 if it is not complete
}

// end returns the octets of the whole frame. The size must have been checked.
func (h header) end() int { return h.len + int(h.size) }

// parseHeader decodes the header at the beginning of p. It returns the zero
// header if p ends before the header does.
//
// "Bits 7-3 are reserved for future use and MUST be zero."
// https://rfc.zeromq.org/spec/37/#framing
//
// libzmq ignores them when it receives (v2_decoder.cpp), and so does this.
func parseHeader(p []byte) header {
	if len(p) < shortHeader {
		return header{}
	}
	flags := Flags(p[0]) & (More | Large | CommandFrame)
	if flags&Large == 0 {
		return header{flags: flags, size: uint64(p[1]), len: shortHeader}
	}
	if len(p) < largeHeader {
		return header{}
	}
	return header{flags: flags, size: binary.BigEndian.Uint64(p[1:]), len: largeHeader}
}

// frameLimit turns a limit as users set it, where a negative one means none,
// into the largest body size to accept.
func frameLimit(limit int64) uint64 {
	if limit < 0 {
		return math.MaxInt
	}
	return min(uint64(limit), math.MaxInt)
}

// checkSize returns an error if a frame may not have a body of size octets.
// The limit comes from frameLimit, so a size that passes fits an int.
func checkSize(size, limit uint64) error {
	if size > limit {
		return protocolErrorf("frame of %d octets is beyond the limit of %d", size, limit)
	}
	return nil
}
