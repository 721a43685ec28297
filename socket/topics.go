package socket

import (
	"slices"
	"strings"
)

// A topicTree holds a value for each of a set of topics, and finds those whose topic is a prefix of a message's first frame in a time that depends on
// the length of that frame alone. It is a radix tree: an edge is a run of bytes. The zero value is empty.
type topicTree[V any] struct{ root topicNode[V] }

// A topicNode stands for the topic that its edges spell from the root.
type topicNode[V any] struct {
	edge  string        // the bytes from the parent to here; empty at the root only
	value *V            // nil where the topic itself is not in the tree
	fork  *topicFork[V] // nil where there are no children
}

// A topicFork is the children of a node. Their first bytes lie side by side, so that the search touches one cache line and not a node for each.
type topicFork[V any] struct {
	firsts []byte          // the first bytes of the children's edges, which differ: sorted
	nodes  []*topicNode[V] // the children, in the same order
}

// children are the children of n.
func (n *topicNode[V]) children() []*topicNode[V] {
	if n.fork == nil {
		return nil
	}
	return n.fork.nodes
}

// child finds the child whose edge begins with b, or the place for one.
func (n *topicNode[V]) child(b byte) (int, bool) {
	if n.fork == nil {
		return 0, false
	}
	return slices.BinarySearch(n.fork.firsts, b)
}

// insert puts c at place i.
func (n *topicNode[V]) insert(i int, c *topicNode[V]) {
	if n.fork == nil {
		n.fork = &topicFork[V]{}
	}
	n.fork.firsts = slices.Insert(n.fork.firsts, i, c.edge[0])
	n.fork.nodes = slices.Insert(n.fork.nodes, i, c)
}

// at returns the value of topic, made where it was not there.
func (t *topicTree[V]) at(topic string) *V {
	n := &t.root
	for topic != "" {
		i, ok := n.child(topic[0])
		if !ok {
			c := &topicNode[V]{edge: strings.Clone(topic)}
			n.insert(i, c)
			n, topic = c, ""
			break
		}
		c := n.fork.nodes[i]
		k := commonPrefix(c.edge, topic)
		if k < len(c.edge) { // the topic leaves the edge: split it
			upper := &topicNode[V]{edge: c.edge[:k]}
			c.edge = c.edge[k:]
			upper.insert(0, c)
			n.fork.nodes[i], c = upper, upper
		}
		n, topic = c, topic[k:]
	}
	if n.value == nil {
		n.value = new(V)
	}
	return n.value
}

// commonPrefix is how many bytes a and b have in common at their beginning.
func commonPrefix(a, b string) int {
	k := 0
	for k < len(a) && k < len(b) && a[k] == b[k] {
		k++
	}
	return k
}

// find returns the value of topic, or nil.
func (t *topicTree[V]) find(topic string) *V {
	n := &t.root
	for topic != "" {
		i, ok := n.child(topic[0])
		if !ok || !strings.HasPrefix(topic, n.fork.nodes[i].edge) {
			return nil
		}
		n = n.fork.nodes[i]
		topic = topic[len(n.edge):]
	}
	return n.value
}

// remove takes topic out, and folds the nodes that are needed no more.
func (t *topicTree[V]) remove(topic string) { t.root.remove(topic) }

// remove takes the topic that is left out of the subtree.
func (n *topicNode[V]) remove(topic string) {
	if topic == "" {
		n.value = nil
		return
	}
	i, ok := n.child(topic[0])
	if !ok || !strings.HasPrefix(topic, n.fork.nodes[i].edge) {
		return
	}
	c := n.fork.nodes[i]
	c.remove(topic[len(c.edge):])
	switch {
	case c.value != nil || len(c.children()) > 1:
	case len(c.children()) == 0:
		n.cutOff(i)
	default:
		only := c.fork.nodes[0]
		only.edge = c.edge + only.edge
		n.fork.nodes[i] = only
	}
}

// cutOff takes child i out.
func (n *topicNode[V]) cutOff(i int) {
	f := n.fork
	f.firsts, f.nodes = slices.Delete(f.firsts, i, i+1), slices.Delete(f.nodes, i, i+1)
	if len(f.nodes) == 0 {
		n.fork = nil
	}
}

// match appends to hits the values whose topic is a prefix of body.
func (t *topicTree[V]) match(hits []*V, body []byte) []*V {
	for n := &t.root; n != nil; n, body = n.down(body) {
		if n.value != nil {
			hits = append(hits, n.value)
		}
	}
	return hits
}

// matches says whether any topic is a prefix of body.
func (t *topicTree[V]) matches(body []byte) bool {
	n := &t.root
	for n != nil && n.value == nil {
		n, body = n.down(body)
	}
	return n != nil
}

// down returns the child whose edge body begins with, or nil, and what is left of body. Of an edge of one byte it needs no look at the byte itself, which
// lies elsewhere in memory.
func (n *topicNode[V]) down(body []byte) (*topicNode[V], []byte) {
	if len(body) == 0 {
		return nil, nil
	}
	i, ok := n.child(body[0])
	if !ok {
		return nil, nil
	}
	c := n.fork.nodes[i]
	if n := len(c.edge); n > 1 && (len(body) < n || string(body[1:n]) != c.edge[1:]) {
		return nil, nil
	}
	return c, body[len(c.edge):]
}

// each calls f for every topic, in order.
func (t *topicTree[V]) each(f func(topic string, v *V)) { t.root.each("", f) }

// each calls f for every topic of the subtree; before is what the edges to it spell.
func (n *topicNode[V]) each(before string, f func(string, *V)) {
	before += n.edge
	if n.value != nil {
		f(before, n.value)
	}
	for _, c := range n.children() {
		c.each(before, f)
	}
}
