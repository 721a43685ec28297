package wire

// A stage is the part of the handshake whose octets are being gathered.
type stage uint8

// The stages, in order. Each waits for a number of octets and then acts:
//
//	first ─▶ signature ─▶ major ─▶ rest ─▶ frames ─▶ finished
//	   │         │          │        │       │
//	   │         │          │        │       └ each frame goes to the mechanism, which may answer
//	   │         │          │        └ the mechanism begins (NULL: READY goes out)
//	   │         │          └ minor version, mechanism, as-server go out
//	   │         └ our major version goes out
//	   └ nothing goes out
//
// A peer that speaks an older version leaves that line; see handshake_old.go:
//
//	major ─▶ type ─▶ identity ─▶ finished
//	first, signature ───┘
//
// An error at any stage is final. Our signature goes out before the first.
// Octets are held back until the peer has shown its version, so that a
// downgrade remains possible.
const (
	stageFirst stage = iota
	stageSignature
	stageMajor
	stageRest
	stageFrames
	stageType
	stageIdentity
	stageFinished
)

// A Handshake takes a connection from its first octet to the point where
// messages may flow. It is a state machine without I/O: send what Start
// returns, then feed Receive what the peer sends and send what it returns,
// until Done or an error. It is not safe for use by several goroutines.
//
// https://rfc.zeromq.org/spec/37/#overall-behavior
type Handshake struct {
	// Set by NewHandshake, then read-only.
	cfg       HandshakeConfig
	mechanism Mechanism

	// Owned by the caller of Receive.
	stage    stage
	buf      []byte   // what the stage has gathered; during the greeting all of it
	need     int      // len(buf) at which the stage acts; never below len(buf)
	exchange Exchange // nil before stageFrames
	peer     Peer
	err      error // final
}

// NewHandshake returns a handshake for one connection. If cfg is not valid
// (see HandshakeConfig.Validate), Start returns nothing and Receive returns
// the error.
func NewHandshake(cfg HandshakeConfig) *Handshake {
	return &Handshake{cfg: cfg, mechanism: cfg.mechanism(), need: 1, err: cfg.Validate()}
}

// Start returns the octets to send at once: the signature.
//
// "after making or receiving a connection, the peer SHALL send to the other a
// partial greeting sufficient to trigger version detection."
// https://rfc.zeromq.org/spec/37/#version-negotiation
func (h *Handshake) Start() []byte {
	if h.err != nil {
		return nil
	}
	return appendSignature(nil, len(h.cfg.Identity))
}

// Receive takes octets of the peer, in pieces of any size. It returns how many
// of p belong to the handshake (those after them are traffic, for a [Decoder]),
// and what is to be sent in answer, which is the caller's. That is to be sent
// even if there is an error, for it may tell the peer why. An error is final.
// p is not kept.
func (h *Handshake) Receive(p []byte) (n int, out []byte, err error) {
	for n < len(p) && h.err == nil && h.stage != stageFinished {
		piece := min(h.need-len(h.buf), len(p)-n)
		h.buf = append(h.buf, p[n:n+piece]...)
		n += piece
		if len(h.buf) == h.need {
			out, h.err = h.act(out)
		}
	}
	return n, out, h.err
}

// Needs returns how many octets of the peer the handshake waits for before it goes
// on, until Done or an error: whoever reads no more reads no traffic.
func (h *Handshake) Needs() int { return h.need - len(h.buf) }

// Done reports whether the handshake is complete: messages may be sent, and
// what comes next from the peer is traffic.
//
// "A peer MAY start to send messages immediately after completing its
// handshake, that is, having both sent and received a READY command."
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
func (h *Handshake) Done() bool { return h.err == nil && h.stage == stageFinished }

// Peer returns what is known about the other side: everything once Done, the
// version and the mechanism as soon as its greeting was read.
func (h *Handshake) Peer() Peer { return h.peer }

// act does what is due now that the stage has its octets, and appends to out
// what is to be sent.
func (h *Handshake) act(out []byte) ([]byte, error) {
	switch h.stage {
	case stageFirst:
		if !hasSignature(h.buf[0]) {
			return h.unversioned(out)
		}
		h.enter(stageSignature, signatureEnd)
		return out, nil
	case stageSignature:
		if !hasVersion(h.buf) {
			return h.unversioned(out)
		}
		h.enter(stageMajor, majorEnd)
		return append(out, ourVersion.Major), nil
	case stageMajor:
		if v, ok := oldVersion(h.buf[majorEnd-1]); ok {
			return h.versioned(out, v)
		}
		h.enter(stageRest, greetingSize)
		return appendRest(out, h.mechanism), nil
	case stageRest:
		return h.greeted(out)
	case stageFrames:
		return h.frame(out)
	case stageType:
		return h.typed(out), nil
	case stageIdentity:
		return h.identity(out)
	default:
		panic("BUG: handshake acts after its end")
	}
}

// enter moves on to stage s, which acts once buf holds need octets.
func (h *Handshake) enter(s stage, need int) { h.stage, h.need = s, need }

// greeted takes the peer's complete greeting and lets the mechanism begin.
// The as-server octet is not looked at, as in libzmq.
func (h *Handshake) greeted(out []byte) ([]byte, error) {
	h.peer.Version = Version{Major: h.buf[majorEnd-1], Minor: h.buf[minorEnd-1]}
	if h.peer.Version.Major < ourVersion.Major { // 2: see oldVersion
		h.peer.Version = ourVersion
	}
	if err := checkMechanism(h.buf, h.mechanism.Name()); err != nil {
		return out, err
	}
	h.peer.Mechanism = h.mechanism.Name()
	h.exchange = h.mechanism.Begin(h.cfg.local())
	h.nextFrame()
	return h.exchange.Start(out), nil
}

// nextFrame prepares for the header of the peer's next frame.
func (h *Handshake) nextFrame() {
	h.buf = h.buf[:0]
	h.enter(stageFrames, shortHeader)
}

// frame takes as much of a frame as there is: the beginning of its header, all
// of its header, or all of it. It goes by what the body says; like libzmq it
// does not insist on the COMMAND flag.
func (h *Handshake) frame(out []byte) ([]byte, error) {
	hd := parseHeader(h.buf)
	if hd.len == 0 {
		h.need = largeHeader
		return out, nil
	}
	if err := checkSize(hd.size, h.cfg.limit()); err != nil {
		return out, err
	}
	if end := hd.len + int(hd.size); len(h.buf) < end {
		h.need = end
		return out, nil
	}
	out, err := h.exchange.Receive(out, h.buf[hd.len:])
	if err != nil {
		return out, err
	}
	h.nextFrame()
	return out, h.settle()
}

// settle ends the handshake where the exchange is complete.
func (h *Handshake) settle() error {
	metadata, ok := h.exchange.Done()
	if !ok {
		return nil
	}
	h.stage, h.buf = stageFinished, nil
	return h.judge(metadata)
}

// judge decides from its metadata whether we work with the peer.
//
// "The peer SHOULD enforce that the other peer is using a valid socket type."
// https://rfc.zeromq.org/spec/37/#the-socket-type-property
//
// RFC 37 would have us send an ERROR command to a peer of a wrong type; libzmq
// just closes, and so do we. Where a property comes twice we do as libzmq
// (mechanism.cpp, zmtp_engine.cpp): each type has to fit, and the first is the
// peer's; of the identities the last counts.
func (h *Handshake) judge(m Metadata) error {
	for _, p := range m {
		switch {
		case equalFold(p.Name, PropertySocketType):
			if h.cfg.Accepts != nil && !h.cfg.Accepts(p.Value) {
				return protocolErrorf("a %s socket does not work with the peer's type %q", h.cfg.SocketType, p.Value)
			}
		case equalFold(p.Name, PropertyIdentity):
			if len(p.Value) > maxIdentity {
				return protocolErrorf("the peer's identity has %d octets, at most %d are allowed", len(p.Value), maxIdentity)
			}
			h.peer.Identity = []byte(p.Value)
		}
	}
	h.peer.SocketType, _ = m.Get(PropertySocketType)
	h.peer.Metadata = m
	return nil
}
