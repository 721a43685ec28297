package wire

// Peers that speak ZMTP 2.0 or 1.0 have no mechanism: behind the greeting each
// side sends its identity as one frame, and then traffic begins. Which version
// it is shows in the greeting, as libzmq reads it (zmtp_engine.cpp):
//
//	first octet not FF, or lowest bit of the tenth 0   ZMTP 1.0 without a version number: what came is an identity frame
//	version 0                                          ZMTP 1.0, as its last releases spoke it
//	version 1                                          ZMTP 2.0
//	anything else                                      ZMTP 3.0 or later
//
// Our signature has been sent by then. To the first of these it is the header
// of our identity frame, so that only the identity itself has to follow; to the
// other two our version and our socket type follow, and the frame.
//
// https://rfc.zeromq.org/spec/37/#detecting-zmtp-10-and-20-peers

// versions of ZMTP before 3.0.
var (
	version10 = Version{Major: 1}
	version20 = Version{Major: 2}
)

// mayServe judges a peer that speaks an old version. Where a mechanism is to
// secure the connection, a version that has none must not get around it.
func (h *Handshake) mayServe(v Version) error {
	switch {
	case h.cfg.secured():
		return protocolErrorf("the peer speaks ZMTP %d.0, which has no security", v.Major)
	case v == version10 && !h.cfg.ZMTP1:
		return protocolErrorf("the peer speaks ZMTP 1.0, at least 2.0 is needed")
	}
	return nil
}

// unversioned begins the identity exchange with a peer whose first octets, which
// are in buf, are an identity frame.
func (h *Handshake) unversioned(out []byte) ([]byte, error) {
	if !h.cfg.ZMTP1 {
		return out, protocolErrorf("the peer speaks ZMTP 1.0 or no ZMTP at all: it begins with %q", h.buf)
	}
	if err := h.mayServe(version10); err != nil {
		return out, err
	}
	h.peer.Version, h.peer.Unversioned = version10, true
	h.stage = stageIdentity
	return h.identity(append(out, h.cfg.Identity...))
}

// versioned answers the version number of a peer that speaks an old version
// with our socket type. That of the peer follows.
func (h *Handshake) versioned(out []byte, v Version) ([]byte, error) {
	if err := h.mayServe(v); err != nil {
		return out, err
	}
	h.peer.Version = v
	h.enter(stageType, minorEnd)
	return append(out, typeNumber(h.cfg.SocketType)), nil
}

// typed takes the peer's socket type, which libzmq does not look at, and sends
// our identity.
func (h *Handshake) typed(out []byte) []byte {
	h.buf = h.buf[:0]
	h.enter(stageIdentity, shortHeader)
	if h.peer.Version == version10 {
		out = AppendOldHeader(out, 0, len(h.cfg.Identity))
	} else {
		out = AppendHeader(out, 0, len(h.cfg.Identity))
	}
	return append(out, h.cfg.Identity...)
}

// identity takes as much of the peer's identity frame as there is. The handshake
// ends with it.
func (h *Handshake) identity(out []byte) ([]byte, error) {
	var hd header
	large, check := largeHeader, checkSize
	if h.peer.Version == version10 {
		hd, large, check = parseOldHeader(h.buf), oldLargeHeader, checkOldSize
	} else {
		hd = parseHeader(h.buf)
	}
	if hd.len == 0 {
		h.need = shortHeader
		if len(h.buf) >= shortHeader {
			h.need = large
		}
		return out, nil
	}
	if err := check(hd.size, min(maxIdentity, h.cfg.limit())); err != nil {
		return out, err
	}
	if end := hd.end(); len(h.buf) < end {
		h.need = end
		return out, nil
	}
	h.peer.Identity = append([]byte{}, h.buf[hd.len:]...)
	h.stage, h.buf = stageFinished, nil
	return out, nil
}

// secured reports whether the mechanism does anything for security: a peer that
// speaks a version without mechanisms is refused then.
func (c HandshakeConfig) secured() bool {
	m, ok := c.mechanism().(null)
	return !ok || m != null{}
}
