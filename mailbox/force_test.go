package mailbox_test

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// TestForceAtTheMark forces items into a queue that is full: it holds them all, and takes no other until it has drained to its low-water mark.
func TestForceAtTheMark(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 4})
	for i := range 4 {
		require.NoError(t, q.TryPush(i))
	}
	require.NoError(t, q.Force(4))
	require.NoError(t, q.Force(5))
	require.ErrorIs(t, q.TryPush(6), mailbox.ErrFull)
	for i := range 3 {
		v, ok := q.Take()
		require.True(t, ok)
		require.Equal(t, i, v)
		require.ErrorIs(t, q.TryPush(6), mailbox.ErrFull, "%d are left", 5-i)
	}
	v, ok := q.Take()
	require.True(t, ok)
	require.Equal(t, 3, v)
	require.NoError(t, q.TryPush(6), "two are left")
	q.Close(errModel)
	require.Equal(t, errModel, q.Force(7))
	require.Equal(t, 3, q.Len())
}

// TestForceAmongPushes has producers force and push at once, while one consumer drains: nothing is lost, and each one's items stay in order.
func TestForceAmongPushes(t *testing.T) {
	const producers, each = 4, 2000
	q := mailbox.New(mailbox.Config[[2]int]{Mark: 3})
	var group sync.WaitGroup
	for p := range producers {
		group.Go(func() {
			for i := range each {
				if p%2 == 0 {
					if q.Force([2]int{p, i}) != nil {
						return
					}
				} else if q.Push(t.Context(), [2]int{p, i}) != nil {
					return
				}
			}
		})
	}
	var next [producers]int
	for range producers * each {
		v, err := q.Pop(t.Context())
		require.NoError(t, err)
		require.Equal(t, next[v[0]], v[1])
		next[v[0]]++
	}
	group.Wait()
	require.True(t, q.HasRoom())
	require.Zero(t, q.Len())
}

// TestForceLastIsLast has four producers push while another says the last word: nothing comes behind it, nothing that was accepted is missing, and all are refused
// with its reason from then on.
func TestForceLastIsLast(t *testing.T) {
	for round := range 200 {
		q := mailbox.New(mailbox.Config[int]{Mark: 1 + round%50})
		const last = -1
		var accepted atomic.Int64
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for i := 0; ; i++ {
					switch err := q.TryPush(i); {
					case err == nil:
						accepted.Add(1)
					case errors.Is(err, mailbox.ErrFull):
						runtime.Gosched()
					default:
						if !errors.Is(err, errModel) {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		for range round {
			_, _ = q.Pop(t.Context())
		}
		require.NoError(t, q.ForceLast(last, errModel))
		got, v, err := round, 0, error(nil)
		for {
			next, stop := q.Pop(t.Context())
			if stop != nil {
				err = stop
				break
			}
			v = next
			got++
		}
		group.Wait()
		require.Equal(t, errModel, err)
		require.Equal(t, last, v)
		require.EqualValues(t, accepted.Load()+1, got)
		require.Equal(t, errModel, q.ForceLast(last, errModel))
	}
}

// TestForceLastOfTheNewest closes a queue of one place behind the last word.
func TestForceLastOfTheNewest(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Policy: mailbox.Conflate})
	require.NoError(t, q.TryPush(1))
	require.NoError(t, q.ForceLast(2, nil))
	require.Equal(t, mailbox.ErrClosed, q.TryPush(3))
	v, ok := q.Take()
	require.True(t, ok)
	require.Equal(t, 2, v)
	require.Equal(t, mailbox.Conflate, q.Policy())
}
