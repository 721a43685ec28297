package socket

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// letterSize is how many bytes a letter has, but for the last one of a topic, which may have fewer.
const letterSize = 8

// letterOf is the first letter of what is left of a topic, and its size. The first byte is the highest; a short letter has zeros at the end.
func letterOf[B string | []byte](b B) (word uint64, size int) {
	if len(b) >= letterSize {
		b = b[:letterSize]
		return uint64(b[7]) | uint64(b[6])<<8 | uint64(b[5])<<16 | uint64(b[4])<<24 |
			uint64(b[3])<<32 | uint64(b[2])<<40 | uint64(b[1])<<48 | uint64(b[0])<<56, letterSize
	}
	for i := range len(b) {
		word |= uint64(b[i]) << (56 - 8*i)
	}
	return word, len(b)
}

// beginning is the letter of the first size bytes of another.
func beginning(word uint64, size int) uint64 {
	unused := 8 * (letterSize - size)
	return word >> unused << unused
}

// topicSeeds keep peers from choosing topics whose hashes collide. Nobody is told a hash.
var topicSeeds = [3]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64()}

// letterHash is the hash under which a child is found: products of 128 bits whose halves are folded. A call of package maphash took as long as the rest
// of a step.
func letterHash(parent topicNumber, word uint64, size int) uint32 {
	high, low := bits.Mul64(word^topicSeeds[0], uint64(parent)<<8|uint64(size)^topicSeeds[1])
	high, low = bits.Mul64(high^low, topicSeeds[2])
	return uint32(high ^ low)
}

// A topicNumber is that of a node, and of its topic where it has one.
type topicNumber uint32

// A topicNode stands for the topic that the edges from the root to it spell. It is 32 bytes with a value of eight, half a cache line.
type topicNode[V any] struct {
	value  V
	more   *topicMore  // nil where the edge is one letter and there are no children
	word   uint64      // the first letter of the edge from the parent
	parent topicNumber // of a node that is free: the next one that is, or 0
	size   uint8       // of the first letter; 0 of the root, and of a node that is free
	sizes  uint8       // bit i is set where a child's first letter has i+1 bytes
	valued bool        // the topic is in the tree
}

// topicMore is what only some nodes have.
type topicMore struct {
	rest string     // of the edge after its first letter, which then is a whole one; where there are children, so are all in here
	fork *topicFork // nil where there are no children
}

// A topicFork is what a node knows of its children.
type topicFork struct {
	counts [letterSize]uint32 // how many there are whose first letter has so many bytes, less one
	sum    topicNumber        // of their numbers: where there is one child, it is its number
}

// rest is the edge after its first letter.
func (n *topicNode[V]) rest() string {
	if n.more == nil {
		return ""
	}
	return n.more.rest
}

// setRest changes it.
func (n *topicNode[V]) setRest(rest string) {
	switch {
	case n.more != nil:
		n.more.rest = rest
		n.trim()
	case rest != "":
		n.more = &topicMore{rest: rest}
	}
}

// trim lets go of what is not needed.
func (n *topicNode[V]) trim() {
	if n.sizes == 0 {
		n.more.fork = nil
	}
	if n.more.rest == "" && n.more.fork == nil {
		n.more = nil
	}
}

// edge is where n hangs, and by what.
func (n *topicNode[V]) edge() (parent topicNumber, word uint64, size int, rest string) {
	return n.parent, n.word, int(n.size), n.rest()
}

// setEdge hangs n elsewhere.
func (n *topicNode[V]) setEdge(parent topicNumber, word uint64, size int, rest string) {
	n.parent, n.word, n.size = parent, word, uint8(size)
	n.setRest(rest)
}

// length is how many bytes the edge has.
func (n *topicNode[V]) length() int { return int(n.size) + len(n.rest()) }

// appendEdge appends the bytes of the edge.
func (n *topicNode[V]) appendEdge(b []byte) []byte {
	var letter [letterSize]byte
	binary.BigEndian.PutUint64(letter[:], n.word)
	return append(append(b, letter[:n.size]...), n.rest()...)
}

// adopt counts a new child.
func (n *topicNode[V]) adopt(c topicNumber, size int) {
	if n.more == nil {
		n.more = &topicMore{}
	}
	if n.more.fork == nil {
		n.more.fork = &topicFork{}
	}
	n.more.fork.counts[size-1]++
	n.more.fork.sum += c
	n.sizes |= 1 << (size - 1)
}

// disown takes it back.
func (n *topicNode[V]) disown(c topicNumber, size int) {
	f := n.more.fork
	f.sum -= c
	if f.counts[size-1]--; f.counts[size-1] == 0 {
		n.sizes &^= 1 << (size - 1)
		n.trim()
	}
}

// swap puts one child in the place of another, with a first letter of the same size.
func (n *topicNode[V]) swap(old, c topicNumber) { n.more.fork.sum += c - old }

// onlyChild is the child of a node that has one; 0 where it has none, or several.
func (n *topicNode[V]) onlyChild() topicNumber {
	if bits.OnesCount8(n.sizes) != 1 || n.more.fork.counts[bits.TrailingZeros8(n.sizes)] != 1 {
		return 0
	}
	return n.more.fork.sum
}

// pageNodes is how many nodes a full page has.
const pageNodes = 1 << 12

// topicNodes are the nodes of a tree, by number: pages of them, of which the first grows, so that a few nodes take little room.
type topicNodes[V any] struct {
	pages [][]topicNode[V]
	spare topicNumber // a node that is free, and leads to others; 0 for none
}

// none says whether there are no nodes, not even a root.
func (t *topicNodes[V]) none() bool { return len(t.pages) == 0 }

// get is the node of a number; it moves when one is added.
func (t *topicNodes[V]) get(n topicNumber) *topicNode[V] { return &t.pages[n/pageNodes][n%pageNodes] }

// add puts a node in.
func (t *topicNodes[V]) add(node topicNode[V]) topicNumber {
	if n := t.spare; n != 0 {
		t.spare = t.get(n).parent
		*t.get(n) = node
		return n
	}
	last := len(t.pages) - 1
	if last < 0 || len(t.pages[last]) == pageNodes {
		last++
		t.pages = append(t.pages, nil)
		if last > 0 {
			t.pages[last] = make([]topicNode[V], 0, pageNodes)
		}
	}
	t.pages[last] = append(t.pages[last], node)
	return topicNumber(last*pageNodes + len(t.pages[last]) - 1)
}

// free takes a node out.
func (t *topicNodes[V]) free(n topicNumber) {
	*t.get(n) = topicNode[V]{parent: t.spare}
	t.spare = n
}

// A topicEdge is where a node hangs.
type topicEdge struct {
	word          uint64
	parent, child topicNumber
	size          uint8
}

// sorted are all edges: those of one parent together, in the order of what they spell.
func (t *topicNodes[V]) sorted() (edges []topicEdge) {
	for p, page := range t.pages {
		for i := range page {
			if n := &page[i]; n.size > 0 {
				edges = append(edges, topicEdge{n.word, n.parent, topicNumber(p*pageNodes + i), n.size})
			}
		}
	}
	slices.SortFunc(edges, func(a, b topicEdge) int {
		return cmp.Or(cmp.Compare(a.parent, b.parent), cmp.Compare(a.word, b.word), cmp.Compare(a.size, b.size))
	})
	return edges
}
