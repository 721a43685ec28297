package socket

import (
	"fmt"
	"time"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/wire"
)

// An Option sets one property of a socket: of a new one, or by Set of one in use. A value out of range makes the constructor, or Set, return
// ErrBadOption, and so does an option that only some types have, where its doc says so. Settings tells what is set. As in libzmq, every type takes
// the marks and the routing id, and one that does not send, or not receive, or sends no routing id, has no use for them.
//
// The doc of each option names its range and its default, the types that have it where that is not all of them, and, in brackets, libzmq's option.
// Times are Go's, from nanoseconds on, where libzmq counts in milliseconds, and in seconds for keepalive. The doc of Set says which take effect at once on
// a socket in use; the others are those of endpoints.
type Option func(*options) error

// options are the settings of one socket, as they were at one time. Once a socket has them they never change: Set makes a new copy. Copies share what
// slices and maps hold, so an option replaces these and never changes them in place.
type options struct {
	typ               *socketType
	sendHWM, recvHWM  int
	sendHWMBytes      int64 // -1: not counted
	recvHWMBytes      int64 // -1: not counted
	linger            time.Duration
	sendTimeout       time.Duration
	recvTimeout       time.Duration
	reconnectInterval time.Duration
	reconnectMax      time.Duration
	reconnectStop     StopReasons
	handshakeInterval time.Duration
	maxMsgSize        int64
	smallBody         int
	immediate         bool
	nodrop            bool
	probe             bool
	mandatory         bool
	handover          bool
	correlate         bool
	relaxed           bool
	affinity          uint64
	backlog           int
	ipv6              bool
	zmtp1             bool // peers may speak ZMTP 1.0
	routingID         []byte
	metadata          wire.Metadata // the application's own, in the order of their names; replaced, never written to
	trace             Trace
	maxHandshakes     int64 // of one listener at once; only tests change it
	maxLeftovers      int   // peers that have gone and left something to receive; only tests change it
	conflate          bool  // queues hold the newest message alone
	raw               bool  // no ZMTP is spoken
	streamNotify      bool  // where raw: the application hears of connections
	pubsubOptions
	noticeOptions
	multicastOptions
	heartbeatOptions
	transportOptions
	securityOptions
	admission admission // who may connect to what is bound
}

// defaultOptions are libzmq's.
func defaultOptions(typ *socketType) *options {
	o := &options{
		typ: typ, sendHWM: 1000, recvHWM: 1000, sendHWMBytes: -1, recvHWMBytes: -1, linger: -1, sendTimeout: -1, recvTimeout: -1,
		reconnectInterval: 100 * time.Millisecond, handshakeInterval: 30 * time.Second, transportOptions: defaultTransport, maxMsgSize: -1,
		smallBody: -1, backlog: 100,
		maxHandshakes: maxHandshakes, maxLeftovers: maxLeftovers,
		heartbeatOptions: heartbeatOptions{heartbeatTimeout: asInterval},
		raw:              typ.raw, streamNotify: true,
	}
	if typ.linger0 {
		o.linger = 0
	}
	if typ.publisher || typ.subscriber {
		o.multicastOptions = defaultMulticast
	}
	return o
}

// with returns a copy with opts applied, or the error of the first that was refused, or of what does not go together.
func (o *options) with(opts []Option) (*options, error) {
	next := *o
	for _, opt := range opts {
		if err := opt(&next); err != nil {
			return nil, err
		}
	}
	if err := next.check(); err != nil {
		return nil, err
	}
	if err := next.secure(); err != nil {
		return nil, err
	}
	return &next, nil
}

// transport are the settings that a transport is given.
func (o *options) transport() transport.Options {
	t := o.net
	t.IPv6, t.Backlog = o.ipv6, o.backlog
	t.SendBuffer, t.RecvBuffer = bufferSize(o.sendBuffer), bufferSize(o.recvBuffer)
	return t
}

// badOption is the error of a value out of range.
func badOption(name string, value any, want string) error {
	return fmt.Errorf("%w: %s(%v): want %s", ErrBadOption, name, value, want)
}

// duration makes the option that sets a time of 0 or more, where field says.
func duration(name string, d time.Duration, field func(*options) *time.Duration) Option {
	return func(o *options) error {
		if d < 0 {
			return badOption(name, d, "0 or more")
		}
		*field(o) = d
		return nil
	}
}

// SendHWM is the high-water mark of each peer's outbound queue, in whole messages: 0 for no limit. Range 0 or more. Default 1000. All types.
// (ZMQ_SNDHWM)
func SendHWM(n int) Option {
	return func(o *options) error {
		if n < 0 {
			return badOption("SendHWM", n, "0 or more messages")
		}
		o.sendHWM = n
		return nil
	}
}

// RecvHWM is the high-water mark of each peer's inbound queue, in whole messages: 0 for no limit. Range 0 or more. Default 1000. All types.
// (ZMQ_RCVHWM)
func RecvHWM(n int) Option {
	return func(o *options) error {
		if n < 0 {
			return badOption("RecvHWM", n, "0 or more messages")
		}
		o.recvHWM = n
		return nil
	}
}

// Linger is how long a closing socket, or endpoint, waits for its queued messages to go out: 0 drops them, a negative time waits without end (but
// never past the ctx of Close or Shutdown). Range: any time. Default -1; 0 for SUB and XSUB. All types. (ZMQ_LINGER; libzmq takes whole milliseconds)
func Linger(d time.Duration) Option {
	return func(o *options) error {
		o.linger = d
		return nil
	}
}

// ReconnectInterval is the time before a lost or failed connection of Connect is tried again; up to as much again is added at random. 0 or less: it is
// not tried again, and the endpoint ends. Range: any time. Default 100 ms. (ZMQ_RECONNECT_IVL; libzmq takes whole milliseconds)
func ReconnectInterval(d time.Duration) Option {
	return func(o *options) error {
		o.reconnectInterval = d
		return nil
	}
}

// ReconnectIntervalMax makes the reconnect interval double at each failure in a row, up to d; what is added at random stays within ReconnectInterval.
// A finished handshake ends the row. 0, and a d below ReconnectInterval, keep the interval as it is. Range 0 or more. Default 0.
// (ZMQ_RECONNECT_IVL_MAX; libzmq takes whole milliseconds)
func ReconnectIntervalMax(d time.Duration) Option {
	return duration("ReconnectIntervalMax", d, func(o *options) *time.Duration { return &o.reconnectMax })
}

// HandshakeInterval bounds the time from a connection's opening to the end of its handshake: 0 for no bound. Range 0 or more. Default 30 s. All
// types, but STREAM has no handshake. (ZMQ_HANDSHAKE_IVL; libzmq takes whole milliseconds)
func HandshakeInterval(d time.Duration) Option {
	return duration("HandshakeInterval", d, func(o *options) *time.Duration { return &o.handshakeInterval })
}

// MaxMsgSize bounds an incoming frame in bytes; a larger one costs its sender the connection, and ends the endpoint where this side has connected.
// -1 is no bound: memory still grows only with the bytes that have come, never with what a header announces, unless both this and SmallBody are set.
// Range -1 or more. Default -1. Over inproc nothing is bounded, and STREAM has no frames. (ZMQ_MAXMSGSIZE)
func MaxMsgSize(n int64) Option {
	return func(o *options) error {
		if n < -1 {
			return badOption("MaxMsgSize", n, "-1 or more bytes")
		}
		o.maxMsgSize = n
		return nil
	}
}

// Immediate makes a connecting socket queue messages only for connections that are up: a peer is one from its handshake to the loss of its
// connection, and what was queued for it then is dropped and counted. Default false: a peer is one from Connect on, and its queue outlives
// connections. (ZMQ_IMMEDIATE)
func Immediate(on bool) Option {
	return func(o *options) error {
		o.immediate = on
		return nil
	}
}

// XPubNoDrop makes a PUB or XPUB wait where the queue of a matching subscriber is full, instead of dropping for that subscriber: the message then
// goes to nobody until it can go to all. Default false. PUB and XPUB only. (ZMQ_XPUB_NODROP)
func XPubNoDrop(on bool) Option {
	return func(o *options) error {
		o.nodrop = on
		return o.typ.onlyIf(o.typ.publisher, "XPubNoDrop")
	}
}

// Affinity says which I/O actors may serve the socket's endpoints: bit n stands for worker n, and 0 for all. Of those, the one with the least to do
// is chosen; where there is none, Bind and Connect return ErrNoIOWorker. Range: any mask. Default 0. All types. (ZMQ_AFFINITY)
func Affinity(mask uint64) Option {
	return func(o *options) error {
		o.affinity = mask
		return nil
	}
}

// Backlog is how many connections may wait in the system to be accepted, at each bound endpoint over tcp and ipc; systems cut it to a bound of their
// own. Range 0 or more. Default 100. (ZMQ_BACKLOG)
func Backlog(n int) Option {
	return func(o *options) error {
		if n < 0 {
			return badOption("Backlog", n, "0 or more connections")
		}
		o.backlog = n
		return nil
	}
}

// IPv6 allows IPv6 beside IPv4 on tcp: IPv6 addresses can be used, names stand for addresses of both kinds, and a Bind to "*" takes both. Without it an
// IPv6 address is ErrNoDevice, to Bind or in each attempt to connect. Default false, or what Defaults says. (ZMQ_IPV6, and ZMQ_IPV4ONLY the other way
// round)
func IPv6(on bool) Option {
	return func(o *options) error {
		o.ipv6 = on
		return nil
	}
}

// RoutingID is the name under which a ROUTER knows this socket: 1 to 255 bytes. No two peers of a ROUTER should have the same: see RouterHandover.
// Default none: the ROUTER makes one up. Sent by REQ, DEALER and ROUTER, and of no use to other types, but that an Authenticator is told it.
// (ZMQ_ROUTING_ID)
func RoutingID(id string) Option {
	return func(o *options) error {
		if len(id) == 0 || len(id) > 255 {
			return badOption("RoutingID", id, "1 to 255 bytes")
		}
		o.routingID = []byte(id)
		return nil
	}
}
