package mailbox_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// TestLenIsNoMoreThanThereWere asks how long a queue is while items come and go, one at a time.
func TestLenIsNoMoreThanThereWere(t *testing.T) {
	q := mailbox.New(mailbox.Config[int]{Mark: 1000})
	var over atomic.Bool
	go func() {
		defer over.Store(true)
		for range 20_000 {
			_ = q.TryPush(1)
			q.Take()
		}
	}()
	most := 0
	for !over.Load() {
		most = max(most, q.Len())
	}
	require.LessOrEqual(t, most, 1)
}
