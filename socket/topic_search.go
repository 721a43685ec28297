package socket

import "math/bits"

// search goes down a tree along a body, from the root, and appends to hits the values whose topic is a prefix of it, the shortest first: so many at
// most. A step looks for one letter below the node that the search has come to; how many it took is told as well. There are as many as the body has bytes,
// and one, at most.
//
// It is one function, and what it is at stays in registers: each call would take as long as the step that it makes.
func (t *topicTree[V]) search(hits []*V, body []byte, most int) (_ []*V, steps int) {
	if t.nodes.none() {
		return hits, 0
	}
	n, node := topicNumber(0), t.nodes.get(0)
	for steps = 1; ; {
		if node.valued {
			if hits = append(hits, &node.value); len(hits) == most {
				return hits, steps
			}
		}
		if node.sizes == 0 {
			return hits, steps
		}
		word, size := letterOf(body)
		var next *topicNode[V]
		for sizes := node.sizes & (1<<size - 1); sizes != 0; sizes &= sizes - 1 { // the shortest first: only one of all eight bytes leads on
			steps++
			size := bits.TrailingZeros8(sizes) + 1
			c, child := t.lookUp(n, beginning(word, size), size)
			switch {
			case child == nil:
			case size == letterSize:
				n, next = c, child
			default: // the end of a topic
				if hits = append(hits, &child.value); len(hits) == most {
					return hits, steps
				}
			}
		}
		if next == nil {
			return hits, steps
		}
		rest := next.rest()
		body = body[letterSize:]
		if len(body) < len(rest) || string(body[:len(rest)]) != rest {
			return hits, steps
		}
		node, body = next, body[len(rest):]
	}
}

// match appends to hits the values whose topic is a prefix of body, the shortest first.
func (t *topicTree[V]) match(hits []*V, body []byte) []*V {
	hits, _ = t.search(hits, body, -1)
	return hits
}

// matches says whether any topic is a prefix of body.
func (t *topicTree[V]) matches(body []byte) bool {
	var room [1]*V
	hits, _ := t.search(room[:0], body, 1)
	return len(hits) > 0
}
