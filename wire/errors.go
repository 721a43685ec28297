package wire

import "fmt"

// specZMTP31 is what a [ProtocolError] calls https://rfc.zeromq.org/spec/37/.
const specZMTP31 = "37/ZMTP"

// A ProtocolError says that the peer broke, or refused to follow, a
// specification. It always describes the peer's fault, never one of ours, and
// it ends the connection: the state machine that returned it returns it again
// for everything that follows.
type ProtocolError struct {
	Spec   string // the specification, such as "37/ZMTP"
	Reason string // what the peer did, in one clause without a full stop; octets of the peer are quoted
	Code   Code   // libzmq's number for it; 0 if it has none
}

// Error returns the reason, followed by the specification in parentheses.
func (e *ProtocolError) Error() string {
	return e.Reason + " (" + e.Spec + ")"
}

// protocolErrorf makes a ProtocolError against ZMTP 3.1.
func protocolErrorf(format string, args ...any) *ProtocolError {
	return &ProtocolError{Spec: specZMTP31, Reason: fmt.Sprintf(format, args...)}
}

// coded gives e its number.
func (e *ProtocolError) coded(c Code) *ProtocolError {
	e.Code = c
	return e
}
