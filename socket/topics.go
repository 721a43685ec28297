package socket

import (
	"cmp"
	"slices"
	"strings"
)

// A topicTree holds a value for each of a set of topics, and finds those whose topic is a prefix of a message's first frame in a time that depends on
// the length of that frame alone. It is a radix tree whose letters are up to eight bytes each: only the last letter of a topic is shorter. Edges are in
// no list of children: one hash table has them all (topicIndex), by their parent and their first letter. So a step costs two looks into memory, one at
// the table and one at the child, however many children there are.
//
//	root ─┬─ "ab"                                the topics ab,
//	      └─ "topic.00" ─┬─ "00123"              topic.0000123,
//	                     └─ "00124/st" "ate"     and topic.0000124/state, with a rest
//
// Each node knows how long its children's first letters are, so a search tries those lengths alone: one step for each byte of a frame at most.
// Nodes have numbers, which take half the room of pointers and are nothing to the garbage collector. The room of those that are removed is used again, and given
// back when the tree is empty. The zero value is empty.
type topicTree[V any] struct {
	nodes topicNodes[V] // number 0 is the root; none in an empty tree
	index topicIndex    // all the others
}

// at returns the value of topic, made where it was not there, and its number. The value stays where it is until a topic is added; the number is the
// topic's until it is removed.
func (t *topicTree[V]) at(topic string) (topicNumber, *V) {
	if t.nodes.none() {
		t.nodes.add(topicNode[V]{})
	}
	n := topicNumber(0)
	for topic != "" {
		word, size := letterOf(topic)
		c, child := t.child(n, word, size)
		if child == nil {
			n = t.grow(n, topic)
			break
		}
		rest := child.rest()
		k := shared(rest, topic[size:])
		if k < len(rest) { // the topic leaves the edge, or ends on it: split it
			c = t.split(c, k)
		}
		n, topic = c, topic[size+k:]
	}
	node := t.nodes.get(n)
	node.valued = true
	return n, &node.value
}

// shared is how many bytes of an edge's rest a topic shares: whole letters, or all of both.
func shared(rest, topic string) int {
	k := 0
	for k < len(rest) && k < len(topic) && rest[k] == topic[k] {
		k++
	}
	if k == len(rest) && k == len(topic) {
		return k
	}
	return k - k%letterSize
}

// grow puts a child without children below n, whose edge is its own copy of topic.
func (t *topicTree[V]) grow(n topicNumber, topic string) topicNumber {
	word, size := letterOf(topic)
	c := t.nodes.add(topicNode[V]{parent: n, word: word, size: uint8(size)})
	t.nodes.get(c).setRest(strings.Clone(topic[size:]))
	t.nodes.get(n).adopt(c, size)
	t.index.put(letterHash(n, word, size), c)
	return c
}

// split puts a node between c and its parent, which takes the first letter of c's edge and k bytes of its rest.
func (t *topicTree[V]) split(c topicNumber, k int) topicNumber {
	parent, word, size, rest := t.nodes.get(c).edge()
	upper := t.nodes.add(topicNode[V]{parent: parent, word: word, size: uint8(size)})
	t.nodes.get(upper).setRest(strings.Clone(rest[:k]))
	t.nodes.get(parent).swap(c, upper)
	t.index.replace(letterHash(parent, word, size), c, upper)

	word, size = letterOf(rest[k:])
	t.nodes.get(c).setEdge(upper, word, size, rest[k+size:])
	t.nodes.get(upper).adopt(c, size)
	t.index.put(letterHash(upper, word, size), c)
	return upper
}

// child finds the child of n whose edge begins with a letter; nil where there is none.
func (t *topicTree[V]) child(n topicNumber, word uint64, size int) (topicNumber, *topicNode[V]) {
	if t.nodes.get(n).sizes&(1<<(size-1)) == 0 {
		return 0, nil
	}
	return t.lookUp(n, word, size)
}

// lookUp is child where n has children whose first letters are of that size.
func (t *topicTree[V]) lookUp(n topicNumber, word uint64, size int) (topicNumber, *topicNode[V]) {
	hash := letterHash(n, word, size)
	entries := t.index.page(hash).entries
	for i := hash; ; i++ {
		e := entries[i&uint32(len(entries)-1)]
		if e == 0 {
			return 0, nil
		}
		if e.hash() != hash {
			continue
		}
		if node := t.nodes.get(e.number()); node.word == word && node.parent == n && int(node.size) == size {
			return e.number(), node
		}
	}
}

// find returns the number and the value of topic; nil where it is not in the tree.
func (t *topicTree[V]) find(topic string) (topicNumber, *V) {
	if t.nodes.none() {
		return 0, nil
	}
	n, node := topicNumber(0), t.nodes.get(0)
	for topic != "" {
		word, size := letterOf(topic)
		n, node = t.child(n, word, size)
		if node == nil || !strings.HasPrefix(topic[size:], node.rest()) {
			return 0, nil
		}
		topic = topic[size+len(node.rest()):]
	}
	if !node.valued {
		return 0, nil
	}
	return n, &node.value
}

// value is the value of the topic of a number.
func (t *topicTree[V]) value(n topicNumber) *V { return &t.nodes.get(n).value }

// topic is the topic of a number.
func (t *topicTree[V]) topic(n topicNumber) string {
	size := 0
	for n := n; n != 0; n = t.nodes.get(n).parent {
		size += t.nodes.get(n).length()
	}
	topic := make([]byte, size)
	for n != 0 {
		node := t.nodes.get(n)
		size -= node.length()
		node.appendEdge(topic[:size])
		n = node.parent
	}
	return string(topic)
}

// remove takes the topic of a number out, and folds the nodes that are needed no more. It says how many bytes of edges it copied for that.
func (t *topicTree[V]) remove(n topicNumber) (copied int) {
	node, none := t.nodes.get(n), *new(V)
	node.value, node.valued = none, false
	for n != 0 && !node.valued && node.sizes == 0 {
		parent := node.parent
		t.cutOff(n)
		n, node = parent, t.nodes.get(parent)
	}
	switch only := node.onlyChild(); {
	case node.valued:
	case n == 0 && node.sizes == 0:
		*t = topicTree[V]{}
	case n != 0 && only != 0:
		copied = t.fold(n, only)
	}
	return copied
}

// cutOff takes a node without children out.
func (t *topicTree[V]) cutOff(n topicNumber) {
	parent, word, size, _ := t.nodes.get(n).edge()
	t.index.cut(letterHash(parent, word, size), n)
	t.nodes.get(parent).disown(n, size)
	t.nodes.free(n)
}

// fold takes n out, whose only child gets its edge too, and says how long the rest of that is.
func (t *topicTree[V]) fold(n, only topicNumber) int {
	parent, word, size, rest := t.nodes.get(n).edge()
	child := t.nodes.get(only)
	t.index.cut(letterHash(n, child.word, int(child.size)), only)
	t.index.replace(letterHash(parent, word, size), n, only)
	t.nodes.get(parent).swap(n, only)
	child.setEdge(parent, word, size, string(child.appendEdge([]byte(rest))))
	t.nodes.free(n)
	return len(child.rest())
}

// each calls f for every topic, in order.
func (t *topicTree[V]) each(f func(topic string, v *V)) {
	if t.nodes.none() {
		return
	}
	t.eachBelow(0, "", t.nodes.sorted(), f)
}

// eachBelow calls f for every topic of n's subtree; before is what the edges to it spell, and edges those of the tree.
func (t *topicTree[V]) eachBelow(n topicNumber, before string, edges []topicEdge, f func(string, *V)) {
	node := t.nodes.get(n)
	if node.valued {
		f(before, &node.value)
	}
	if node.sizes == 0 {
		return
	}
	first, _ := slices.BinarySearchFunc(edges, n, func(e topicEdge, n topicNumber) int { return cmp.Compare(e.parent, n) })
	for _, e := range edges[first:] {
		if e.parent != n {
			break
		}
		t.eachBelow(e.child, string(t.nodes.get(e.child).appendEdge([]byte(before))), edges, f)
	}
}
