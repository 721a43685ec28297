package socket

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomTopic is a topic of few different bytes, so that many are prefixes of others.
func randomTopic() string {
	b := make([]byte, rand.IntN(7))
	for i := range b {
		b[i] = "\x00a\xff"[rand.IntN(3)]
	}
	return string(b)
}

// wellFormed checks the shape of a subtree: edges are not empty, the children are in order and their edges differ in their first byte, and no node is
// there without need.
func wellFormed[V any](t *testing.T, n *topicNode[V], root bool) {
	t.Helper()
	if !root && (n.edge == "" || n.value == nil && len(n.children()) < 2) {
		require.Fail(t, "a node that stands for nothing", "%q", n.edge)
	}
	for i, c := range n.children() {
		if i > 0 && n.children()[i-1].edge[0] >= c.edge[0] || n.fork.firsts[i] != c.edge[0] {
			require.Fail(t, "children out of order", "%q", n.edge)
		}
		wellFormed(t, c, false)
	}
}

// TestTopicTreeAgainstModel does random operations on a tree and on a map.
func TestTopicTreeAgainstModel(t *testing.T) {
	for range 20 {
		var tree topicTree[int]
		model := map[string]int{}
		for op := range 400 {
			topic := randomTopic()
			switch rand.IntN(5) {
			case 0, 1:
				*tree.at(topic) = op
				model[topic] = op
			case 2:
				tree.remove(topic)
				delete(model, topic)
			case 3:
				v := tree.find(topic)
				want, ok := model[topic]
				require.Equal(t, ok, v != nil, "%q", topic)
				if ok {
					require.Equal(t, want, *v)
				}
			case 4:
				var want []int
				for n := range len(topic) + 1 {
					if v, ok := model[topic[:n]]; ok {
						want = append(want, v)
					}
				}
				var got []int
				for _, v := range tree.match(nil, []byte(topic)) {
					got = append(got, *v)
				}
				require.Equal(t, want, got, "shortest first: %q", topic)
				require.Equal(t, len(want) > 0, tree.matches([]byte(topic)))
			}
			wellFormed(t, &tree.root, true)
		}
		var topics []string
		tree.each(func(topic string, v *int) {
			require.Equal(t, model[topic], *v)
			topics = append(topics, topic)
		})
		require.Equal(t, slices.Sorted(maps.Keys(model)), topics)
	}
}

// TestTopicTreeOwnsItsTopics wants the tree not to hold on to the buffer of a topic.
func TestTopicTreeOwnsItsTopics(t *testing.T) {
	var tree topicTree[int]
	buf := []byte("abcdef")
	*tree.at(string(buf)) = 1
	copy(buf, "xxxxxx")
	require.NotNil(t, tree.find("abcdef"))
	long := strings.Repeat("t", 70_000)
	*tree.at(long) = 2
	*tree.at(long[:65_536]) = 3
	require.Len(t, tree.match(nil, []byte(long)), 2)
	tree.remove(long[:65_536])
	require.Len(t, tree.match(nil, []byte(long)), 1)
}

// TestTopicTreeAllocatesNothingToMatch counts what a match costs.
func TestTopicTreeAllocatesNothingToMatch(t *testing.T) {
	var tree topicTree[int]
	for _, topic := range []string{"a", "ab", "abc", "b"} {
		tree.at(topic)
	}
	hits := make([]*int, 0, 8)
	body := []byte("abcd")
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		hits = tree.match(hits[:0], body)
		if !tree.matches(body) || len(hits) != 3 {
			t.Error("no match")
		}
	}))
}
