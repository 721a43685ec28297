package socket

import (
	"context"

	"github.com/weirmq/weir/wire"
)

// Message is a ZeroMQ message: one or more frames, each any bytes, delivered whole or not at all. See wire.Message for its methods.
type Message = wire.Message

// NewMessage makes a message of frames, whose bytes are copied. Without frames it is one empty frame.
func NewMessage(frames ...string) Message { return wire.NewMessage(frames...) }

// MessageOf makes a message of frames without copying: their ownership passes to it. Without frames it is one empty frame.
func MessageOf(frames ...[]byte) Message { return wire.MessageOf(frames...) }

// NewBody makes a message of one frame of n bytes, to be written to before it is sent: they may read as anything. Its memory comes from the pool that
// Release fills, and goes back there once the message was sent and Weir needs it no more.
func NewBody(n int) Message { return wire.NewBody(n) }

// MessageWithRelease makes a message of one frame without copying, and calls release, exactly once, when no message needs body any more: see
// wire.MessageWithRelease. release must neither wait nor use a socket, since it may be called while Weir holds locks.
func MessageWithRelease(body []byte, release func()) Message {
	return wire.MessageWithRelease(body, release)
}

// Join makes one message of the frames of several, and takes over their memory: they are not to be used any more.
func Join(ms ...Message) Message { return wire.Join(ms...) }

// messageOf is MessageOf for one frame.
func messageOf(frame []byte) Message { return wire.MessageOf(frame) }

// A Sender is any socket that sends. Safe for concurrent use.
type Sender interface {
	Send(ctx context.Context, m Message) error
	TrySend(m Message) error
}

// A Receiver is any socket that receives. Safe for concurrent use.
type Receiver interface {
	Recv(ctx context.Context) (Message, error)
	TryRecv() (Message, error)
}
