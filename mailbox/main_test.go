package mailbox_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weirmq/weir/mailbox"
)

// TestMain fails the run if a goroutine is left.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// deadline ends a test that hangs; no test waits for it otherwise.
const deadline = time.Minute

// within returns a context that ends when the test does, or at the deadline.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	t.Cleanup(cancel)
	return ctx
}

// lockFree are the policies that live in chunks.
var lockFree = []mailbox.Policy{mailbox.Block, mailbox.Reject, mailbox.DropNewest}

// allPolicies are all policies there are.
var allPolicies = []mailbox.Policy{mailbox.Block, mailbox.Reject, mailbox.DropNewest, mailbox.DropOldest, mailbox.Conflate}

// drain takes everything that is there.
func drain[T any](q *mailbox.Queue[T]) (vs []T) {
	for v, ok := q.Take(); ok; v, ok = q.Take() {
		vs = append(vs, v)
	}
	return vs
}

// balance returns Delivered + Queued + all drops of l, which must be l.Accepted when nobody uses the queue.
func balance(l mailbox.Ledger) uint64 {
	sum := l.Delivered + l.Queued
	for _, n := range l.Dropped {
		sum += n
	}
	return sum
}
