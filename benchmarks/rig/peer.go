package rig

// Kinds of sockets.
const (
	Push   = "PUSH"
	Pull   = "PULL"
	Pub    = "PUB"
	Sub    = "SUB"
	Req    = "REQ"
	Rep    = "REP"
	Dealer = "DEALER"
	Router = "ROUTER"
)

// A Peer is an implementation that is measured.
type Peer interface {
	// Open makes a socket, or returns ErrNotPlayed.
	Open(s Spec) (Socket, error)

	// Proxy moves messages from front to back until the process ends, or returns ErrNotPlayed.
	Proxy(front, back Socket) error

	// Close ends what sockets share, once all are closed.
	Close() error
}

// A Spec says what a socket is for.
type Spec struct {
	Kind     string
	Body     *Body  // what it sends
	Topic    string // what a SUB wants
	Lossless bool   // a PUB waits where a subscriber has no room, and does not drop
	Curve    Curve  // how its connections are encrypted
}

// A Socket is one end. Its methods are called by one goroutine at a time, except Abandon.
type Socket interface {
	// Bind binds it, and returns where to connect to.
	Bind(endpoint string) (string, error)

	// Connect connects it.
	Connect(endpoint string) error

	// WaitSubscribers waits until so many subscriptions have reached a PUB.
	WaitSubscribers(n int) error

	// Put sends one message of fresh bytes.
	Put() error

	// Take receives one message, checks its size, and lets go of it.
	Take() error

	// Answer is Take, and then Put to whoever sent it.
	Answer() error

	// Show receives one message and returns its bytes, which are the caller's.
	Show() ([]byte, error)

	// Abandon makes a Take, Answer or Show that waits, or will wait, return an error. Any goroutine may call it.
	Abandon()

	// Close closes it.
	Close() error
}

// A Queuer is a Peer that has a queue for goroutines as well.
type Queuer interface {
	// Queue makes a queue with room for mark items: one function puts an item in, any number of goroutines at once, the other takes one out.
	Queue(mark int) (push func(Item), pop func() Item)
}

// An Item is what goes through a queue: of 48 bytes with pointers in it, about what a message is.
type Item struct {
	_ []byte
	N int
	_ *int
	_ uint64
}

// A Curve is the side that a socket has in CURVE: its keys. The zero value is no encryption.
type Curve struct {
	On             bool
	Server         bool   // it is the server, which is the one that binds
	Public, Secret string // its own keys
	ServerKey      string // of a client: the server's public key
}

// The keys are those of libzmq's manual: everybody has them, and no process has to tell another.
const (
	serverPublic = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
	serverSecret = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
	clientPublic = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
	clientSecret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
)

// curve is what a socket of r has: one that binds is the server.
func (r *Run) curve(binds bool) Curve {
	switch {
	case !r.Curve:
		return Curve{}
	case binds:
		return Curve{On: true, Server: true, Public: serverPublic, Secret: serverSecret}
	}
	return Curve{On: true, Public: clientPublic, Secret: clientSecret, ServerKey: serverPublic}
}
