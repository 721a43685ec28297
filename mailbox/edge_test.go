package mailbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// TestOnFull is called when the queue is shut, by items or by bytes, and not by those who meet it shut.
func TestOnFull(t *testing.T) {
	for _, size := range []func(int) int{nil, func(int) int { return 1 }} {
		full, room := 0, 0
		q := mailbox.New(mailbox.Config[int]{Mark: 4, Size: size, OnFull: func() { full++ }, OnRoom: func() { room++ }})
		fill := func() {
			for q.TryPush(1) == nil {
				require.Equal(t, full > room, !q.HasRoom())
			}
		}
		for round := 1; round <= 3; round++ {
			fill()
			require.ErrorIs(t, q.TryPush(1), mailbox.ErrFull)
			n, _ := q.TryPushAll([]int{1, 2, 3})
			require.Zero(t, n)
			require.Equal(t, round, full)
			require.Equal(t, round-1, room)
			for range 4 {
				q.Take()
			}
			require.Equal(t, round, room)
		}
		n, _ := q.TryPushAll([]int{1, 2, 3, 4, 5})
		require.Equal(t, 4, n)
		require.Equal(t, 4, full)
		q.SetMark(10)
		require.Equal(t, 4, room)
		q.SetMark(2)
		require.Equal(t, 5, full, "a mark that is lowered")
		if size != nil {
			q.SetMark(0)
			q.SetBytes(3)
			require.Equal(t, 6, full, "a limit in bytes")
		}
	}
}

// TestOnLoss is called whenever something is dropped.
func TestOnLoss(t *testing.T) {
	for _, policy := range []mailbox.Policy{mailbox.DropNewest, mailbox.DropOldest, mailbox.Conflate} {
		losses := 0
		q := mailbox.New(mailbox.Config[int]{Mark: 1, Policy: policy, OnLoss: func() { losses++ }})
		require.NoError(t, q.TryPush(1))
		require.Zero(t, losses)
		require.NoError(t, q.TryPush(2))
		require.Equal(t, 1, losses, policy)
		q.CountDropped(1, mailbox.ReasonFull)
		require.Equal(t, 2, losses)
		q.Discard(mailbox.ReasonClosed)
		require.Equal(t, 3, losses)
	}
}
