package socket

import "encoding/binary"

// names are the routing ids that a socket has given to its peers. Guarded by the socket's route lock.
type names struct {
	byID map[string]*pipe // who has which id
	next uint32           // number of the next id made up here
}

// newNames makes an empty list, whose first made-up id has the number next.
func newNames(next uint32) names { return names{byID: map[string]*pipe{}, next: next} }

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
