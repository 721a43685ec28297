package wire

import "encoding/binary"

// Over PGM a publisher sends one stream of ZMTP/1.0 frames, cut into packets.
// There is no greeting and no handshake. Each packet begins with an offset, so
// that who comes late, or has lost a packet, finds the next message:
//
//	+--------+--------+-----------------------------+
//	|      offset     |  a piece of the stream ...  |
//	+--------+--------+-----------------------------+
//
// The offset counts from the octet behind it to the first frame that begins a
// message; 0xffff says that none begins in this packet. A frame is
//
//	+--------+--------+----------+        +--------+-------------+--------+----------+
//	|  size  | flags  |  body    |   or   |  0xff  | size, 8     | flags  |  body    |
//	+--------+--------+----------+        +--------+-------------+--------+----------+
//
// where size counts the flags too, and bit 0 of the flags is [More]: see
// frame_old.go.
//
// https://rfc.zeromq.org/spec/13/

const (
	pgmOffset  = 2      // octets of the offset
	pgmNoStart = 0xffff // no message begins in the packet
)

// A PGMPacker cuts a stream of messages into packets. What does not go into one
// packet goes on in the next. The zero value is not usable: see [NewPGMPacker].
type PGMPacker struct {
	limit int    // octets of a packet, with the offset
	buf   []byte // the packet
	start int    // where in the stream's piece the first message begins; -1 where none does

	// Of a message that is not whole yet: how much of it has been packed.
	begun bool
	frame int    // the frame
	at    int    // octets of its body
	head  []byte // what is left of its header: a view of room
	room  [MaxHeader]byte
}

// NewPGMPacker returns a packer of packets of at most limit octets, of which the
// stream gets limit-2. There must be room for at least one octet of it.
func NewPGMPacker(limit int) *PGMPacker {
	if limit <= pgmOffset {
		panic("BUG: packets without room")
	}
	p := &PGMPacker{limit: limit}
	p.Reset()
	return p
}

// Reset begins an empty packet. A message that is not whole goes on in it.
func (p *PGMPacker) Reset() {
	p.buf = append(p.buf[:0], pgmNoStart>>8, pgmNoStart&0xff)
	p.start = -1
}

// Add puts m into the packet, as far as it goes, and reports whether its last
// octet is in. If not, the packet is full, and the same message must be added
// to the next one first.
func (p *PGMPacker) Add(m Message) (whole bool) {
	if p.Full() {
		return false
	}
	if !p.begun {
		p.begun, p.frame = true, 0
		p.open(m)
		if p.start < 0 {
			p.start = len(p.buf) - pgmOffset
			binary.BigEndian.PutUint16(p.buf, uint16(p.start))
		}
	}
	for {
		p.head = p.head[p.put(p.head):]
		body := m.Frame(p.frame)
		if len(p.head) == 0 {
			p.at += p.put(body[p.at:])
		}
		if len(p.head) > 0 || p.at < len(body) {
			return false
		}
		if p.frame++; p.frame == m.Len() {
			p.begun = false
			return true
		}
		p.open(m)
	}
}

// open begins the present frame of m.
func (p *PGMPacker) open(m Message) {
	p.at = 0
	var flags Flags
	if p.frame < m.Len()-1 {
		flags = More
	}
	p.head = AppendOldHeader(p.room[:0], flags, len(m.Frame(p.frame)))
}

// put adds what there is room for, and returns how much that is.
func (p *PGMPacker) put(b []byte) int {
	n := min(len(b), p.limit-len(p.buf))
	p.buf = append(p.buf, b[:n]...)
	return n
}

// Full reports whether nothing more goes in. Empty reports whether nothing is in.
func (p *PGMPacker) Full() bool { return len(p.buf) == p.limit }

// Empty reports whether the packet has nothing of the stream.
func (p *PGMPacker) Empty() bool { return len(p.buf) == pgmOffset }

// Packet returns the packet as it is: its octets are valid until the next
// Reset.
func (p *PGMPacker) Packet() []byte { return p.buf }

// A PGMDecoder turns the packets of one source, in order, into messages. It
// begins out of step and falls into step at the first packet in which a message
// begins; [PGMDecoder.Lose] puts it out of step again. No octets make it panic,
// and it never makes a message of pieces of two.
type PGMDecoder struct {
	limit  int64 // of NewOldDecoder
	joined bool
	frames *Decoder
}

// NewPGMDecoder returns a decoder that refuses frames of more than maxFrame
// octets; a negative one means no limit.
func NewPGMDecoder(maxFrame int64) *PGMDecoder {
	return &PGMDecoder{limit: maxFrame, frames: NewOldDecoder(maxFrame)}
}

// Lose tells that packets of the source are missing before the next one. What
// was not whole is forgotten.
func (d *PGMDecoder) Lose() {
	d.joined = false
	if d.frames.Partial() || d.frames.err != nil {
		d.frames = NewOldDecoder(d.limit)
	}
}

// Decode appends the messages that are whole with this packet to dst. The
// octets are copied. An error means that the packet, or the rest of it, is not
// what the framing allows: the decoder is out of step then, and goes on with the
// next packet in which a message begins.
func (d *PGMDecoder) Decode(packet []byte, dst []Message) ([]Message, error) {
	if len(packet) < pgmOffset {
		d.Lose()
		return dst, protocolErrorf("packet of %d octets is too short for its offset", len(packet))
	}
	start, p := int(binary.BigEndian.Uint16(packet)), packet[pgmOffset:]
	if !d.joined {
		if start == pgmNoStart {
			return dst, nil
		}
		if start > len(p) {
			return dst, protocolErrorf("message begins at %d of %d octets", start, len(p))
		}
		d.joined, p = true, p[start:]
	}
	_, dst, _, err := d.frames.Decode(p, dst)
	if err != nil {
		d.Lose()
	}
	return dst, err
}
