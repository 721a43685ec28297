package socket

import (
	"time"

	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// asInterval is a heartbeat timeout that nobody has set: it is the interval.
const asInterval = -1

// heartbeatOptions say how a socket and its peers watch each other. Never changed once a socket has them: see options.
type heartbeatOptions struct {
	heartbeatInterval time.Duration // 0 for none
	heartbeatTTL      time.Duration // whole tenths of a second; 0 for none
	heartbeatTimeout  time.Duration // 0 for none; asInterval where it is not set
}

// heartbeat is what a codec is told.
func (o *heartbeatOptions) heartbeat() codec.Heartbeat {
	h := codec.Heartbeat{Interval: o.heartbeatInterval, TTL: o.heartbeatTTL, Timeout: o.heartbeatTimeout}
	if h.Timeout == asInterval {
		h.Timeout = h.Interval
	}
	return h
}

// HeartbeatInterval is the time between two PINGs to each peer: 0 for none. Range 0 or more. Default 0. A peer that has sent nothing for
// HeartbeatTimeout after a PING is taken for dead: its connection ends with ErrHeartbeatTimeout, and a connecting side comes back. Peers that speak a
// ZMTP before 3.0 are sent none, and inproc needs none. All types. (ZMQ_HEARTBEAT_IVL; libzmq takes whole milliseconds)
func HeartbeatInterval(d time.Duration) Option {
	return duration("HeartbeatInterval", d, func(o *options) *time.Duration { return &o.heartbeatInterval })
}

// HeartbeatTTL tells each peer, with every PING, to take this side for dead where it hears nothing for so long: 0 leaves that to the peer. Rounded
// down to tenths of a second. Range 0 to 6553.599 s. Default 0. Without effect where HeartbeatInterval is 0. All types. (ZMQ_HEARTBEAT_TTL; libzmq takes whole milliseconds, and rounds them down
// in the same way)
func HeartbeatTTL(d time.Duration) Option {
	return func(o *options) error {
		const unit = 100 * time.Millisecond
		if d < 0 || d >= wire.MaxTTL+unit {
			return badOption("HeartbeatTTL", d, "0 to 6553.599 s")
		}
		o.heartbeatTTL = d.Truncate(unit)
		return nil
	}
}

// HeartbeatTimeout is how long this side waits, after a PING, for anything at all from the peer: a message, a frame of one, or a PONG. 0 waits for
// ever. Range 0 or more. Default: HeartbeatInterval. While the socket's own queue for that peer is full, so that it does not read, no time runs.
// Without effect where HeartbeatInterval is 0. All types. (ZMQ_HEARTBEAT_TIMEOUT; libzmq takes whole milliseconds)
func HeartbeatTimeout(d time.Duration) Option {
	return duration("HeartbeatTimeout", d, func(o *options) *time.Duration { return &o.heartbeatTimeout })
}
