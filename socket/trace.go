package socket

// A Trace has functions that are called as messages pass. They run on the data path, in an actor: they must be quick, must not wait, and must
// not call the socket. A nil function costs nothing.
type Trace struct {
	// Sent is called for each message when the kernel has taken its last byte: from then on it is out of this process's hands. Not called for inproc.
	Sent func(Conn, Message)
}

// A Conn names one connection.
type Conn struct {
	// Socket, Endpoint and Peer are as in Event.
	Socket, Endpoint, Peer string
	// Attempt is the number of the connection among those of its endpoint, from 1, as in Event.
	Attempt uint64
}

// WithTrace sets the functions to call as messages pass. Default none. All types. It holds for endpoints that are bound or connected from then on.
// libzmq has nothing like it.
func WithTrace(t Trace) Option {
	return func(o *options) error {
		o.trace = t
		return nil
	}
}
