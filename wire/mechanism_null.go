package wire

// Null returns the NULL mechanism, which neither authenticates nor encrypts.
// Its two sides are alike.
//
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
func Null() Mechanism { return null{} }

// NullAsking returns the NULL mechanism of a side that asks about each peer:
// there are no credentials, but addresses to go by.
//
// https://rfc.zeromq.org/spec/27/#the-null-mechanism
func NullAsking() Mechanism { return null{asks: true} }

// null implements [Mechanism]. It has no credentials.
type null struct{ asks bool }

// Name returns "NULL".
func (null) Name() string { return MechanismNull }

// AsServer returns false.
//
// "When a peer uses the NULL security mechanism, the as-server field MUST be
// zero."
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
func (null) AsServer() bool { return false }

// Begin starts an exchange.
func (m null) Begin(local Metadata) Exchange {
	e := &nullExchange{local: local}
	if m.asks {
		e.question = &Question{Mechanism: MechanismNull}
	}
	return e
}

// A nullExchange is one READY each way. RFC 37 has the server wait for the
// client's, but libzmq, like RFC 23, has both sides send at once, and so do we:
// it works with either. A side that asks sends its READY when it has the answer.
//
//	Start: READY out ──▶ waiting ── READY in ──▶ done
//	                        └────── anything else ──▶ error
type nullExchange struct {
	// Set by Begin, then read-only.
	local Metadata

	// Owned by the Handshake that drives the exchange.
	question *Question // open: our READY has not gone out
	peer     Metadata  // from the peer's READY
	done     bool      // READY has come
}

// Start appends our READY.
//
// "Note that to avoid deadlocks, each peer MUST send its READY command before
// attempting to receive a READY from the other peer."
// https://rfc.zeromq.org/spec/23/#the-null-security-mechanism
func (e *nullExchange) Start(dst []byte) []byte {
	if e.question != nil {
		return dst
	}
	return Ready{Metadata: e.local}.AppendTo(dst)
}

// Receive takes the peer's READY.
//
// "null = ready *message | error"
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
func (e *nullExchange) Receive(dst, body []byte) ([]byte, error) {
	command, err := ParseCommand(body)
	if err != nil {
		return dst, err
	}
	switch c := command.(type) {
	case Ready:
		if e.done {
			return dst, protocolErrorf("the peer sent READY twice").coded(CodeUnexpectedCommand)
		}
		e.peer, e.done = c.Metadata, true
		return dst, nil
	case Error:
		return dst, refused(c)
	default:
		return dst, protocolErrorf("the peer sent %T where READY is due", command).coded(CodeUnexpectedCommand)
	}
}

// Asks returns the question, until it is answered.
func (e *nullExchange) Asks() *Question { return e.question }

// Answer appends our READY, or an ERROR.
func (e *nullExchange) Answer(dst []byte, v Verdict) ([]byte, error) {
	e.question = nil
	if v.Status != StatusOK {
		return v.refuse(dst)
	}
	return e.Start(dst), nil
}

// Done reports whether the peer's READY has come, and ours has gone out.
func (e *nullExchange) Done() (Metadata, bool) { return e.peer, e.done && e.question == nil }
