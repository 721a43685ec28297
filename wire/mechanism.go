package wire

// Names of the security mechanisms.
const (
	MechanismNull  = "NULL"  // no authentication, no secrecy
	MechanismPlain = "PLAIN" // a user name and a password, in the clear
	MechanismCurve = "CURVE" // keys on both sides; nobody on the way can read or change anything
)

// mechanisms is the table of the mechanisms that this package has. A new one
// is a file and a row here; the tests of the table then demand that it shakes
// hands with itself.
var mechanisms = []string{
	MechanismNull,
	MechanismPlain,
	MechanismCurve,
}

// Mechanisms returns the names of all security mechanisms, in a new slice.
func Mechanisms() []string { return append([]string(nil), mechanisms...) }

// A Mechanism is one side of a security mechanism with its credentials. It
// holds nothing that belongs to a connection, so one value serves all
// connections of a socket, from any number of goroutines.
//
// https://rfc.zeromq.org/spec/37/#authentication-and-confidentiality
type Mechanism interface {
	// Name returns what stands in the greeting, at most 20 octets.
	Name() string

	// AsServer returns what the greeting says about our role.
	AsServer() bool

	// Begin starts the exchange of one connection, in which we tell the peer
	// local about ourselves.
	Begin(local Metadata) Exchange
}

// An Exchange is the part of a handshake that belongs to the mechanism: what is
// said between the greetings and the traffic. It serves one connection and is
// not safe for use by several goroutines. One that has to ask about the peer is
// an [Asker] too, and one that changes the frames of the traffic a [Securer].
type Exchange interface {
	// Start appends to dst the frames to send before anything is received.
	Start(dst []byte) []byte

	// Receive takes the body of one frame of the peer and appends to dst the
	// frames to answer with. The frames are to be sent even if there is an error,
	// after which neither method is called again. The body is not kept.
	Receive(dst, body []byte) ([]byte, error)

	// Done reports whether the exchange is complete, and what the peer told us
	// about itself.
	Done() (peer Metadata, ok bool)
}

// A Securer is an [Exchange] behind which the frames of the traffic are sealed.
type Securer interface {
	Exchange

	// Traffic returns how, for each direction. It is called once, when Done.
	Traffic() (*Sealer, *Opener)
}
