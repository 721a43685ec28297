package socket

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAudienceAgainstModel adds and removes at random, few and many, and wants the pipes of a plain set, each at the place it was told.
func TestAudienceAgainstModel(t *testing.T) {
	for _, most := range []int{1, 3, 200} {
		var a, other audience
		pipes, places := make([]*pipe, most), map[*pipe]uint32{}
		for i := range pipes {
			pipes[i] = &pipe{}
		}
		other.add(pipes[0])
		for range 20 * most {
			p := pipes[rand.IntN(most)]
			if place, there := places[p]; there {
				if moved := a.remove(place); moved != nil {
					places[moved] = place
				}
				delete(places, p)
			} else {
				places[p] = a.add(p)
			}
			require.Len(t, a.pipes(), len(places))
			for q, place := range places {
				require.Same(t, q, a.pipes()[place])
			}
			require.Equal(t, []*pipe{pipes[0]}, other.pipes(), "it may share, and does not change")
		}
	}
}

// TestTopicTreeCounts is libzmq's table of what a tree of topics holds and matches. (libzmq: unittest_mtrie, unittest_radix_tree)
func TestTopicTreeCounts(t *testing.T) {
	var tree topicTree[int]
	add := func(topic string) {
		_, v := tree.at(topic)
		*v++
	}
	times := func(topic string) int {
		if _, v := tree.find(topic); v != nil {
			return *v
		}
		return 0
	}
	matched := func(s string) int { return len(tree.match(nil, []byte(s))) }
	require.Zero(t, matched("foo"))
	for i, topic := range []string{"foo", "foobar", "fo", "", "foob"} {
		add(topic)
		require.Equal(t, 1, times(topic))
		require.Equal(t, i+1, count(&tree))
	}
	add("foo")
	require.Equal(t, 2, times("foo"), "added twice")
	require.Equal(t, 5, count(&tree))
	for s, n := range map[string]int{"": 1, "f": 1, "fo": 2, "foo": 3, "foob": 4, "fooba": 4, "foobar": 5, "foobarx": 5, "bar": 1} {
		require.Equal(t, n, matched(s), "%q", s)
	}
	for i, topic := range []string{"foo", "", "foobar", "foob", "fo"} {
		drop(&tree, "fooba") // not there
		drop(&tree, topic)
		require.Zero(t, times(topic))
		require.Equal(t, 4-i, count(&tree))
		wellFormed(t, &tree)
	}
	require.Zero(t, matched("foobar"))
}

// count is how many topics are in a tree.
func count(tree *topicTree[int]) (n int) {
	tree.each(func(string, *int) { n++ })
	return n
}
