package socket

import (
	"fmt"
	"time"
)

// An EventKind says what happened.
type EventKind uint8

// The kinds of events, named after libzmq's monitor.
const (
	// EventListening: the endpoint is bound.
	EventListening EventKind = iota + 1
	// EventConnected: a handshake is done, and the peer is there. (libzmq: CONNECTED and HANDSHAKE_SUCCEEDED)
	EventConnected
	// EventConnectFailed: an attempt to reach a peer failed before any handshake.
	EventConnectFailed
	// EventHandshakeFailed: a connection was made and did not get as far as traffic; Err says why.
	EventHandshakeFailed
	// EventDisconnected: a connection that was up is gone; Err says why.
	EventDisconnected
	// EventRetried: the next attempt comes after Delay.
	EventRetried
	// EventEnded: the endpoint is given up: its peer broke the protocol, or its strategy said stop.
	EventEnded
	// EventRefused: a connection was accepted and closed before its handshake: a filter turned its peer away (Err is ErrNotAdmitted), or too many
	// handshakes were going on.
	EventRefused
	// EventAcceptFailed: the listener could not accept (too many open files, say); it tries again after Delay.
	EventAcceptFailed
	// EventClosed: the endpoint is closed.
	EventClosed
	// EventJoined: over pgm and epgm, a source is heard for the first time, from its first message on; Peer names it.
	EventJoined
	// EventJoinedLate: as EventJoined, but what the source sent before is not known.
	EventJoinedLate
	// EventLost: over pgm and epgm, packets of a source are lost for good, or make no sense. Messages of which a part was in them are missing; none is
	// delivered in part. Packets says how many, Err why.
	EventLost
	// EventLeft: over pgm and epgm, a source has ended, and nothing of it is missing.
	EventLeft
	// EventExpired: over pgm and epgm, a source was not heard for minutes, and is forgotten.
	EventExpired
)

// eventNames are the words of String.
var eventNames = [...]string{
	EventListening: "listening", EventConnected: "connected", EventConnectFailed: "connect failed", EventHandshakeFailed: "handshake failed",
	EventDisconnected: "disconnected", EventRetried: "retried", EventEnded: "ended", EventRefused: "refused",
	EventAcceptFailed: "accept failed", EventClosed: "closed",
	EventJoined: "joined", EventJoinedLate: "joined late", EventLost: "lost", EventLeft: "left", EventExpired: "expired",
}

// String returns the kind in words.
func (k EventKind) String() string {
	if int(k) < len(eventNames) && eventNames[k] != "" {
		return eventNames[k]
	}
	return fmt.Sprintf("event %d", uint8(k))
}

// An Event is something that happened to an endpoint or to one of its connections.
type Event struct {
	// Kind says what.
	Kind EventKind
	// Time says when.
	Time time.Time
	// Socket is the name of the socket, Endpoint what it bound or connected to, Peer the address of the other side (empty where there is none).
	Socket, Endpoint, Peer string
	// Attempt is the number of the connection among those that the endpoint has tried, or accepted, from 1; 0 for events of an endpoint.
	Attempt uint64
	// Err is the reason, nil where nothing went wrong: a *PeerError, which names endpoint and peer and wraps what happened.
	Err error
	// Delay is the time to the next attempt.
	Delay time.Duration
	// Sent and Received count the whole messages of the connection that ended: what the kernel took, and what was delivered.
	Sent, Received uint64
	// Packets counts the packets of EventLost.
	Packets uint64
}

// String returns the event in one line.
func (e Event) String() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("%s %s: %v", e.Socket, e.Kind, e.Err)
	case e.Peer != "":
		return fmt.Sprintf("%s %s: %s: peer %s", e.Socket, e.Kind, e.Endpoint, e.Peer)
	default:
		return fmt.Sprintf("%s %s: %s", e.Socket, e.Kind, e.Endpoint)
	}
}

// A Trace has functions that are called as messages pass. They run on the data path, in an actor: they must be quick, must not wait, and must
// not call the socket. A nil function costs nothing.
type Trace struct {
	// Sent is called for each message when the kernel has taken its last byte: from then on it is out of this process's hands. Not called for inproc.
	Sent func(Conn, Message)
}

// A Conn names one connection.
type Conn struct {
	// Socket, Endpoint and Peer are as in Event.
	Socket, Endpoint, Peer string
	// Attempt is the number of the connection among those of its endpoint, from 1, as in Event.
	Attempt uint64
}

// WithTrace sets the functions to call as messages pass.
func WithTrace(t Trace) Option {
	return func(o *options) error {
		o.trace = t
		return nil
	}
}
