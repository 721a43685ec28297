package wire

import "fmt"

// handshakeLimit is the largest body of a frame that a handshake accepts, in
// octets, whatever HandshakeConfig.MaxCommand says. At this stage the peer is
// a stranger, so it may not make us hold more.
const handshakeLimit = 64 << 10

// HandshakeConfig is what a [Handshake] has to know about our side. The zero
// value shakes hands over NULL and tells nothing but an empty socket type.
type HandshakeConfig struct {
	// SocketType is our own type, such as TypePush.
	SocketType string

	// Identity is our routing id, 0 to 255 octets (ZMQ_ROUTING_ID). Only REQ,
	// DEALER and ROUTER send it, and they do so even if it is empty.
	Identity []byte

	// Properties are sent after those two (ZMQ_METADATA). Their names must differ
	// from Socket-Type and Identity.
	Properties Metadata

	// Accepts says whether we work with a peer of the given socket type. It is
	// not asked if the peer does not tell its type. Nil accepts all.
	Accepts func(peerType string) bool

	// MaxCommand is the largest frame body to accept during the handshake, in
	// octets (ZMQ_MAXMSGSIZE). Below 1 and above 64 kB it is 64 kB.
	MaxCommand int64

	// ZMTP1 allows peers that speak ZMTP 1.0. Nearly all octets pass for it: what
	// does not begin with FF is the length of an identity.
	ZMTP1 bool

	// Mechanism secures the connection. Nil is NULL.
	Mechanism Mechanism
}

// Validate returns an error if no handshake can be made with c, because some
// part of it has no place on the wire. It is our fault, so it is no
// *ProtocolError.
func (c HandshakeConfig) Validate() error {
	if len(c.Identity) > maxIdentity {
		return fmt.Errorf("identity of %d octets, at most %d are allowed", len(c.Identity), maxIdentity)
	}
	for _, name := range []string{PropertySocketType, PropertyIdentity} {
		if _, ok := c.Properties.Get(name); ok {
			return fmt.Errorf("property %s is set by the socket itself", name)
		}
	}
	if name := c.mechanism().Name(); len(name) > mechanismSize {
		return fmt.Errorf("mechanism name %q is longer than %d octets", name, mechanismSize)
	}
	local := c.local()
	if err := local.Validate(); err != nil {
		return err
	}
	if size := local.size(); size > handshakeLimit {
		return fmt.Errorf("metadata of %d octets, at most %d are allowed", size, handshakeLimit)
	}
	return nil
}

// mechanism returns the mechanism, which is never nil.
func (c HandshakeConfig) mechanism() Mechanism {
	if c.Mechanism == nil {
		return Null()
	}
	return c.Mechanism
}

// local returns the metadata that we send, in the order of libzmq.
//
// "The sender SHOULD specify the Socket-Type."
// "The sender MAY specify an Identity."
// https://rfc.zeromq.org/spec/37/#connection-metadata
func (c HandshakeConfig) local() Metadata {
	m := make(Metadata, 0, 2+len(c.Properties))
	m = append(m, Property{Name: PropertySocketType, Value: c.SocketType})
	if sendsIdentity(c.SocketType) {
		m = append(m, Property{Name: PropertyIdentity, Value: string(c.Identity)})
	}
	return append(m, c.Properties...)
}

// limit returns the largest frame body to accept.
func (c HandshakeConfig) limit() uint64 {
	if c.MaxCommand < 1 {
		return handshakeLimit
	}
	return min(uint64(c.MaxCommand), handshakeLimit)
}

// A Peer is what a handshake found out about the other side. Its slices are
// its own; it may be shared as long as nobody writes to them.
type Peer struct {
	Version    Version  // 2.0 or 1.0, or, from 3.0 on, as announced, which may be later than ours
	Mechanism  string   // the same as ours; empty before 3.0
	SocketType string   // empty if the peer did not tell; before 3.0 it does not
	Identity   []byte   // nil if the peer did not tell; at most 255 octets
	Metadata   Metadata // everything it told, these two included
	Vouched    Metadata // what an authenticator told about it, User-Id first; nil if nobody was asked

	// Unversioned says that the peer speaks the ZMTP 1.0 that has no version
	// number. Such a subscriber sends no subscriptions: it filters by itself.
	Unversioned bool
}
