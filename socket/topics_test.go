package socket

import (
	"fmt"
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

// randomTopics are ways to make a topic: of few different bytes, so that many are prefixes of others; of whole letters of which there are few, so that edges
// have rests that are split and joined; of any bytes.
var randomTopics = map[string]func() string{
	"short": randomTopic,
	"long": func() string {
		letters := []string{"aaaaaaaa", "aaaaaaab", "\x00\x00\x00\x00\x00\x00\x00\x00"}
		topic := ""
		for range rand.IntN(5) {
			topic += letters[rand.IntN(len(letters))]
		}
		return topic + "aaaaaaa"[:rand.IntN(8)] + "\x00\x00"[:rand.IntN(3)]
	},
	"any bytes": func() string {
		b := make([]byte, rand.IntN(3))
		for i := range b {
			b[i] = byte(rand.IntN(256))
		}
		return string(b)
	},
}

// TestTopicTreeAgainstModel does random operations on a tree and on a map.
func TestTopicTreeAgainstModel(t *testing.T) {
	for name, random := range randomTopics {
		t.Run(name, func(t *testing.T) { checkTree(t, random) })
	}
}

// checkTree does them with topics of one kind.
func checkTree(t *testing.T, random func() string) {
	for range 20 {
		var tree topicTree[int]
		model := map[string]int{}
		for op := range 400 {
			topic := random()
			switch rand.IntN(5) {
			case 0, 1:
				n, v := tree.at(topic)
				*v = op
				require.Equal(t, topic, tree.topic(n))
				model[topic] = op
			case 2:
				drop(&tree, topic)
				delete(model, topic)
			case 3:
				_, v := tree.find(topic)
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
			if op%10 == 0 {
				wellFormed(t, &tree)
			}
		}
		wellFormed(t, &tree)
		var topics []string
		tree.each(func(topic string, v *int) {
			require.Equal(t, model[topic], *v)
			topics = append(topics, topic)
		})
		require.Equal(t, slices.Sorted(maps.Keys(model)), topics)
	}
}

// drop takes a topic out of a tree, if it is there.
func drop[V any](tree *topicTree[V], topic string) {
	if n, v := tree.find(topic); v != nil {
		tree.remove(n)
	}
}

// TestTopicTreeLarge fills a tree up to several pages of nodes and of its index, and empties it again: each topic keeps its number while others come and go,
// and an empty tree holds nothing.
func TestTopicTreeLarge(t *testing.T) {
	const n = 3 * pageNodes
	var tree topicTree[int]
	topic := func(i int) string { return strings.Repeat("x", i%40) + fmt.Sprint(i) }
	numbers := map[topicNumber]int{}
	for i := range n {
		number, v := tree.at(topic(i))
		*v = i
		numbers[number] = i
	}
	require.Len(t, numbers, n)
	require.Greater(t, len(tree.index.pages), 4)
	wellFormed(t, &tree)
	for number, i := range numbers {
		if i%10 == 0 {
			continue
		}
		require.Equal(t, topic(i), tree.topic(number))
		require.Equal(t, i, *tree.value(number))
		tree.remove(number)
	}
	wellFormed(t, &tree)
	for i := range n {
		_, v := tree.find(topic(i))
		require.Equal(t, i%10 == 0, v != nil)
		require.Equal(t, i%10 == 0, tree.matches([]byte(topic(i))))
		if hits := tree.match(nil, []byte(topic(i))); v != nil {
			require.Same(t, v, hits[len(hits)-1], "behind shorter ones")
		}
	}
	for i := 0; i < n; i += 10 {
		drop(&tree, topic(i))
	}
	require.Equal(t, topicTree[int]{}, tree)
}

// TestTopicTreeOwnsItsTopics wants the tree not to hold on to the buffer of a topic, and not to what is left of one that was removed.
func TestTopicTreeOwnsItsTopics(t *testing.T) {
	var tree topicTree[int]
	buf := []byte("abcdef, and more")
	set := func(topic string) { tree.at(topic) }
	set(string(buf))
	copy(buf, "xxxxxx")
	has := func(topic string) bool { _, v := tree.find(topic); return v != nil }
	require.True(t, has("abcdef, and more"))
	long := strings.Repeat("t", 70_000)
	set(long)
	set(long[:65_536])
	set(long[:65_535])
	require.Len(t, tree.match(nil, []byte(long)), 3)
	wellFormed(t, &tree)
	drop(&tree, long[:65_536])
	require.Len(t, tree.match(nil, []byte(long)), 2)
	drop(&tree, long[:65_535])
	require.Equal(t, 2, len(tree.nodes.sorted()), "folded")
	require.Len(t, tree.match(nil, []byte(long)), 1)
	require.Empty(t, tree.match(nil, []byte(long[1:])))
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
