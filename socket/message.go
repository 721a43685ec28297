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
