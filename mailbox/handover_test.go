package mailbox_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// A consumer that runs in its producer's goroutine, called by OnReady, is one at a time: Idle hands the queue over at the moment it arms the hook.
// Several producers push; each call drains the queue until it is idle. The race detector watches the hand-over.
func TestIdleHandsOver(t *testing.T) {
	for _, policy := range []mailbox.Policy{mailbox.Block, mailbox.DropOldest, mailbox.Conflate} {
		t.Run(policy.String(), func(t *testing.T) {
			const producers, each = 4, 5000
			var q *mailbox.Queue[int]
			var refused atomic.Int32
			taken := 0 // owned by whoever is the consumer
			drain := func() {
				for {
					if _, ok := q.Take(); ok {
						taken++
						continue
					}
					if q.Idle() {
						return
					}
				}
			}
			q = mailbox.New(mailbox.Config[int]{Policy: policy, OnReady: drain})
			done := make(chan struct{})
			for range producers {
				go func() {
					defer func() { done <- struct{}{} }()
					for i := range each {
						if q.TryPush(i) != nil {
							refused.Add(1)
						}
					}
				}()
			}
			for range producers {
				<-done
			}
			require.Zero(t, refused.Load())
			require.Zero(t, q.Len())
			l := q.Ledger()
			var dropped uint64
			for _, n := range l.Dropped {
				dropped += n
			}
			require.Equal(t, uint64(producers*each), l.Accepted)
			require.Equal(t, l.Accepted, l.Delivered+dropped)
			require.Equal(t, uint64(taken), l.Delivered)
		})
	}
}
