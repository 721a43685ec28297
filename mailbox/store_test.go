package mailbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// TestDropOldestSparesTheHand pushes past the mark while the consumer has items in hand and in view.
func TestDropOldestSparesTheHand(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 4, Policy: mailbox.DropOldest})
	_, err := q.TryPushAll([]int{1, 2, 3, 4, 5})
	require.NoError(t, err)
	view := q.Look(2)
	q.Advance(1)
	for v := range 5 {
		require.NoError(t, q.TryPush(10+v))
	}
	require.Equal(t, []int{2, 3}, view)
	require.Equal(t, 4, q.Len())
	require.Equal(t, 1, q.Rewind())
	require.Equal(t, []int{2, 3, 13, 14}, drain(q))
	require.Equal(t, map[mailbox.Reason]uint64{mailbox.ReasonReplaced: 6}, q.Ledger().Dropped)
}

// TestDropOldestDropsTheNewItemWhenAllAreInHand keeps the mark exact when there is nothing old to drop.
func TestDropOldestDropsTheNewItemWhenAllAreInHand(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 2, Policy: mailbox.DropOldest})
	_, err := q.TryPushAll([]int{1, 2})
	require.NoError(t, err)
	q.Advance(len(q.Look(2)))
	require.NoError(t, q.TryPush(3))
	require.Equal(t, 2, q.Len())
	require.Equal(t, map[mailbox.Reason]uint64{mailbox.ReasonFull: 1}, q.Ledger().Dropped)
	q.Done(2)
	require.NoError(t, q.TryPush(4))
	require.Equal(t, []int{4}, drain(q))
}

// TestDropOldestObeysBytes drops as many as the bytes of the new item ask for.
func TestDropOldestObeysBytes(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Bytes: 10, Size: func(v int) int { return v }, Policy: mailbox.DropOldest})
	_, err := q.TryPushAll([]int{4, 5, 6}) // 15 bytes: the last one crossed the limit
	require.NoError(t, err)
	require.Equal(t, 3, q.Len())
	require.NoError(t, q.TryPush(1)) // 4 and 5 must go before there are fewer than 10
	require.Equal(t, []int{6, 1}, drain(q))
	l := q.Ledger()
	require.EqualValues(t, 4, l.Accepted)
	require.Equal(t, l.Accepted, balance(l))
}

// TestDropOldestObeysALoweredMark cuts the queue at the next push.
func TestDropOldestObeysALoweredMark(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Policy: mailbox.DropOldest})
	_, err := q.TryPushAll(make([]int, 100))
	require.NoError(t, err)
	q.SetMark(3)
	require.Equal(t, 100, q.Len())
	require.NoError(t, q.TryPush(1))
	require.Equal(t, []int{0, 0, 1}, drain(q))
}

// TestConflateKeepsTheNewest pushes, looks, pushes and rewinds.
func TestConflateKeepsTheNewest(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 100, Policy: mailbox.Conflate})
	for v := range 4 {
		require.NoError(t, q.TryPush(v))
	}
	require.Equal(t, 1, q.Len())
	require.Equal(t, []int{3}, q.Look(9))
	q.Advance(1)
	require.Equal(t, 1, q.Rewind())
	require.Equal(t, []int{3}, q.Look(9), "nothing newer has come")
	q.Advance(1)
	require.NoError(t, q.TryPush(4))
	require.Equal(t, 2, q.Len(), "one in hand, one in the slot")
	require.Equal(t, 1, q.Rewind())
	require.Equal(t, []int{4}, drain(q), "3 is old news")
	n, err := q.TryPushAll([]int{5, 6, 7})
	require.NoError(t, err)
	require.Equal(t, 3, n)
	q.Close(nil)
	require.ErrorIs(t, q.TryPush(8), mailbox.ErrClosed)
	require.Equal(t, []int{7}, drain(q))
	l := q.Ledger()
	require.Equal(t, map[mailbox.Reason]uint64{mailbox.ReasonReplaced: 6}, l.Dropped)
	require.Equal(t, l.Accepted, balance(l))
}

// TestViewsStayValidUntilDone keeps a view over pushes, over Done of older items and over growth of the storage.
func TestViewsStayValidUntilDone(t *testing.T) {
	for _, policy := range []mailbox.Policy{mailbox.Block, mailbox.DropOldest} {
		q := mailbox.New(mailbox.Config[int]{Policy: policy})
		_, err := q.TryPushAll([]int{1, 2, 3, 4, 5})
		require.NoError(t, err)
		view := q.Look(5)
		q.Advance(5)
		q.Done(2)
		_, err = q.TryPushAll(make([]int, 500))
		require.NoError(t, err)
		q.Look(500)
		require.Equal(t, []int{3, 4, 5}, view[2:], policy.String())
		require.Equal(t, 5, cap(view), "appending to a view must not write into the queue")
	}
}

// TestMisuseIsLoud panics on counts that cannot be.
func TestMisuseIsLoud(t *testing.T) {
	for _, policy := range allPolicies {
		q := mailbox.New(mailbox.Config[int]{Policy: policy})
		require.NoError(t, q.TryPush(1))
		q.Look(1)
		require.Panics(t, func() { q.Done(1) })
		require.Panics(t, func() { q.Advance(2) })
		require.Panics(t, func() { q.Advance(-1) })
		q.Advance(1)
		require.Panics(t, func() { q.Drop(2, "x") })
		require.Panics(t, func() { q.Done(-1) })
		q.Done(1)
		require.EqualValues(t, 1, q.Ledger().Delivered)
	}
}

// TestPolicyNames checks what policies print as.
func TestPolicyNames(t *testing.T) {
	var names []string
	for _, p := range append(allPolicies, mailbox.Policy(99)) {
		names = append(names, p.String())
	}
	require.Equal(t, []string{"block", "reject", "drop-newest", "drop-oldest", "conflate", "unknown"}, names)
}
