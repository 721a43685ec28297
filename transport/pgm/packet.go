package pgm

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"net/netip"
)

// Type is what kind of packet it is.
type Type uint8

// The types of packets that this package sends or understands.
const (
	SPM   Type = 0x0 // source path message: where the source is and what it still has
	ODATA Type = 0x4 // data, the first time
	RDATA Type = 0x5 // data, repeated
	NAK   Type = 0x8 // a receiver misses something
	NCF   Type = 0xa // the source has heard that
	SPMR  Type = 0xc // a receiver asks for an SPM
)

// String gives the name that RFC 3208 uses.
func (t Type) String() string {
	switch t {
	case SPM:
		return "SPM"
	case ODATA:
		return "ODATA"
	case RDATA:
		return "RDATA"
	case NAK:
		return "NAK"
	case NCF:
		return "NCF"
	case SPMR:
		return "SPMR"
	}
	return fmt.Sprintf("type %#x", uint8(t))
}

// upstream reports whether packets of this type go from receivers to the source: their ports are swapped.
func (t Type) upstream() bool { return t == NAK || t == SPMR }

// The bits of the options octet. RFC 3208 numbers them from the other end than packets do: real ones, and Wireshark,
// have "option extensions follow" in the lowest bit.
const (
	hasOptions  = 0x01
	networkSign = 0x02 // some of the options matter to network elements
	hasParity   = 0x80 // forward error correction
)

// headerSize is the size of the common header in octets, dataHeader that of a data packet's whole one.
const (
	headerSize = 16
	dataHeader = headerSize + 8
)

// Why a packet was not parsed.
var (
	// ErrMalformed says that the octets are no PGM packet.
	ErrMalformed = errors.New("malformed packet")
	// ErrChecksum says that the checksum is wrong, or missing where there must be one.
	ErrChecksum = errors.New("wrong checksum")
	// ErrForeign says that the packet is of a version, type or feature that is not spoken here.
	ErrForeign = errors.New("packet of a kind that is not supported")
)

// A GSI is the globally unique source identifier. libzmq's are the same in every process: nothing may be told by it alone.
type GSI [6]byte

// A TSI names one session of one source: all that is known about a source hangs on it.
type TSI struct {
	GSI  GSI
	Port uint16 // the source's own
}

// String gives the identifier in hexadecimal, a dot and the port.
func (t TSI) String() string { return fmt.Sprintf("%s.%d", hex.EncodeToString(t.GSI[:]), t.Port) }

// A Packet is one PGM packet. Which fields mean something depends on Type. Its slices are views of the octets that it was
// parsed from.
type Packet struct {
	Type Type
	TSI  TSI    // whose packet it is, or whose receiver sent it
	Port uint16 // the data-destination port: that of the endpoint

	// Seq is SPM_SQN of an SPM, DATA_SQN of data, and the first number asked for of a NAK or NCF.
	Seq Seq
	// Trail is, of an SPM and of data, the oldest number that can still be repaired.
	Trail Seq
	// Lead is, of an SPM, the newest number that was sent; Trail-1 where there was none.
	Lead Seq
	// Path is, of an SPM, where NAKs must be sent; of a NAK or NCF what an SPM said so.
	Path netip.Addr
	// Group is, of a NAK or NCF, the group that the source sends to.
	Group netip.Addr
	// Data is the payload of ODATA and RDATA: the TSDU.
	Data []byte

	Fin      bool // the source ends here
	Rst      bool // the source gives up what was not repaired
	Fragment bool // the payload is a piece of something larger

	list []byte // NAK list: the further numbers, four octets each
}

// Numbers yields the numbers that a NAK or NCF is about.
func (p *Packet) Numbers() iter.Seq[Seq] {
	return func(yield func(Seq) bool) {
		if !yield(p.Seq) {
			return
		}
		for l := p.list; len(l) >= 4; l = l[4:] {
			if !yield(Seq(binary.BigEndian.Uint32(l))) {
				return
			}
		}
	}
}

// SetNumbers makes a NAK or NCF be about the given numbers: at least one, and at most MaxNakList more.
func (p *Packet) SetNumbers(numbers []Seq) {
	p.Seq, p.list = numbers[0], nil
	for _, n := range numbers[1:min(len(numbers), MaxNakList+1)] {
		p.list = binary.BigEndian.AppendUint32(p.list, uint32(n))
	}
}

// Parse reads one packet. Every length is checked, the checksum too. Errors: ErrMalformed, ErrChecksum, ErrForeign.
func Parse(b []byte) (Packet, error) {
	var p Packet
	if len(b) < headerSize {
		return p, ErrMalformed
	}
	p.Type = Type(b[4])
	if !p.known() || b[5]&hasParity != 0 {
		return p, ErrForeign
	}
	check := binary.BigEndian.Uint16(b[checksumAt:])
	data := p.Type == ODATA || p.Type == RDATA
	if check == 0 && data || check != 0 && !sealed(b) {
		return p, ErrChecksum
	}
	p.TSI = TSI{GSI: GSI(b[8:14]), Port: binary.BigEndian.Uint16(b)}
	p.Port = binary.BigEndian.Uint16(b[2:])
	if p.Type.upstream() {
		p.TSI.Port, p.Port = p.Port, p.TSI.Port
	}
	body, err := p.parseBody(b[headerSize:])
	if err == nil && b[5]&hasOptions != 0 {
		body, err = p.parseOptions(body)
	}
	switch {
	case err != nil:
		return p, err
	case int(binary.BigEndian.Uint16(b[14:])) != len(body) || !data && len(body) != 0:
		return p, ErrMalformed
	case data:
		p.Data = body
	}
	return p, nil
}

// known reports whether the type is spoken here. The version is in the same octet, and is 0.
func (p *Packet) known() bool {
	switch p.Type {
	case SPM, ODATA, RDATA, NAK, NCF, SPMR:
		return true
	}
	return false
}

// parseBody reads what the type has behind the common header, and returns what follows it.
func (p *Packet) parseBody(b []byte) (rest []byte, err error) {
	ok := true
	switch p.Type {
	case SPM:
		if len(b) < 12 {
			return nil, ErrMalformed
		}
		p.Seq, p.Trail, p.Lead = number(b), number(b[4:]), number(b[8:])
		if p.Trail == 0 && p.Lead == 1<<31 { // so say some that have sent nothing
			p.Lead = p.Trail - 1
		}
		p.Path, b, ok = cutNLA(b[12:])
		ok = ok && p.Trail.to(p.Lead) >= -1 && oneHost(p.Path)
	case ODATA, RDATA:
		if len(b) < 8 {
			return nil, ErrMalformed
		}
		p.Seq, p.Trail, b = number(b), number(b[4:]), b[8:]
		ok = !p.Seq.Before(p.Trail)
	case NAK, NCF:
		if len(b) < 4 {
			return nil, ErrMalformed
		}
		p.Seq = number(b)
		if p.Path, b, ok = cutNLA(b[4:]); ok {
			p.Group, b, ok = cutNLA(b)
		}
	case SPMR: // the common header is all
	}
	if !ok {
		return nil, ErrMalformed
	}
	return b, nil
}

// number reads a sequence number.
func number(b []byte) Seq { return Seq(binary.BigEndian.Uint32(b)) }
