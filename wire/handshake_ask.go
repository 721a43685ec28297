package wire

// Asks returns what the mechanism has to know before it goes on, or nil where
// it asks nothing now. Give the verdict to Answer. Until then feed Receive as
// ever: a peer may have something to say, or break the protocol.
func (h *Handshake) Asks() *Question {
	if asker, ok := h.exchange.(Asker); ok && h.err == nil && h.stage == stageFrames {
		return asker.Asks()
	}
	return nil
}

// Answer gives the mechanism the verdict that it asked for. Like Receive it
// returns what is to be sent, even if there is an error, and an error is final:
// an *AuthError where the verdict does not let the peer in.
func (h *Handshake) Answer(v Verdict) (out []byte, err error) {
	if h.Asks() == nil {
		return nil, h.err
	}
	switch v.Status {
	case StatusOK, StatusTemporary, StatusRefused, StatusInternal:
	default:
		v.Status = StatusInternal
	}
	out, h.err = h.exchange.(Asker).Answer(nil, v)
	if h.err != nil {
		return out, h.err
	}
	h.peer.Vouched = v.vouched()
	begun := len(h.buf) > 0
	if h.err = h.settle(); h.err == nil && begun && h.stage == stageFinished {
		h.err = protocolErrorf("the peer spoke while it was to wait for our READY").coded(CodeUnspecified)
	}
	return out, h.err
}

// Traffic returns how the frames of the traffic are sealed and opened, once Done;
// nil and nil where they are not.
func (h *Handshake) Traffic() (*Sealer, *Opener) {
	if s, ok := h.exchange.(Securer); ok && h.Done() {
		return s.Traffic()
	}
	return nil, nil
}
