package mailbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/weirmq/weir/mailbox"
)

// item48 is an item of 48 bytes with a pointer in it, about what a message is.
type item48 struct {
	_ []byte
	n int
	_ *int
	_ uint64
}

// benchMark is the mark of the queues and the buffer of the channels compared.
const benchMark = 1000

// producerCounts are the numbers of producers that are compared.
var producerCounts = []int{1, 4, 16}

// benchSum keeps the compiler from leaving out what the consumers read.
var benchSum int

// spread runs producers that call push b.N times between them, and returns when they are done.
func spread(b *testing.B, producers int, push func(i int)) *sync.WaitGroup {
	var wg sync.WaitGroup
	for p := range producers {
		n := b.N / producers
		if p == 0 {
			n += b.N % producers
		}
		wg.Go(func() {
			for i := range n {
				push(i)
			}
		})
	}
	return &wg
}

// BenchmarkQueue measures Push and Pop, item by item.
func BenchmarkQueue(b *testing.B) {
	for _, producers := range producerCounts {
		b.Run(fmt.Sprintf("producers=%d", producers), func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			q := mailbox.New(mailbox.Config[item48]{Mark: benchMark})
			wg := spread(b, producers, func(i int) { _ = q.Push(ctx, item48{n: i}) })
			sum := 0
			for range b.N {
				v, err := q.Pop(ctx)
				if err != nil {
					b.Fatal(err)
				}
				sum += v.n
			}
			benchSum = sum
			wg.Wait()
		})
	}
}

// BenchmarkQueueBatch measures a consumer that looks at batches and producers that push one by one.
func BenchmarkQueueBatch(b *testing.B) {
	for _, producers := range producerCounts {
		b.Run(fmt.Sprintf("producers=%d", producers), func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			q := mailbox.New(mailbox.Config[item48]{Mark: benchMark})
			wg := spread(b, producers, func(i int) { _ = q.Push(ctx, item48{n: i}) })
			consumeBatches(b, ctx, q)
			wg.Wait()
		})
	}
}

// BenchmarkQueuePushAll measures batches on both sides, 16 items at a time from one producer.
func BenchmarkQueuePushAll(b *testing.B) {
	b.ReportAllocs()
	ctx := b.Context()
	q := mailbox.New(mailbox.Config[item48]{Mark: benchMark})
	var wg sync.WaitGroup
	wg.Go(func() {
		batch := make([]item48, 16)
		for left := b.N; left > 0; {
			n, _ := q.PushAll(ctx, batch[:min(left, len(batch))])
			left -= n
		}
	})
	consumeBatches(b, ctx, q)
	wg.Wait()
}

// consumeBatches takes b.N items in batches of up to 256.
func consumeBatches(b *testing.B, ctx context.Context, q *mailbox.Queue[item48]) {
	sum := 0
	for got := 0; got < b.N; {
		if err := q.Wait(ctx); err != nil {
			b.Fatal(err)
		}
		vs := q.Look(256)
		for i := range vs {
			sum += vs[i].n
		}
		q.Advance(len(vs))
		q.Done(len(vs))
		got += len(vs)
	}
	benchSum = sum
}

// BenchmarkChannel measures a buffered channel, used without a context.
func BenchmarkChannel(b *testing.B) {
	for _, producers := range producerCounts {
		b.Run(fmt.Sprintf("producers=%d", producers), func(b *testing.B) {
			b.ReportAllocs()
			c := make(chan item48, benchMark)
			wg := spread(b, producers, func(i int) { c <- item48{n: i} })
			sum := 0
			for range b.N {
				v := <-c
				sum += v.n
			}
			benchSum = sum
			wg.Wait()
		})
	}
}

// BenchmarkChannelCtx measures a buffered channel used with a context, as Push and Pop have one.
func BenchmarkChannelCtx(b *testing.B) {
	for _, producers := range producerCounts {
		b.Run(fmt.Sprintf("producers=%d", producers), func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			c := make(chan item48, benchMark)
			wg := spread(b, producers, func(i int) {
				select {
				case c <- item48{n: i}:
				case <-ctx.Done():
				}
			})
			sum := 0
			for range b.N {
				select {
				case v := <-c:
					sum += v.n
				case <-ctx.Done():
				}
			}
			benchSum = sum
			wg.Wait()
		})
	}
}

// BenchmarkAlone measures one goroutine that pushes and takes: no contention, no parking.
func BenchmarkAlone(b *testing.B) {
	b.Run("queue", func(b *testing.B) {
		b.ReportAllocs()
		q := mailbox.New(mailbox.Config[item48]{Mark: benchMark})
		for b.Loop() {
			_ = q.TryPush(item48{})
			q.Take()
		}
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		c := make(chan item48, benchMark)
		for b.Loop() {
			c <- item48{}
			<-c
		}
	})
}
