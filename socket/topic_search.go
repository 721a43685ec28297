package socket

import "math/bits"

// A topicSearch goes down a tree along a body, one step after the other: a step looks for one letter below the node that the search has come to. There
// are as many as the body has bytes, and one, at most.
type topicSearch[V any] struct {
	tree  *topicTree[V]
	hit   *V          // the value of the topic that the last step found; nil where it found none
	done  bool        // there was nothing left to look for
	at    topicNumber // the node that the search has come to
	body  []byte      // what is left from there
	word  uint64      // its first letter
	sizes uint8       // the sizes of that letter that are still to be looked for; see topicNode
}

// begin comes to the root, which is a step. (A search is worked on where it lies: to return one costs as much as a step.)
func (s *topicSearch[V]) begin(t *topicTree[V], body []byte) {
	s.tree, s.done = t, t.nodes.none()
	if !s.done {
		s.arrive(0, t.nodes.get(0), body)
	}
}

// arrive comes to a node.
func (s *topicSearch[V]) arrive(n topicNumber, node *topicNode[V], body []byte) {
	s.at, s.body, s.sizes = n, body, 0
	if node.valued {
		s.hit = &node.value
	}
	if node.sizes != 0 {
		word, size := letterOf(body)
		s.word, s.sizes = word, node.sizes&(1<<size-1)
	}
}

// step looks for the shortest letter that has not been looked for: only one of all eight bytes leads on.
func (s *topicSearch[V]) step() {
	s.hit, s.done = nil, s.sizes == 0
	if s.done {
		return
	}
	size := bits.TrailingZeros8(s.sizes) + 1
	s.sizes &= s.sizes - 1
	c, child := s.tree.lookUp(s.at, beginning(s.word, size), size)
	if child == nil {
		return
	}
	if size < letterSize { // the end of a topic
		s.hit = &child.value
		return
	}
	rest, left := child.rest(), s.body[letterSize:]
	if len(left) >= len(rest) && string(left[:len(rest)]) == rest {
		s.arrive(c, child, left[len(rest):])
	}
}

// match appends to hits the values whose topic is a prefix of body, the shortest first.
func (t *topicTree[V]) match(hits []*V, body []byte) []*V {
	var s topicSearch[V]
	for s.begin(t, body); !s.done; s.step() {
		if s.hit != nil {
			hits = append(hits, s.hit)
		}
	}
	return hits
}

// matches says whether any topic is a prefix of body.
func (t *topicTree[V]) matches(body []byte) bool {
	var s topicSearch[V]
	for s.begin(t, body); !s.done && s.hit == nil; {
		s.step()
	}
	return !s.done
}
