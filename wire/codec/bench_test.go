package codec_test

import (
	"fmt"
	"testing"

	"github.com/weirmq/weir/wire"
)

// sizes are the bodies that are measured, in bytes.
var sizes = []int{10, 100, 1000, 10000}

// BenchmarkOut measures the way of a message from the queue to a connection that takes everything at once, pushed by one goroutine.
func BenchmarkOut(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			c, m := newBench(b), wire.MessageOf(body(size))
			c.sends(m, 1000)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			c.sends(m, b.N)
		})
	}
}

// BenchmarkOutOneByOne measures the same where each message waits for the one before: the codec is idle when it comes.
func BenchmarkOutOneByOne(b *testing.B) {
	c, m := newBench(b), wire.MessageOf(body(100))
	b.ReportAllocs()
	for b.Loop() {
		c.sends(m, 1)
	}
}

// BenchmarkIn measures the way of a message from a connection that always has more to an inlet that takes everything.
func BenchmarkIn(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			c, chunk := newBench(b), chunkOf(size)
			c.receives(chunk, 1)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			c.receives(chunk, (b.N+inChunk-1)/inChunk)
		})
	}
}
