package wire

// Ready ends a peer's side of the handshake and says what the peer is.
//
// "ready = command-size %d5 "READY" metadata"
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
type Ready struct {
	Metadata Metadata // nil is none
}

// AppendTo appends the frame to dst. Like Metadata.AppendTo it panics on
// properties that Metadata.Validate refuses for their length.
func (c Ready) AppendTo(dst []byte) []byte {
	return c.Metadata.AppendTo(appendCommandHeader(dst, nameReady, c.Metadata.size()))
}

// parseReady decodes the data of a READY.
func parseReady(data []byte) (Command, error) {
	m, err := ParseMetadata(data)
	if err != nil {
		return nil, err
	}
	return Ready{Metadata: m}, nil
}
