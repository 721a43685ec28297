package socket

import (
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// SendHWMBytes is a limit beside SendHWM, in bytes of all frames: each peer's outbound queue takes a message as long as it holds less, so that it may
// end up beyond by a part of one message, and a message larger than the limit can be sent. 0 is no limit, but bytes are counted, so that Set can make
// one for queues in use; -1 is neither, and a Set from -1 holds for peers to come. Range -1 or more. Default -1. Over inproc it adds up with the
// receiver's RecvHWMBytes, and there is no limit where either has none. No subscription waits for it, or is dropped: where an XSUB's queue holds as
// much, subscriptions included, other messages are. libzmq has nothing like it.
func SendHWMBytes(n int64) Option {
	return func(o *options) error {
		if n < -1 {
			return badOption("SendHWMBytes", n, "-1 or more bytes")
		}
		o.sendHWMBytes = n
		return nil
	}
}

// RecvHWMBytes is a limit beside RecvHWM, in bytes of all frames, of each peer's inbound queue: see SendHWMBytes. What an XPUB hears is not counted.
// Range -1 or more. Default -1. libzmq has nothing like it.
func RecvHWMBytes(n int64) Option {
	return func(o *options) error {
		if n < -1 {
			return badOption("RecvHWMBytes", n, "-1 or more bytes")
		}
		o.recvHWMBytes = n
		return nil
	}
}

// SmallBody is the largest body in bytes that is copied on its way over a network, 0 to 32768: a larger one never is. Out: small ones go into one buffer
// with their neighbours, a larger one is written from where it lies. In: a read ends where a larger one may begin, which is read straight into its own
// memory. So where it is set each frame that comes costs a call of the kernel: 0.11 of the default's speed at 100 bytes, 0.4 at 1 kB, 0.9 to 1 at 10 kB, 1
// from 50 kB on; a frame of more than 255 bytes costs two where it is set below 255 (0.25 at 1 kB). What goes out costs nothing. A body larger than
// 256 kB and than all before it is moved as it grows, unless MaxMsgSize is set too: then all its memory is there from the start, on the word of its
// header, up to 1 GB for each peer. What CURVE seals is copied in any case, what STREAM receives and subscriptions too, and what goes over pgm and epgm,
// whose packets are smaller than that; over inproc nothing is. Default -1, which is 4096 out and 65536 in, the fastest of both: in, what one read
// brought together is copied then, a piece of a large body included (the README says when). All types. It holds for endpoints that are bound or
// connected from then on. libzmq has nothing like it.
func SmallBody(n int) Option {
	return func(o *options) error {
		if n < -1 || n > 32<<10 {
			return badOption("SmallBody", n, "0 to 32768 bytes, or -1")
		}
		o.smallBody = n
		return nil
	}
}

// copied is the same for a codec.
func (o *options) copied() int {
	switch o.smallBody {
	case -1:
		return 0
	case 0:
		return -1
	}
	return o.smallBody
}

// newQueue makes a queue of messages with a mark, and a limit in bytes where that is not -1: then they are counted, which costs a little. watch, a
// method of the queue's pipe, sets what it tells, and whom; room is what to do besides where there is room.
func newQueue(mark int, bytes int64, policy mailbox.Policy, watch func(*mailbox.Config[Message], func()), room func()) *queue {
	cfg := mailbox.Config[Message]{Mark: mark, Policy: policy, OnDrop: wire.Drop}
	watch(&cfg, room)
	if bytes >= 0 {
		cfg.Bytes, cfg.Size = bytes, Message.Size
	}
	return mailbox.New(cfg)
}

// sumBytes is the limit in bytes of the queue from one socket to another: none where either side has none, or where what goes are subscriptions.
func sumBytes(from, to *socket) int64 {
	send, recv := from.opts().sendHWMBytes, to.opts().recvHWMBytes
	if send <= 0 || recv <= 0 || from.typ.subscriber {
		return 0
	}
	return send + recv
}
