package pgm

import "encoding/binary"

// AppendTo appends the packet with its checksum to dst. What Parse gave comes out again, octet for octet, but for reserved
// octets and options that are not kept.
func (p *Packet) AppendTo(dst []byte) []byte {
	start := len(dst)
	sport, dport := p.TSI.Port, p.Port
	if p.Type.upstream() {
		sport, dport = dport, sport
	}
	dst = binary.BigEndian.AppendUint16(dst, sport)
	dst = binary.BigEndian.AppendUint16(dst, dport)
	dst = append(dst, byte(p.Type), p.optionBits(), 0, 0)
	dst = append(dst, p.TSI.GSI[:]...)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(p.Data)))
	switch p.Type {
	case SPM:
		dst = appendNumbers(dst, p.Seq, p.Trail, p.Lead)
		dst = appendNLA(dst, p.Path)
	case ODATA, RDATA:
		dst = appendNumbers(dst, p.Seq, p.Trail)
	case NAK, NCF:
		dst = appendNumbers(dst, p.Seq)
		dst = appendNLA(dst, p.Path)
		dst = appendNLA(dst, p.Group)
	case SPMR: // the common header is all
	}
	dst = p.appendOptions(dst)
	dst = append(dst, p.Data...)
	seal(dst[start:])
	return dst
}

// optionBits is the options octet.
func (p *Packet) optionBits() byte {
	switch {
	case len(p.list) > 0:
		return hasOptions | networkSign
	case p.Fin || p.Rst:
		return hasOptions
	}
	return 0
}

// appendNumbers appends sequence numbers.
func appendNumbers(dst []byte, numbers ...Seq) []byte {
	for _, n := range numbers {
		dst = binary.BigEndian.AppendUint32(dst, uint32(n))
	}
	return dst
}

// repeat makes of a sent ODATA packet, in place, the RDATA packet that repairs it: the type, the trail and the checksum
// are all that differ.
func repeat(b []byte, trail Seq) {
	b[4] = byte(RDATA)
	binary.BigEndian.PutUint32(b[headerSize+4:], uint32(trail))
	seal(b)
}
