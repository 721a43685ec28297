package socket

import (
	"fmt"
	"strings"
	"time"

	"github.com/weirmq/weir/mailbox"
)

// An EventKind says what happened.
type EventKind uint8

// The kinds of events, named after libzmq's monitor where it has them.
const (
	// EventListening: the endpoint is bound. (libzmq: LISTENING)
	EventListening EventKind = iota + 1
	// EventHandshakeSucceeded: a handshake is done, and the peer is there; over inproc, two sockets are joined. (libzmq: HANDSHAKE_SUCCEEDED)
	EventHandshakeSucceeded
	// EventConnectFailed: an attempt to reach a peer failed before any handshake. (libzmq: CLOSED)
	EventConnectFailed
	// EventHandshakeFailed: a connection was made and did not get as far as traffic: Err says why, and Failure which of libzmq's three events it is.
	// The connection is over; no EventDisconnected follows. (libzmq: HANDSHAKE_FAILED_*, DISCONNECTED)
	EventHandshakeFailed
	// EventDisconnected: a connection that was up is gone; Err says why: ErrClosed where it was this side. (libzmq: DISCONNECTED)
	EventDisconnected
	// EventRetried: the next attempt comes after Delay. (libzmq: CONNECT_RETRIED)
	EventRetried
	// EventEnded: the endpoint is given up: its peer broke the protocol, or its strategy said stop.
	EventEnded
	// EventRefused: a connection was accepted and closed before its handshake: a filter turned its peer away (Err is ErrNotAdmitted), too many
	// handshakes were going on, or too many peers had gone and left something unread. (libzmq: ACCEPT_FAILED)
	EventRefused
	// EventAcceptFailed: the listener could not accept (too many open files, say); it tries again after Delay. (libzmq: ACCEPT_FAILED)
	EventAcceptFailed
	// EventClosed: the endpoint is closed. (libzmq: CLOSED, of one that was bound)
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
	// EventBindFailed: Bind could not have its address; the caller has the same error. (libzmq: BIND_FAILED)
	EventBindFailed
	// EventAccepted: a bound endpoint has let a connection in, and its handshake begins. (libzmq: ACCEPTED)
	EventAccepted
	// EventConnectDelayed: an attempt to connect begins, and its end is not known yet. Over ipc it is known at once, and there is none.
	// (libzmq: CONNECT_DELAYED)
	EventConnectDelayed
	// EventConnected: a connection is made, and its handshake begins. (libzmq: CONNECTED)
	EventConnected
	// EventCloseFailed: the endpoint is closed, and what it left behind could not be taken away. (libzmq: CLOSE_FAILED)
	EventCloseFailed
	// EventSubscribed: a peer has subscribed to Topic; of a publisher. What a peer subscribes to that has a subscription to it already is none.
	EventSubscribed
	// EventUnsubscribed: a peer has ended its subscription to Topic. Of those that end with their peer nothing is said but EventDisconnected.
	EventUnsubscribed
	// EventDropped: Count messages were dropped for Reason, in Direction, since the last such event. The first one of a peer has also what was dropped before
	// anybody listened; of peers that had gone by then nothing is told. The ledger of Stats has all drops, by peer. Empty Direction: there was no queue for it.
	EventDropped
	// EventMarkReached: the queue of Direction is at its mark, and takes nothing until it has drained to its low-water mark. Over inproc the sender tells.
	EventMarkReached
	// EventMarkLeft: it has drained so far.
	EventMarkLeft
	// EventSlowPeer: the outbound queue of a peer has been at its mark for a second or two on end: it takes less than it is sent. Count is how many
	// messages are queued. It is said once for each time that the mark is reached.
	EventSlowPeer
	// EventMissed: whoever loops over Events was too slow, and did not get Count events that came in this place.
	EventMissed
)

// eventNames are the words of String.
var eventNames = [...]string{
	EventListening: "listening", EventHandshakeSucceeded: "handshake succeeded", EventConnectFailed: "connect failed",
	EventHandshakeFailed: "handshake failed", EventDisconnected: "disconnected", EventRetried: "retried", EventEnded: "ended",
	EventRefused: "refused", EventAcceptFailed: "accept failed", EventClosed: "closed",
	EventJoined: "joined", EventJoinedLate: "joined late", EventLost: "lost", EventLeft: "left", EventExpired: "expired",
	EventBindFailed: "bind failed", EventAccepted: "accepted", EventConnectDelayed: "connect delayed", EventConnected: "connected",
	EventCloseFailed: "close failed", EventSubscribed: "subscribed", EventUnsubscribed: "unsubscribed", EventDropped: "dropped",
	EventMarkReached: "mark reached", EventMarkLeft: "mark left", EventSlowPeer: "slow peer", EventMissed: "missed",
}

// String returns the kind in words.
func (k EventKind) String() string {
	if int(k) < len(eventNames) && eventNames[k] != "" {
		return eventNames[k]
	}
	return fmt.Sprintf("event %d", uint8(k))
}

// An Event is something that happened to a socket, to one of its endpoints or to one of its connections. Fields that have no meaning for its kind, or
// are not known by then, are zero.
type Event struct {
	// Kind says what.
	Kind EventKind
	// Time says when.
	Time time.Time
	// Socket is the name of the socket, Endpoint what it bound or connected to.
	Socket, Endpoint string
	// Peer is the address of the other side, Local that of this one.
	Peer, Local string
	// Identity is what the peer is called, from the handshake on: the routing id that a Router knows it by, else what it calls itself.
	Identity string
	// Attempt is the number of the connection among those that the endpoint has tried, or accepted, from 1; 0 for events of an endpoint.
	Attempt uint64
	// Err is the reason, nil where nothing went wrong: a *PeerError, which names endpoint and peer and wraps what happened.
	Err error
	// Failure is the class of an EventHandshakeFailed.
	Failure HandshakeFailure
	// Delay is the time to the next attempt.
	Delay time.Duration
	// Sent and Received count the whole messages of the connection that ended: what the kernel took, and what was delivered.
	Sent, Received uint64
	// Packets counts the packets of EventLost.
	Packets uint64
	// Topic is that of EventSubscribed and EventUnsubscribed.
	Topic string
	// Direction says whether a mark, or what was dropped, is of what is sent to the peer, or of what it has sent.
	Direction Direction
	// Reason is why messages were dropped.
	Reason mailbox.Reason
	// Count is how many an event stands for: messages of EventDropped and EventSlowPeer, events of EventMissed.
	Count uint64
	// Suppressed counts the events of this kind and this socket that were not told. All from EventSubscribed to EventSlowPeer are told 100 times a second
	// at most, of each kind and socket; and so is what anybody can bring about who finds the port of a bound endpoint: EventAccepted, EventAcceptFailed,
	// EventRefused, EventHandshakeFailed, EventHandshakeSucceeded and EventDisconnected of connections that came in over a network. At the end of that second one
	// event more, which names no peer, has the number of the others; of EventDropped it also has their Count, for each reason, so that no drop is
	// lost. Whoever keeps a list of peers by events makes it up anew by Stats then. A Monitor is told of each.
	Suppressed uint64

	bound   bool // the endpoint is a bound one
	stuck   bool // EventCloseFailed has told of this end
	fd      int  // of the connection or the listener, for monitors; 0 where it has none
	unshook bool // the peer has no handshake: it speaks no ZMTP, or a version before 3.0
}

// A HandshakeFailure is the class of a failed handshake. (libzmq has an event for each)
type HandshakeFailure uint8

// The classes; the zero value is none of them.
const (
	// HandshakeNoDetail: time was up, the connection was lost, or there was nobody to ask whether the peer may come in.
	// (libzmq: HANDSHAKE_FAILED_NO_DETAIL)
	HandshakeNoDetail HandshakeFailure = iota + 1
	// HandshakeProtocol: the peer broke the protocol, or speaks another mechanism, or does not fit: Err has a *ProtocolError.
	// (libzmq: HANDSHAKE_FAILED_PROTOCOL)
	HandshakeProtocol
	// HandshakeAuth: the peer was not let in, or did not let us in: Err has an *AuthError. (libzmq: HANDSHAKE_FAILED_AUTH)
	HandshakeAuth
)

// String returns the class in words.
func (f HandshakeFailure) String() string {
	switch f {
	case HandshakeNoDetail:
		return "no detail"
	case HandshakeProtocol:
		return "protocol"
	case HandshakeAuth:
		return "auth"
	default:
		return fmt.Sprintf("failure %d", uint8(f))
	}
}

// whom names endpoint and peer.
func (e Event) whom() string {
	switch {
	case e.Endpoint == "":
		return ""
	case e.Peer == "":
		return " " + e.Endpoint
	default:
		return fmt.Sprintf(" %s: peer %s", e.Endpoint, e.Peer)
	}
}

// String returns the event in one line.
func (e Event) String() string {
	switch {
	case e.Kind == EventMissed:
		return fmt.Sprintf("missed %d events", e.Count)
	case e.Kind == EventDropped:
		return strings.TrimRight(fmt.Sprintf("%s dropped %d: %s %s%s", e.Socket, e.Count, e.Reason, e.Direction, e.whom()), " ")
	case e.Suppressed > 0:
		return fmt.Sprintf("%s %s: %d more", e.Socket, e.Kind, e.Suppressed)
	case e.Kind == EventSubscribed || e.Kind == EventUnsubscribed:
		return fmt.Sprintf("%s %s: %q%s", e.Socket, e.Kind, e.Topic, e.whom())
	case e.Direction != 0:
		return fmt.Sprintf("%s %s: %s%s", e.Socket, e.Kind, e.Direction, e.whom())
	case e.Err != nil:
		return fmt.Sprintf("%s %s: %v", e.Socket, e.Kind, e.Err)
	case e.Peer != "":
		return fmt.Sprintf("%s %s: %s: peer %s", e.Socket, e.Kind, e.Endpoint, e.Peer)
	default:
		return fmt.Sprintf("%s %s: %s", e.Socket, e.Kind, e.Endpoint)
	}
}
