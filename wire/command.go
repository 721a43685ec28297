package wire

// A Command is one frame that peers exchange beside the messages. Its types
// are [Ready], [Error], [Subscribe], [Cancel], [Ping], [Pong] and, for every
// other name, [Unknown].
//
// https://rfc.zeromq.org/spec/37/#commands
type Command interface {
	// AppendTo appends the whole frame, header included, to dst and returns the
	// longer slice.
	AppendTo(dst []byte) []byte
}

// Names of the commands. They are compared octet for octet.
const (
	nameReady     = "READY"
	nameError     = "ERROR"
	nameSubscribe = "SUBSCRIBE"
	nameCancel    = "CANCEL"
	namePing      = "PING"
	namePong      = "PONG"
)

// ParseCommand decodes the body of a command frame. Slices in the result are
// parts of body. A body without a complete name, and a known command with
// malformed data, is a *ProtocolError; a name that is not known is not.
func ParseCommand(body []byte) (Command, error) {
	name, data, err := splitCommand(body)
	if err != nil {
		return nil, err
	}
	switch string(name) {
	case nameReady:
		return parseReady(data)
	case nameError:
		return parseError(data)
	case nameSubscribe:
		return Subscribe{Topic: data}, nil
	case nameCancel:
		return Cancel{Topic: data}, nil
	case namePing:
		return parsePing(data)
	case namePong:
		return parsePong(data), nil
	}
	return Unknown{Name: string(name), Body: data}, nil
}

// splitCommand cuts the body of a command frame into its name and its data.
//
// "command-body = command-name command-data"
// "command-name = short-size 1*255command-name-char"
// https://rfc.zeromq.org/spec/37/#formal-grammar
func splitCommand(body []byte) (name, data []byte, err error) {
	if len(body) == 0 {
		return nil, nil, protocolErrorf("command without a name")
	}
	end := 1 + int(body[0])
	if len(body) < end {
		return nil, nil, protocolErrorf("command of %d octets ends within its name", len(body))
	}
	return body[1:end], body[end:], nil
}

// appendCommandHeader appends the frame header and the name of a command whose
// data, size octets long, is to follow.
//
// "command-size = %x04 short-size | %x06 long-size"
// https://rfc.zeromq.org/spec/37/#formal-grammar
func appendCommandHeader(dst []byte, name string, size int) []byte {
	dst = AppendHeader(dst, CommandFrame, 1+len(name)+size)
	dst = append(dst, byte(len(name)))
	return append(dst, name...)
}

// Unknown is a command of a name that this package does not know. In the
// traffic phase it is to be ignored.
type Unknown struct {
	Name string // at most 255 octets; empty if the peer sent an empty one
	Body []byte // the data behind the name
}

// AppendTo appends the frame to dst. Of a name longer than 255 octets it sends
// the first 255.
func (c Unknown) AppendTo(dst []byte) []byte {
	name := c.Name[:min(len(c.Name), maxName)]
	return append(appendCommandHeader(dst, name, len(c.Body)), c.Body...)
}
