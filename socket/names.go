package socket

import (
	"encoding/binary"

	"github.com/weirmq/weir/mailbox"
)

// names are the routing ids that a socket has given to its peers, and the way that a message takes by them. Guarded by the socket's route lock.
type names struct {
	byID      map[string]*pipe // who has which id
	next      uint32           // number of the next id made up here
	mandatory bool             // what cannot go is the caller's; else it is dropped and counted; set by the pattern
	noPeer    func()           // counts a message whose peer is not there; set when it is made, then read-only
}

// newNames makes an empty list, whose first made-up id has the number next.
func newNames(next uint32, noPeer func()) names {
	return names{byID: map[string]*pipe{}, next: next, noPeer: noPeer}
}

// named says whether a peer has the id.
func (n *names) named(id string) bool { return n.byID[id] != nil }

// find is who has the id; nil where nobody does.
func (n *names) find(id []byte) *pipe { return n.byID[string(id)] }

// invent makes up an id that nobody has: a 0 and a number.
func (n *names) invent() string {
	for {
		id := string(binary.BigEndian.AppendUint32([]byte{0}, n.next))
		n.next++
		if !n.named(id) {
			return id
		}
	}
}

// address finds the peer that m's first frame names. Where there is none, the message is dropped and counted, or it is the caller's.
func (n *names) address(m Message) (*pipe, error) {
	if p := n.find(m.Frame(0)); p != nil && !p.gone() {
		return p, nil
	}
	if n.mandatory {
		return nil, ErrUnroutable
	}
	n.noPeer()
	return nil, nil
}

// pass sends m to p, without the id. Where p has no room, the message is dropped and counted, or it waits.
func (n *names) pass(dst []*pipe, p *pipe, m Message) ([]*pipe, Message, error) {
	switch {
	case p.out.HasRoom():
		return append(dst, p), m.Tail(1), nil
	case n.mandatory:
		return dst, m, ErrWouldBlock
	default:
		p.out.CountDropped(1, mailbox.ReasonFull)
		return dst, m, nil
	}
}

// routed has nothing to do.
func (*names) routed([]*pipe) {}

// writable says whether any peer has room, where a message may have to wait for one.
func (n *names) writable() bool {
	if !n.mandatory {
		return true
	}
	for _, p := range n.byID {
		if p.out.HasRoom() {
			return true
		}
	}
	return false
}
