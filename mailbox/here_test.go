package mailbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// TestRingHere pushes without a word, and then rings: by the function for those who have time, where there is one, and once for each time that the queue was
// idle.
func TestRingHere(t *testing.T) {
	eachPolicy(t, func(t *testing.T, q *mailbox.Queue[int], rung *int) {
		require.NoError(t, q.TryPushQuietly(1))
		require.Zero(t, *rung)
		q.RingHere()
		require.Equal(t, 1, *rung, "nobody says what else to call")
		q.RingHere()
		require.Equal(t, 1, *rung, "it was not idle")
		q.Take()
		require.True(t, q.Idle())

		ready, here := 0, 0
		q.SetOnReadyHere(func() { ready++ }, func() { here++ })
		require.NoError(t, q.TryPushQuietly(2))
		q.RingHere()
		require.Equal(t, []int{0, 1}, []int{ready, here})
		q.Take()
		require.True(t, q.Idle())
		require.NoError(t, q.TryPush(3))
		q.RingHere()
		require.Equal(t, []int{1, 1}, []int{ready, here})
		q.Take()
		require.True(t, q.Idle())

		require.NoError(t, q.TryPushQuietly(4))
		require.NoError(t, q.TryPush(5), "it rings for both")
		q.RingHere()
		require.Equal(t, []int{2, 1}, []int{ready, here})
		q.SetOnReadyHere(nil, func() { here++ })
		for q.Len() > 0 {
			q.Take()
		}
		require.True(t, q.Idle())
		require.NoError(t, q.TryPushQuietly(6))
		q.RingHere()
		require.Equal(t, []int{2, 1}, []int{ready, here})
		q.Close(nil)
		require.ErrorIs(t, q.TryPushQuietly(7), mailbox.ErrClosed)
	})
}

// TestTryPushQuietlyKeepsTheMark wants the same answers as of TryPush.
func TestTryPushQuietlyKeepsTheMark(t *testing.T) {
	full := 0
	q := mailbox.New(mailbox.Config[int]{Mark: 2, OnFull: func() { full++ }})
	require.NoError(t, q.TryPushQuietly(1))
	require.NoError(t, q.TryPushQuietly(2))
	require.Equal(t, 1, full)
	require.ErrorIs(t, q.TryPushQuietly(3), mailbox.ErrFull)
	require.EqualValues(t, 2, q.Len())
}
