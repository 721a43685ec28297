package mailbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// TestOnDropHearsOfEveryDrop wants each accepted item to be shown to the consumer, who delivers or drops it, or told to OnDrop: once, whatever the policy
// and the way it goes.
func TestOnDropHearsOfEveryDrop(t *testing.T) {
	const n = 500
	for _, policy := range []mailbox.Policy{mailbox.Block, mailbox.Reject, mailbox.DropNewest, mailbox.DropOldest, mailbox.Conflate} {
		for _, size := range []func(int) int{nil, func(int) int { return 1 }} {
			t.Run(policy.String(), func(t *testing.T) {
				seen := map[int]int{}
				q := mailbox.New(mailbox.Config[int]{Mark: 150, Policy: policy, Size: size, OnDrop: func(v int) { seen[v]++ }})
				for i := range n {
					if q.TryPush(i) != nil {
						seen[i]++
					}
					switch i % 100 {
					case 60: // some are delivered
						vs := q.Look(7)
						for _, v := range vs {
							seen[v]++
						}
						q.Advance(len(vs))
						q.Done(len(vs))
					case 70: // some are dropped from the hand
						vs := q.Look(30)
						for _, v := range vs {
							seen[v]++ // its own affair
						}
						q.Advance(len(vs))
						q.Drop(len(vs), "test")
					case 80: // some are looked at, and go back
						q.Advance(len(q.Look(5)))
						if q.TryPush(n+i) != nil {
							seen[n+i]++
						}
						q.Rewind()
					case 90: // some come together
						k, _ := q.TryPushAll([]int{2*n + i, 3*n + i})
						for j := k; j < 2; j++ {
							seen[(2+j)*n+i]++
						}
					}
				}
				q.Close(nil)
				q.Discard("over")
				total := 0
				for v, times := range seen {
					require.Equal(t, 1, times, "item %d", v)
					total++
				}
				require.Equal(t, n+5+2*5, total)
				l := q.Ledger()
				require.Equal(t, l.Accepted, balance(l))
			})
		}
	}
}

// TestDropOfAnotherThanTheOldest leaves alone what a consumer keeps in hand while it drops what came later.
func TestDropOfAnotherThanTheOldest(t *testing.T) {
	for _, policy := range []mailbox.Policy{mailbox.Block, mailbox.DropOldest} {
		q := mailbox.New(mailbox.Config[int]{Mark: 10, Policy: policy, OnDrop: func(v int) { require.Fail(t, "told", "%d", v) }})
		require.NoError(t, q.TryPush(1))
		require.NoError(t, q.TryPush(2))
		q.Advance(len(q.Look(1))) // 1 is kept
		q.Advance(len(q.Look(1)))
		q.Drop(1, "test") // 2 is dropped
		q.Done(1)         // 1 is delivered
		require.Zero(t, q.Len())
	}
}
