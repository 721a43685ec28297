package socket

import (
	"errors"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/wire/codec"
)

// StopReasons are what a connected endpoint is given up after, beside a breach of protocol. They add up.
type StopReasons uint8

const (
	// StopOnRefused is that nobody listens where a tcp endpoint connects to. (ZMQ_RECONNECT_STOP_CONN_REFUSED)
	StopOnRefused StopReasons = 1 << iota
	// StopOnHandshakeFailed is that a connection was made, and was lost or ran out of time before its handshake was done.
	// (ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED)
	StopOnHandshakeFailed
	// StopAfterDisconnect is that the endpoint was closed, or disconnected, which ends it in any case. (ZMQ_RECONNECT_STOP_AFTER_DISCONNECT)
	StopAfterDisconnect
)

// ReconnectStop says after what a connected endpoint is not tried again, but ends, with EventEnded: any of StopOnRefused, StopOnHandshakeFailed and
// StopAfterDisconnect. Range 0 to 7. Default 0, none: StopAfterDisconnect holds without being named. A strategy given to Connect has its own. All types.
// (ZMQ_RECONNECT_STOP, a draft)
func ReconnectStop(on StopReasons) Option {
	return func(o *options) error {
		if on&^(StopOnRefused|StopOnHandshakeFailed|StopAfterDisconnect) != 0 {
			return badOption("ReconnectStop", uint8(on), "StopOnRefused, StopOnHandshakeFailed and StopAfterDisconnect, or none of them")
		}
		o.reconnectStop = on
		return nil
	}
}

// stops says whether s has the reason err of a failure.
func (s StopReasons) stops(err error) bool {
	if s&StopOnHandshakeFailed != 0 {
		if _, ok := errors.AsType[*codec.HandshakeError](err); ok {
			return true
		}
	}
	d, ok := errors.AsType[*dialError](err)
	return ok && s&StopOnRefused != 0 && d.scheme == "tcp" && errors.Is(err, transport.ErrRefused)
}
