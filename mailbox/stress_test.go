package mailbox_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// parcel is an item whose sender and number in that sender's order are known.
type parcel struct {
	from, n int
	body    *int // points to a copy of n: a slot read too early or cleared too early shows
}

// newParcel returns the nth parcel of a sender.
func newParcel(from, n int) parcel { return parcel{from: from, n: n, body: &n} }

// checker checks that the parcels of each sender come in order.
type checker struct {
	next map[int]int // the number expected from each sender
	gaps bool        // whether the policy may have dropped some
}

// check checks one parcel.
func (c *checker) check(t *testing.T, p parcel) {
	switch {
	case p.body == nil || *p.body != p.n:
		t.Fatalf("parcel %d of sender %d is damaged", p.n, p.from)
	case p.n == c.next[p.from] || c.gaps && p.n > c.next[p.from]:
		c.next[p.from] = p.n + 1
	default:
		t.Fatalf("sender %d: parcel %d, expected %d", p.from, p.n, c.next[p.from])
	}
}

// TestStress runs senders of all kinds against a consumer that looks, rewinds and delivers at random, and checks that
// nothing is lost, doubled, damaged or out of its sender's order.
func TestStress(t *testing.T) {
	for _, policy := range allPolicies {
		for _, mark := range []int{0, 1, 16, 300} {
			for _, sized := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v/mark=%d/sized=%v", policy, mark, sized), func(t *testing.T) {
					stress(t, policy, mark, sized)
				})
			}
		}
	}
}

// stress is one case of TestStress.
func stress(t *testing.T, policy mailbox.Policy, mark int, sized bool) {
	const senders, parcels = 8, 3000
	cfg := mailbox.Config[parcel]{Mark: mark, Policy: policy}
	if sized {
		cfg.Bytes, cfg.Size = int64(mark)*8, func(p parcel) int { return p.n % 17 }
	}
	q := mailbox.New(cfg)
	ctx := within(t)
	var wg sync.WaitGroup
	var accepted atomic.Uint64
	for s := range senders {
		wg.Go(func() { accepted.Add(send(t, q, policy, s, parcels)) })
	}
	wg.Go(func() { relimit(q, mark) })
	go func() {
		wg.Wait()
		q.Close(nil)
	}()
	c := &checker{next: map[int]int{}, gaps: policy != mailbox.Block}
	r := rand.New(rand.NewPCG(uint64(mark), 7))
	for q.Wait(ctx) == nil {
		vs := q.Look(1 + r.IntN(100))
		if r.IntN(20) == 0 {
			q.Advance(r.IntN(len(vs) + 1))
			q.Rewind()
			continue
		}
		for _, p := range vs {
			c.check(t, p)
		}
		q.Advance(len(vs))
		q.Done(len(vs))
	}
	require.NoError(t, ctx.Err())
	l := q.Ledger()
	require.Equal(t, accepted.Load(), l.Accepted)
	require.Equal(t, l.Accepted, balance(l))
	require.Zero(t, l.Queued)
	if policy == mailbox.Block {
		require.EqualValues(t, senders*parcels, l.Accepted)
	}
	if policy == mailbox.Block || policy == mailbox.Reject {
		require.Empty(t, l.Dropped)
	}
}

// send pushes the parcels of one sender, singly and in batches, and returns how many were accepted. Under Block it pushes
// until all of them are; under the other policies it skips what was refused.
func send(t *testing.T, q *mailbox.Queue[parcel], policy mailbox.Policy, from, parcels int) (accepted uint64) {
	r := rand.New(rand.NewPCG(uint64(from), 3))
	ctx := within(t)
	var batch []parcel
	for n := 0; n < parcels; {
		batch = batch[:0]
		for i := range min(1+r.IntN(40)*r.IntN(2), parcels-n) {
			batch = append(batch, newParcel(from, n+i))
		}
		k := 0
		switch r.IntN(4) {
		case 0:
			k, _ = q.TryPushAll(batch)
		case 1:
			k, _ = q.PushAll(ctx, batch)
		case 2:
			if batch = batch[:1]; q.TryPush(batch[0]) == nil {
				k = 1
			}
		default:
			if batch = batch[:1]; q.Push(ctx, batch[0]) == nil {
				k = 1
			}
		}
		accepted += uint64(k)
		if policy == mailbox.Block && ctx.Err() == nil {
			n += k
		} else {
			n += len(batch)
		}
	}
	return accepted
}

// relimit changes the mark of q now and then, and sets it back.
func relimit(q *mailbox.Queue[parcel], mark int) {
	for i := range 50 {
		q.SetMark(mark + i%5)
		q.Ledger()
		q.HasRoom()
		q.SetMark(mark)
	}
}

// TestChunksAreReusedSafely makes the queue run full and empty in turn under many senders, so that chunks go round all
// the time and are linked, hinted at and left concurrently.
func TestChunksAreReusedSafely(t *testing.T) {
	const senders, parcels = 16, 4000
	ctx := within(t)
	q := mailbox.New(mailbox.Config[parcel]{Mark: 64})
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for n := range parcels {
				if err := q.Push(ctx, newParcel(s, n)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	c := &checker{next: map[int]int{}}
	for range senders * parcels {
		p, err := q.Pop(ctx)
		require.NoError(t, err)
		c.check(t, p)
	}
	wg.Wait()
	require.Zero(t, q.Len())
}
