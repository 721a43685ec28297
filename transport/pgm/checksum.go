package pgm

import "encoding/binary"

// checksumAt is where the checksum lies in a packet.
const checksumAt = 6

// sum is the Internet's one's-complement sum over p, folded to 16 bits. An odd tail is padded with a zero octet.
func sum(p []byte) uint16 {
	var s uint64
	for len(p) >= 8 {
		v := binary.BigEndian.Uint64(p)
		s += v>>32 + v&0xffffffff
		p = p[8:]
	}
	for len(p) >= 2 {
		s += uint64(binary.BigEndian.Uint16(p))
		p = p[2:]
	}
	if len(p) == 1 {
		s += uint64(p[0]) << 8
	}
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}

// seal writes the checksum of the packet p into it. One that comes to 0 is written as 0xffff, since 0 says that there
// is none.
func seal(p []byte) {
	p[checksumAt], p[checksumAt+1] = 0, 0
	c := ^sum(p)
	if c == 0 {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(p[checksumAt:], c)
}

// sealed reports whether the checksum of p is right. The caller has seen that there is one.
func sealed(p []byte) bool { return sum(p) == 0xffff }
