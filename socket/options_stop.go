package socket

import (
	"errors"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/wire/codec"
)

// StopReasons are failures after which a connected endpoint is given up, beside a breach of protocol. They add up.
type StopReasons uint8

const (
	// StopOnRefused is that nobody listens where a tcp endpoint connects to. (ZMQ_RECONNECT_STOP_CONN_REFUSED)
	StopOnRefused StopReasons = 1 << iota
	// StopOnHandshakeFailed is that a connection was made, and was lost or ran out of time before its handshake was done.
	// (ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED)
	StopOnHandshakeFailed
)

// ReconnectStop says after which failures a connected endpoint is not tried again, but ends, with EventEnded: StopOnRefused, StopOnHandshakeFailed,
// or both. Range 0 to 3. Default 0, none. A strategy given to Connect has its own. All types. (ZMQ_RECONNECT_STOP, a draft: 1 and 2; 4,
// AFTER_DISCONNECT, is what Endpoint.Close does in any case)
func ReconnectStop(on StopReasons) Option {
	return func(o *options) error {
		if on&^(StopOnRefused|StopOnHandshakeFailed) != 0 {
			return badOption("ReconnectStop", uint8(on), "StopOnRefused and StopOnHandshakeFailed, or neither")
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
