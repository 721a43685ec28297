package wire

import (
	"encoding/binary"
	"math"
	"time"
)

const (
	ttlSize    = 2                      // octets of the time to live in a PING
	ttlUnit    = 100 * time.Millisecond // what one in that field stands for
	maxContext = 16                     // octets of a PING's context

	// MaxTTL is the longest time to live that a [Ping] can announce.
	MaxTTL = math.MaxUint16 * ttlUnit
)

// Ping asks for a [Pong].
//
// "ping = command-size %d4 "PING" ping-ttl ping-context"
// https://rfc.zeromq.org/spec/37/#connection-heartbeating
type Ping struct {
	// TTL is how long the receiver should wait for the next sign of life before
	// it takes this peer for dead. 0 is no such wish. On the wire it is counted
	// in tenths of a second, rounded down, so less than 100 ms is sent as 0.
	TTL time.Duration

	Context []byte // comes back in the Pong; at most 16 octets
}

// AppendTo appends the frame to dst. A TTL outside 0 to MaxTTL is moved to the
// nearer end, and of a longer context the first 16 octets are sent.
func (c Ping) AppendTo(dst []byte) []byte {
	ttl := min(max(c.TTL, 0), MaxTTL) / ttlUnit
	context := cutContext(c.Context)
	dst = appendCommandHeader(dst, namePing, ttlSize+len(context))
	dst = binary.BigEndian.AppendUint16(dst, uint16(ttl))
	return append(dst, context...)
}

// parsePing decodes the data of a PING. libzmq reads beyond the end of one
// that has no room for its TTL; here it is an error.
//
// "The ping-ttl is a 16-bit unsigned integer in network order that MAY be zero
// or MAY contain a time-to-live measured in tenths of seconds."
// https://rfc.zeromq.org/spec/37/#connection-heartbeating
func parsePing(data []byte) (Command, error) {
	if len(data) < ttlSize {
		return nil, protocolErrorf("PING command ends within its time to live")
	}
	ttl := time.Duration(binary.BigEndian.Uint16(data)) * ttlUnit
	return Ping{TTL: ttl, Context: cutContext(data[ttlSize:])}, nil
}

// Pong answers a [Ping].
//
// "When a peer receives a PING command it SHALL respond with a PONG command
// that echoes the ping-context, which may be empty and MUST not exceed 16
// octets"
// https://rfc.zeromq.org/spec/37/#connection-heartbeating
type Pong struct {
	Context []byte // as in the Ping; at most 16 octets
}

// AppendTo appends the frame to dst. Of a longer context the first 16 octets
// are sent.
func (c Pong) AppendTo(dst []byte) []byte {
	context := cutContext(c.Context)
	return append(appendCommandHeader(dst, namePong, len(context)), context...)
}

// parsePong decodes the data of a PONG.
func parsePong(data []byte) Command { return Pong{Context: cutContext(data)} }

// cutContext returns at most the 16 octets that a context may have. libzmq
// cuts a longer one off in the same way (stream_engine_base.cpp).
func cutContext(p []byte) []byte { return p[:min(len(p), maxContext)] }
