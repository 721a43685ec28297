package wire

// maxReason is the most octets that the reason of an ERROR can have.
const maxReason = 255

// Error is a peer's refusal to go on. In a handshake it is the end of the connection; behind it, it means nothing.
//
// "error = command-size %d5 "ERROR" error-reason"
// "error-reason = short-size 0*255VCHAR"
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
type Error struct {
	Reason string // may hold any octets, so quote it; libzmq sends the ZAP status "300", "400" or "500"
}

// AppendTo appends the frame to dst. Of a reason longer than 255 octets it
// sends the first 255.
func (c Error) AppendTo(dst []byte) []byte {
	reason := c.Reason[:min(len(c.Reason), maxReason)]
	dst = appendCommandHeader(dst, nameError, 1+len(reason))
	dst = append(dst, byte(len(reason)))
	return append(dst, reason...)
}

// parseError decodes the data of an ERROR. Octets behind the reason are
// ignored, as in libzmq (mechanism.cpp).
func parseError(data []byte) (Command, error) {
	if len(data) == 0 || len(data) < 1+int(data[0]) {
		return nil, protocolErrorf("ERROR command ends within its reason").coded(CodeMalformedError)
	}
	return Error{Reason: string(data[1 : 1+int(data[0])])}, nil
}
