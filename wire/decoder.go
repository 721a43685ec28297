package wire

// Stage 11 of a message's way (ARCHITECTURE.md): decode.

// A Decoder cuts the octets of a connection whose handshake is done into
// messages and commands. Feed it with Decode, or, while it is inside a large
// body, read straight into the slice that Direct returns and tell it with
// Filled. It is not safe for use by several goroutines.
//
// It never holds more memory than the largest of 256 kB, the largest frame that
// the peer has sent whole, and four times what it has really sent of this one,
// whatever sizes it announces. So a large body is read straight into its place, and
// stays there, but for the first one that is larger than all before, and than
// 256 kB: that one is moved as it grows. None is where SetSmallBody and a limit allow
// more memory.
//
//	          header complete             body complete
//	header ───────────────────▶ body ─┬─ message frame, MORE ──▶ kept in parts ──▶ header
//	                              │   ├─ message frame, last ──▶ message out   ──▶ header
//	          size over the limit │   ├─ command             ──▶ command out   ──▶ header
//	any ─────────────────▶ error  │   └─ command with MORE   ──▶ dropped       ──▶ header
//
// https://rfc.zeromq.org/spec/37/#framing
type Decoder struct {
	// Set by NewDecoder, then read-only.
	limit uint64 // the largest body to accept, in octets
	small uint64 // the largest body to store in a slab, at most limit
	old   bool   // the framing is that of ZMTP 1.0

	// Set by NewDecoder, or by SetSmallBody before the first Decode, then read-only.
	copied int // the largest body to copy, in octets
	gapMax int // how many small frames may lie between two large bodies that follow one another closely

	// Set by SetProperties before the first Decode, then read-only.
	hold  *hold // of all messages; nil where they have no properties
	alone *tail // its tail, for those of one frame; nil too

	// Set by SetOpener before the first Decode, then read-only.
	opener *Opener // nil where frames are not sealed

	// Owned by the caller.
	head    [MaxHeader]byte // the beginning of a header that was cut off
	headLen int             // octets in head; 0 inside a body
	inBody  bool            // inside the body of a frame
	body    body            // that body; meaningful if inBody
	flags   Flags           // of that frame
	parts   [][]byte        // bodies of the message whose last frame is still to come
	chunks  []*chunk        // what the parts lie in, with a reference to each
	proven  int             // octets of the largest body of a message that came whole, or that may be believed in before
	gap     int             // frames since the last large body
	near    bool            // large bodies follow one another closely: see Ahead
	behind  [MaxHeader]byte // what Filled returned last
	pieces  uint64          // what Pieces returns
	slab    slab            // room for small bodies
	sealed  []byte          // room for a sealed body, used again
	err     error           // final
}

// maxParts is how many frames the decoder's lists of parts and of their chunks may
// have room for to be used again for the next message.
const maxParts = 64

// NewDecoder returns a decoder that takes frames of at most maxFrame octets of
// body, messages and commands alike (ZMQ_MAXMSGSIZE). A negative maxFrame is
// no limit but that of ZMTP, 2^63-1.
func NewDecoder(maxFrame int64) *Decoder {
	limit := frameLimit(maxFrame)
	return &Decoder{limit: limit, small: min(limit, slabMax), copied: copiedMax, gapMax: maxGap}
}

// SetProperties says what all messages to come share: what is known of their
// sender.
func (d *Decoder) SetProperties(p *Properties) {
	d.hold = p.plain()
	d.alone = d.hold.tail()
}

// Decode takes octets of the peer, in pieces of any size. It appends the
// messages that they complete to msgs and returns the longer slice as out. It
// takes all of p, so n is len(p), with two exceptions. It stops behind a
// command: then cmd is the command's body, never nil, for [ParseCommand]; call
// again with p[n:]. And it stops at an error, which is a *ProtocolError and
// final: messages that came before it are in out.
//
// The messages and the command own their octets; p is not kept.
func (d *Decoder) Decode(p []byte, msgs []Message) (n int, out []Message, cmd []byte, err error) {
	for n < len(p) && d.err == nil {
		if !d.inBody {
			if d.headLen == 0 && d.opener == nil {
				var used int
				used, msgs = d.whole(p[n:], msgs)
				n += used
			}
			n += d.begin(p[n:])
		}
		if d.inBody && d.err == nil {
			n += d.body.take(p[n:])
			if d.body.complete() {
				if msgs, cmd = d.end(msgs); cmd != nil {
					break
				}
			}
		}
	}
	return n, msgs, cmd, d.err
}

// Partial reports whether the decoder has a piece of a frame, or frames of a
// message whose last one is missing. A connection that ends then ends within a
// message.
func (d *Decoder) Partial() bool {
	return d.inBody || d.headLen > 0 || len(d.parts) > 0
}

// Pieces counts the frames that were complete and that Decode and Filled did
// not show, because more of their message is to follow or because they were
// dropped. A peer that sends such frames is alive, too.
func (d *Decoder) Pieces() uint64 { return d.pieces }

// whole decodes small and complete message frames at the beginning of p, until
// something else comes. This is the path of nearly all traffic. It returns how
// much it took.
//
// The octets of many frames are copied into the slab at once, headers and all,
// and then cut where they lie: so a small message costs no copy of its own.
func (d *Decoder) whole(p []byte, msgs []Message) (n int, out []Message) {
	for {
		hd := d.wholeHeader(p[n:])
		if hd.len == 0 {
			return n, msgs
		}
		run, used := d.slab.load(p[n:], hd.end()), 0
		for hd.len > 0 {
			start, end := used+hd.len, used+hd.end()
			body := run[start:end:end]
			if hd.flags&More == 0 && len(d.parts) == 0 {
				rest := d.alone
				if d.slab.chunk != nil {
					rest = d.reference(len(body))
				}
				msgs = append(msgs, Message{first: viewOf(body), rest: rest})
			} else {
				d.holdSlab(len(body))
				msgs = d.frame(hd.flags, body, msgs)
			}
			d.passed(len(body))
			used = end
			hd = d.wholeHeader(run[used:])
		}
		d.slab.keep(used)
		n += used
	}
}

// reference returns the tail of a message of one frame in the slab, which is
// counted.
func (d *Decoder) reference(size int) *tail {
	if d.slab.large = size >= poolMin; !d.slab.large {
		d.slab.reference() // for good
		return d.alone
	}
	d.slab.reference()
	return &d.slab.hold(d.props(), size).alone
}

// holdSlab notes that a part of a message, of size octets, lies in the slab. An empty
// one lies nowhere.
func (d *Decoder) holdSlab(size int) {
	if size > 0 && d.slab.chunk != nil && !d.slab.noted {
		d.slab.noted = true
		d.chunks = append(d.chunks, d.slab.reference())
	}
}

// props are the properties of all messages.
func (d *Decoder) props() *Properties {
	if d.hold == nil {
		return nil
	}
	return d.hold.props.Load()
}

// wholeHeader returns the header at the beginning of p if behind it lies the
// whole of a message frame that is small enough for a slab. Otherwise it
// returns the zero header.
func (d *Decoder) wholeHeader(p []byte) header {
	hd := d.header(p)
	if hd.len == 0 || hd.flags&CommandFrame != 0 || hd.size > d.small || hd.end() > len(p) {
		return header{}
	}
	return hd
}

// begin takes the octets of a header, and starts the body if the header is
// complete with them. It returns how much of p it took.
func (d *Decoder) begin(p []byte) int {
	had := d.headLen
	d.headLen += copy(d.head[had:], p)
	hd := d.header(d.head[:d.headLen])
	if hd.len == 0 {
		return d.headLen - had
	}
	d.headLen = 0
	check := checkSize
	if d.old {
		check = checkOldSize
	}
	if d.err = check(hd.size, d.limit); d.err != nil {
		return hd.len - had
	}
	d.inBody, d.flags = true, hd.flags
	if d.opener != nil {
		d.body = d.sealedBody(int(hd.size))
	} else if hd.flags&(CommandFrame|More) == CommandFrame|More {
		d.body = body{size: int(hd.size), discard: true}
	} else if hd.flags&CommandFrame != 0 {
		d.body = body{size: int(hd.size)}
	} else {
		d.body = newBody(int(hd.size), &d.slab, d.proven)
	}
	return hd.len - had
}

// end does what is due at the end of a body.
func (d *Decoder) end(msgs []Message) (out []Message, cmd []byte) {
	b := d.body
	d.inBody, d.body = false, body{}
	switch {
	case d.opener != nil:
		return d.unseal(b, msgs)
	case b.discard:
		d.passed(0)
		d.pieces++
		return msgs, nil
	case d.flags&CommandFrame != 0:
		d.passed(0)
		if b.octets == nil {
			b.octets = []byte{}
		}
		return msgs, b.octets
	}
	d.passed(b.size)
	d.proven = max(d.proven, b.size)
	if b.chunk != nil {
		d.chunks = append(d.chunks, b.chunk)
	} else {
		d.holdSlab(b.size)
	}
	return d.frame(d.flags, b.octets[:b.size:b.size], msgs), nil
}

// frame takes one complete frame of a message, and appends the message to msgs
// if it was its last.
//
// "an implementation SHALL always send and deliver messages atomically, that
// is, all the frames of a message, or none of them."
// https://rfc.zeromq.org/spec/37/#messages
func (d *Decoder) frame(flags Flags, body []byte, msgs []Message) []Message {
	if flags&More == 0 && len(d.parts) == 0 {
		return append(msgs, d.held(MessageOf(body)))
	}
	d.parts = append(d.parts, body)
	if flags&More != 0 {
		d.pieces++
		return msgs
	}
	msgs = append(msgs, d.held(MessageOf(d.parts...)))
	d.parts = emptied(d.parts)
	return msgs
}

// held returns m, whose last frame has come, with its properties, and with the
// references to what it lies in. Where it is too small for those, nobody ever
// gives them back.
func (d *Decoder) held(m Message) Message {
	size := m.Size()
	d.slab.large = size >= poolMin
	switch {
	case len(d.chunks) == 0 || !d.slab.large:
		m = m.own(d.hold, 0)
	case len(d.chunks) == 1 && d.chunks[0].refs.Load() == 1: // it is m's, and so nobody else has one
		m = m.own(d.chunks[0].nextTurn(d.props()))
	case len(d.chunks) == 1 && d.chunks[0] == d.slab.chunk:
		m = m.own(d.slab.hold(d.props(), size), 0)
	default:
		m = m.own(newHold(d.props(), d.chunks), 0)
	}
	d.slab.noted = false
	d.chunks = emptied(d.chunks)
	return m
}

// emptied returns list without its elements. It keeps the room for the next message's, unless that is much.
func emptied[E any](list []E) []E {
	if cap(list) > maxParts {
		return nil
	}
	clear(list)
	return list[:0]
}
