package socket

import (
	"context"

	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// errMalformedReply is what a peer of a REQ is told: it ends the connection, and the endpoint of a REQ that connected.
var errMalformedReply = &wire.ProtocolError{Spec: "28/REQREP", Reason: "a reply without its envelope, or without a body"}

// acceptableReply says whether m can be a reply to some request: an empty delimiter, or 4 bytes and an empty delimiter, and a body of at least a
// frame. Whose reply it is accept sees. https://rfc.zeromq.org/spec/28/#the-req-socket-type (libzmq: req_session_t)
func acceptableReply(m Message) bool {
	switch len(m.Frame(0)) {
	case 0:
		return m.Len() >= 2
	case 4:
		return m.Len() >= 3 && len(m.Frame(1)) == 0
	default:
		return false
	}
}

// A replyInlet lets a REQ's peer send nothing but replies, over network transports.
type replyInlet struct{ next codec.Inlet }

// Deliver passes on what comes before the first message that is no reply, and fails at that one.
func (i replyInlet) Deliver(ctx context.Context, msgs []Message) (int, error) {
	good := 0
	for good < len(msgs) && acceptableReply(msgs[good]) {
		good++
	}
	if good == len(msgs) {
		return i.next.Deliver(ctx, msgs)
	}
	n, err := i.next.Deliver(ctx, msgs[:good])
	if err == nil {
		err = errMalformedReply
	}
	return n, err
}
