package socket

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// wellFormed checks the shape of a tree: every edge is found by its first letter and leads to where it hangs, each node knows its children, none is there
// without need, and numbers that are not in use are free.
func wellFormed[V any](t *testing.T, tree *topicTree[V]) {
	t.Helper()
	if tree.nodes.none() {
		require.Empty(t, tree.index.pages)
		return
	}
	forks := map[topicNumber]*topicFork{}
	edges := tree.nodes.sorted()
	for _, e := range edges {
		c, node := tree.child(e.parent, e.word, int(e.size))
		require.Equal(t, e.child, c)
		parent := tree.nodes.get(e.parent)
		rest := node.rest()
		if e.child == 0 || e.size > letterSize || beginning(e.word, int(e.size)) != e.word || rest != "" && e.size < letterSize ||
			node.sizes == 0 && !node.valued || node.sizes != 0 && (e.size < letterSize || len(rest)%letterSize != 0) ||
			node.sizes != 0 && !node.valued && node.onlyChild() != 0 || len(parent.rest())%letterSize != 0 {
			require.Fail(t, "an edge that should not be", "%+v %q %+v", e, rest, node)
		}
		if forks[e.parent] == nil {
			forks[e.parent] = &topicFork{}
		}
		forks[e.parent].counts[e.size-1]++
		forks[e.parent].sum += e.child
	}
	all := 0
	for p, page := range tree.nodes.pages {
		for i := range page {
			all++
			n := topicNumber(p*pageNodes + i)
			if fork := forks[n]; fork != nil {
				require.Equal(t, fork, page[i].more.fork)
				for k, count := range fork.counts {
					require.Equal(t, count > 0, page[i].sizes>>k&1 == 1)
				}
			} else {
				require.Zero(t, page[i].sizes)
				require.True(t, page[i].more == nil || page[i].more.fork == nil && page[i].more.rest != "")
			}
		}
	}
	for n := tree.nodes.spare; n != 0; n = tree.nodes.get(n).parent {
		all--
	}
	require.Equal(t, len(edges)+1, all, "and the root")
	wellListed(t, &tree.index, len(edges))
}

// wellListed checks that an index has n entries, each where it belongs, and room.
func wellListed(t *testing.T, x *topicIndex, n int) {
	t.Helper()
	if len(x.pages) > 0 {
		require.Len(t, x.pages, 1<<x.depth)
	}
	var last *topicPage
	for i, p := range x.pages {
		if p == last {
			continue
		}
		last = p
		used := 0
		for _, e := range p.entries {
			if e != 0 {
				used++
				require.Equal(t, uint64(i)>>(x.depth-p.depth), uint64(e.hash())>>(32-p.depth))
			}
		}
		require.Equal(t, p.used, used)
		require.LessOrEqual(t, 4*used, 3*len(p.entries))
		n -= used
	}
	require.Zero(t, n)
}
