package wire

import "iter"

// Names of the properties of a message that do not come from the peer itself.
const (
	// PropertyPeerAddress is where the peer is, as our side of the connection
	// sees it.
	PropertyPeerAddress = "Peer-Address"
	// PropertyUserID is who the peer has proved to be.
	PropertyUserID = "User-Id"
)

// Properties are what is known of the other side of one connection: every
// message that comes over it shares them. They never change, so they may be
// read by many goroutines. Nil is no properties.
type Properties struct {
	list  Metadata // the first of a name counts: see Get
	shelf hold     // of the messages that hold nothing else; it points back
}

// NewProperties returns the properties of a connection: first what our side
// found out about the peer, then what the peer told of itself. Where a name is
// there twice the first counts, as in libzmq. Of what the peer tells, Peer-Address
// and User-Id are left out: they are not for it to say. The slices are not kept.
func NewProperties(found, told Metadata) *Properties {
	p := &Properties{list: make(Metadata, 0, len(found)+len(told))}
	p.list = append(p.list, found...)
	for _, one := range told {
		if one.Name != PropertyPeerAddress && one.Name != PropertyUserID {
			p.list = append(p.list, one)
		}
	}
	p.shelf.init(p)
	return p
}

// Get returns the value of the property called name, and whether there is one.
// Upper and lower case are different, as they are to zmq_msg_gets.
func (p *Properties) Get(name string) (value string, ok bool) {
	if p == nil {
		return "", false
	}
	for _, one := range p.list {
		if one.Name == name {
			return one.Value, true
		}
	}
	return "", false
}

// All yields the properties, each with its name, and each name once.
func (p *Properties) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if p == nil {
			return
		}
		seen := make(map[string]bool, len(p.list))
		for _, one := range p.list {
			if seen[one.Name] {
				continue
			}
			seen[one.Name] = true
			if !yield(one.Name, one.Value) {
				return
			}
		}
	}
}

// plain is the hold of messages that come with these properties and hold
// nothing else. It is nil where there are none.
func (p *Properties) plain() *hold {
	if p == nil {
		return nil
	}
	return &p.shelf
}

// Properties returns what is known of the peer that sent m. Nil, which has
// none, is that of a message that the application made itself.
func (m Message) Properties() *Properties {
	h := m.hold()
	if h == nil {
		return nil
	}
	p := h.props.Load()
	if h.chunk != nil && turnOf(h.state.Load()) != m.turn {
		return nil // of a later turn: the message is gone
	}
	return p
}

// Property returns what is known under name of the peer that sent m, and
// whether anything is (zmq_msg_gets). A message that came over a connection has
// what the peer told in its handshake, Socket-Type and Identity among it and
// the application's own X-… ones; Peer-Address, the numeric IP address without
// the port, or "localhost:uid:gid:pid" where the system knows the process behind
// an ipc connection; and User-Id where the peer had to prove who it is. All
// frames of a message have the same. Upper and lower case are different.
//
// A message loses its properties where it is sent on, and once it is released; one
// that comes over inproc has none.
func (m Message) Property(name string) (value string, ok bool) {
	return m.Properties().Get(name)
}

// WithProperties returns m as it comes over a connection with these properties;
// nil takes away those that it has. It takes over m's reference, if m has one.
func (m Message) WithProperties(p *Properties) Message {
	old, turn := m.held()
	if old == nil {
		return m.with(p.plain())
	}
	state := gone
	switch {
	case old.become(turn, mine, gone):
		state = mine
	case old.become(turn, weirs, gone):
		state = weirs
	}
	return m.with(old.another(p, state))
}
