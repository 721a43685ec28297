package socket

// Notify says what a Router hears of its connections: the sum of what is wanted.
type Notify uint8

// What RouterNotify takes. (ZMQ_NOTIFY_CONNECT, ZMQ_NOTIFY_DISCONNECT)
const (
	// NotifyConnect is a notice for each finished handshake.
	NotifyConnect Notify = 1 << iota
	// NotifyDisconnect is a notice for each loss of a connection whose handshake was finished.
	NotifyDisconnect
)

// noticeOptions are the messages that a socket makes of the coming and going of connections. Slices are replaced, never written to.
type noticeOptions struct {
	routerNotify  Notify
	helloMsg      []byte
	disconnectMsg []byte
	hiccupMsg     []byte
}

// RouterNotify makes a Router receive a message of a routing id and an empty frame when a connection is there, before what comes of it, or when it is
// gone, after what came of it: NotifyConnect, NotifyDisconnect, or both. An end that this side has made needs no notice, and there is none over
// inproc, as in libzmq. Notices bypass the mark, by two messages at most: where a peer comes and goes while nobody receives, it is told of once.
// Range 0 to 3. Default 0, for none. ROUTER only; with RouterRaw both come in any case. (ZMQ_ROUTER_NOTIFY, draft)
func RouterNotify(what Notify) Option {
	return func(o *options) error {
		if what > NotifyConnect|NotifyDisconnect {
			return badOption("RouterNotify", what, "NotifyConnect, NotifyDisconnect or both")
		}
		o.routerNotify = what
		return o.typ.onlyFor("RouterNotify", routerType)
	}
}

// HelloMsg is the one frame of a message that each peer gets first, on each connection, and over inproc too. It bypasses the mark and is in no
// account but inproc's. Range: any bytes. Default empty, for none. DEALER and ROUTER only. (ZMQ_HELLO_MSG, draft)
func HelloMsg(body string) Option {
	return func(o *options) error {
		o.helloMsg = []byte(body)
		return o.typ.onlyFor("HelloMsg", dealerType, routerType)
	}
}

// DisconnectMsg is the one frame of a message that the socket itself receives as if from a peer, when that peer, which had connected to it, has gone:
// after all that came of it, and past the mark. Over inproc too. An end that this side has made needs none. Range: any bytes. Default empty, for
// none. ROUTER only. (ZMQ_DISCONNECT_MSG, draft)
func DisconnectMsg(body string) Option {
	return func(o *options) error {
		o.disconnectMsg = []byte(body)
		return o.typ.onlyFor("DisconnectMsg", routerType)
	}
}

// HiccupMsg is the one frame of a message that the socket itself receives as if from the peer that it had connected to, when that connection is lost:
// after all that came of it, and past the mark; once for several losses in a row that nobody has received. Not over inproc, where no connection comes
// back. Range: any bytes. Default empty, for none. DEALER only. (ZMQ_HICCUP_MSG, draft)
func HiccupMsg(body string) Option {
	return func(o *options) error {
		o.hiccupMsg = []byte(body)
		return o.typ.onlyFor("HiccupMsg", dealerType)
	}
}
