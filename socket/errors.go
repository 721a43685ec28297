package socket

import (
	"errors"
	"fmt"
	"strings"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// Errors that callers test with errors.Is. A call that gave up because its ctx ended returns the ctx's own error.
var (
	// ErrClosed is returned by every call on a closed socket or runtime, also by those that were waiting when it closed (libzmq: ETERM, ENOTSOCK).
	ErrClosed = errors.New("weir: closed")
	// ErrWouldBlock is returned by TrySend and TryRecv where Send and Recv would wait, and by those whose SendTimeout or RecvTimeout is over
	// (libzmq: EAGAIN).
	ErrWouldBlock = errors.New("weir: would block")
	// ErrNoPeers is returned by TrySend where there is no peer to wait for. It also is an ErrWouldBlock.
	ErrNoPeers = fmt.Errorf("%w: no peers", ErrWouldBlock)
	// ErrUnroutable is returned by a Stream, and by a Router with RouterMandatory, for a message whose first frame names no peer (libzmq: EHOSTUNREACH).
	ErrUnroutable = errors.New("weir: no peer has this routing id")
	// ErrHandedOver is the reason why a Router with RouterHandover parts with a peer: another came with its routing id.
	ErrHandedOver = errors.New("weir: routing id handed over to another peer")
	// ErrReleased is returned by Send for a message that was released, or sent, before.
	ErrReleased = wire.ErrReleased
	// ErrBadState is returned by a Req or Rep whose turn it is not: send and receive alternate (libzmq: EFSM).
	ErrBadState = errors.New("weir: operation not possible in the socket's present state")
	// ErrBadMessage is returned by a Stream, and by a Router with RouterRaw, for a message of more than an id and one frame of data.
	ErrBadMessage = errors.New("weir: not a message that this socket can send")
	// ErrBadOption is returned for an option value outside its range, or one that the socket type does not have (libzmq: EINVAL).
	ErrBadOption = errors.New("weir: bad option")
	// ErrIncompatible is returned where two socket types cannot be peers, or a transport cannot serve a type (libzmq: ENOCOMPATPROTO).
	ErrIncompatible = errors.New("weir: incompatible peer")
	// ErrTaken is why a Pair that has its peer turns another away. It is no breach of protocol: who is turned away may come back.
	ErrTaken = errors.New("weir: the pair has its peer")
	// ErrTooManySockets is returned by constructors where the runtime has as many sockets as MaxSockets allows (libzmq: EMFILE).
	ErrTooManySockets = errors.New("weir: too many sockets")
	// ErrNoIOWorker is returned by Bind and Connect over a network transport where the runtime has no eligible I/O actor (libzmq: EMTHREAD).
	ErrNoIOWorker = errors.New("weir: no I/O worker")

	// ErrNoEndpoint is returned by Unbind and Disconnect for what is not bound, or not connected to (libzmq: ENOENT).
	ErrNoEndpoint = errors.New("weir: no such endpoint")
	// ErrNotAdmitted is why a peer was turned away by an AcceptFilter, a TCPAcceptFilter or an IPCFilter.
	ErrNotAdmitted = errors.New("weir: peer not admitted")

	// ErrBadEndpoint is returned for an endpoint that cannot be parsed (libzmq: EINVAL).
	ErrBadEndpoint = transport.ErrSyntax
	// ErrUnknownScheme is returned for an endpoint of a transport that does not exist (libzmq: EPROTONOSUPPORT).
	ErrUnknownScheme = transport.ErrScheme
	// ErrAddrInUse is returned by Bind where somebody else has the address (libzmq: EADDRINUSE).
	ErrAddrInUse = transport.ErrAddrInUse
	// ErrAddrNotAvailable is returned by Bind for an address that is not this machine's (libzmq: EADDRNOTAVAIL).
	ErrAddrNotAvailable = transport.ErrAddrNotAvailable
	// ErrNoDevice is returned by Bind for a host that is neither an address, nor a network interface, nor a name that resolves, for an IPv6 address
	// without IPv6(true), and where BindToDevice names no interface (libzmq: ENODEV).
	ErrNoDevice = transport.ErrNoDevice
	// ErrNameTooLong is returned for an ipc path that does not fit into a socket address (libzmq: ENAMETOOLONG).
	ErrNameTooLong = transport.ErrNameTooLong
	// ErrConnRefused is why an attempt to connect failed where nobody listens (libzmq: ECONNREFUSED).
	ErrConnRefused = transport.ErrRefused
	// ErrConnectTimeout is why an attempt to connect failed that took longer than ConnectTimeout (libzmq: ETIMEDOUT).
	ErrConnectTimeout = transport.ErrConnectTimeout
	// ErrProxy is why an attempt to connect failed at the proxy, or on the way to it: see SocksProxy.
	ErrProxy = transport.ErrProxy
)

// ErrHandshakeTimeout is the reason of a peer that connected and did not finish its handshake in time (ZMQ_HANDSHAKE_IVL).
var ErrHandshakeTimeout = codec.ErrHandshakeTimeout

// ErrHeartbeatTimeout is the reason of a connection whose peer gave no sign of life in time: in that of HeartbeatTimeout, or in its own, which it
// announced (ZMQ_HEARTBEAT_TTL). A connecting side comes back.
var ErrHeartbeatTimeout = codec.ErrHeartbeatTimeout

// ProtocolError is a peer's breach of ZMTP. It ends that peer's connection and nothing else, and a connecting side does not come back for more.
type ProtocolError = wire.ProtocolError

// PeerError says what went wrong with one peer.
type PeerError struct {
	// Endpoint is what was bound or connected to; Peer the address of the other side, empty where none was reached.
	Endpoint, Peer string
	// Err is the reason.
	Err error
}

// Error names the endpoint, the peer and the reason.
func (e *PeerError) Error() string {
	if e.Peer == "" || e.Peer == e.Endpoint {
		return fmt.Sprintf("%s: %v", e.Endpoint, e.Err)
	}
	return fmt.Sprintf("%s: peer %s: %v", e.Endpoint, e.Peer, e.Err)
}

// Unwrap returns the reason.
func (e *PeerError) Unwrap() error { return e.Err }

// PacketLossError is the reason of an EventLost: so many packets of a source did not come, and will not.
type PacketLossError struct {
	// Packets is how many.
	Packets int
}

// Error counts them.
func (e *PacketLossError) Error() string {
	if e.Packets == 1 {
		return "1 packet lost"
	}
	return fmt.Sprintf("%d packets lost", e.Packets)
}

// UnsentError is what Close and Shutdown return where messages were left when time was up.
type UnsentError struct {
	// Peers lists what each peer did not get.
	Peers []Unsent
}

// Unsent is what one peer did not get.
type Unsent struct {
	// Socket and Endpoint name the pipe.
	Socket, Endpoint string
	// Peer is the address of the other side: of the last one where there was none any more, empty where there never was one, and over inproc. Identity
	// is what it is called: see Event.
	Peer, Identity string
	// Messages is how many whole messages the kernel had not taken; over inproc, those that nobody is left to receive.
	Messages int
}

// String says how many, and to whom. It leaves out what is empty.
func (u Unsent) String() string {
	text := fmt.Sprintf("%d to %s", u.Messages, u.Endpoint)
	if u.Socket != "" {
		text += " of " + u.Socket
	}
	switch {
	case u.Identity == "" && u.Peer == "":
		return text
	case u.Identity == "":
		return fmt.Sprintf("%s (peer %s)", text, u.Peer)
	case u.Peer == "":
		return fmt.Sprintf("%s (peer %q)", text, u.Identity)
	default:
		return fmt.Sprintf("%s (peer %q at %s)", text, u.Identity, u.Peer)
	}
}

// Error lists the peers.
func (e *UnsentError) Error() string {
	var b strings.Builder
	noun := "messages"
	if e.Messages() == 1 {
		noun = "message"
	}
	fmt.Fprintf(&b, "weir: %d %s not sent", e.Messages(), noun)
	for i, u := range e.Peers {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		b.WriteString(sep + u.String())
	}
	return b.String()
}

// Messages is the sum over all peers.
func (e *UnsentError) Messages() int {
	n := 0
	for _, u := range e.Peers {
		n += u.Messages
	}
	return n
}

// Reasons for which the ledger counts a message as dropped, beside those of package mailbox.
const (
	// ReasonLinger: the socket closed and linger was over.
	ReasonLinger mailbox.Reason = "linger over"
	// ReasonUnread: the socket closed before anybody received it.
	ReasonUnread mailbox.Reason = "closed unread"
	// ReasonProtocol: the peer broke the protocol, and its endpoint ended.
	ReasonProtocol mailbox.Reason = "endpoint ended"
	// ReasonFiltered: received, and not wanted: no subscription matches, no request is waiting for it, or it came to a PUSH, or to a PUB and is no subscription.
	ReasonFiltered mailbox.Reason = "filtered"
	// ReasonPacketsLost: packets over pgm or epgm that were lost for good. These alone are counted in packets, since nobody knows what was in them.
	ReasonPacketsLost mailbox.Reason = "packets lost"
	// ReasonNoPeer: a reply whose asker is gone, or a Router's message for a peer that is not there.
	ReasonNoPeer mailbox.Reason = "peer gone"
)
