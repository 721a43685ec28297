package pgm

import "encoding/binary"

// The option extensions that mean something here. All others are skipped by their length.
const (
	optLength   = 0x00
	optFragment = 0x01
	optNakList  = 0x02
	optRst      = 0x0f
	optFin      = 0x0e

	optEnd = 0x80 // in the type of the last one
)

// MaxNakList is how many numbers a NAK list may have beside the one in the NAK itself.
const MaxNakList = 62

// parseOptions reads the option extensions at the beginning of body into p, and returns what lies behind them. The third
// and fourth octet of an option are not looked at: OpenPGM leaves in them what it finds on its stack.
func (p *Packet) parseOptions(body []byte) (rest []byte, err error) {
	if len(body) < 4 || body[0]&^optEnd != optLength || body[1] != 4 {
		return nil, ErrMalformed
	}
	total := int(binary.BigEndian.Uint16(body[2:]))
	if total < 4 || total > len(body) {
		return nil, ErrMalformed
	}
	opts, rest := body[4:total], body[total:]
	for last := body[0]&optEnd != 0; !last; {
		if len(opts) < 4 || int(opts[1]) < 4 || int(opts[1]) > len(opts) {
			return nil, ErrMalformed
		}
		last = opts[0]&optEnd != 0
		value := opts[4:opts[1]]
		switch opts[0] &^ optEnd {
		case optNakList:
			if len(value) == 0 || len(value)%4 != 0 || len(value) > 4*MaxNakList {
				return nil, ErrMalformed
			}
			p.list = value
		case optFragment:
			p.Fragment = true
		case optFin:
			p.Fin = true
		case optRst:
			p.Rst = true
		}
		opts = opts[opts[1]:]
	}
	return rest, nil
}

// appendOptions appends the option extensions of p, and nothing where it has none.
func (p *Packet) appendOptions(dst []byte) []byte {
	switch {
	case len(p.list) > 0:
		n := 4 + len(p.list)
		dst = binary.BigEndian.AppendUint16(append(dst, optLength, 4), uint16(4+n))
		dst = append(dst, optNakList|optEnd, byte(n), 0, 0)
		return append(dst, p.list...)
	case p.Fin:
		return append(dst, optLength, 4, 0, 8, optFin|optEnd, 4, 0, 0)
	case p.Rst:
		return append(dst, optLength, 4, 0, 8, optRst|optEnd, 4, 0, 0)
	}
	return dst
}
