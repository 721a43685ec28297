package wire

import (
	"fmt"
	"testing"
)

// benchChunk is what a read loop reads at once, in octets.
const benchChunk = 64 << 10

// traffic returns whole messages of one frame of the given size, about as many
// as a chunk holds, and how many they are.
func traffic(size int) (octets []byte, count int) {
	m := MessageOf(make([]byte, size))
	for count == 0 || len(octets)+size+MaxHeader <= benchChunk {
		octets = AppendMessage(octets, m)
		count++
	}
	return octets, count
}

// BenchmarkDecode decodes chunks of messages of one frame.
func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{10, 100, 1 << 10, 10 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			octets, count := traffic(size)
			d := NewDecoder(-1)
			var msgs []Message
			b.ReportAllocs()
			b.SetBytes(int64(len(octets)))
			total := 0
			for b.Loop() {
				_, out, _, err := d.Decode(octets, msgs[:0])
				if err != nil || len(out) != count {
					b.Fatal(len(out), err)
				}
				msgs = out
				total += count
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(total), "ns/msg")
			b.ReportMetric(float64(total)/b.Elapsed().Seconds()/1e6, "Mmsg/s")
		})
	}
}

// BenchmarkDecodeDirect receives bodies of 1 MB the way a read loop does:
// straight into their buffers, as far as the decoder offers it.
func BenchmarkDecodeDirect(b *testing.B) {
	octets, _ := traffic(1 << 20)
	d := NewDecoder(-1)
	var msgs []Message
	b.ReportAllocs()
	b.SetBytes(int64(len(octets)))
	for b.Loop() {
		msgs = msgs[:0]
		for p := octets; len(p) > 0; {
			var n int
			var err error
			if room := d.Direct(); room != nil {
				n = copy(room, p)
				var rest []byte
				msgs, rest, err = d.Filled(n, msgs)
				n -= len(rest)
			} else {
				n, msgs, _, err = d.Decode(p[:d.Ahead(min(len(p), benchChunk))], msgs)
			}
			if err != nil {
				b.Fatal(err)
			}
			p = p[n:]
		}
		if len(msgs) != 1 {
			b.Fatal(len(msgs))
		}
	}
}

// BenchmarkDecodeFrames decodes messages of two small frames, as of a REQ.
func BenchmarkDecodeFrames(b *testing.B) {
	var octets []byte
	count := 0
	for ; len(octets) < benchChunk; count++ {
		octets = AppendMessage(octets, NewMessage("", "0123456789"))
	}
	d := NewDecoder(-1)
	var msgs []Message
	b.ReportAllocs()
	b.SetBytes(int64(len(octets)))
	for b.Loop() {
		var err error
		_, msgs, _, err = d.Decode(octets, msgs[:0])
		if err != nil || len(msgs) != count {
			b.Fatal(len(msgs), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/msg")
}

// BenchmarkEncode encodes messages of one frame into a buffer with room.
func BenchmarkEncode(b *testing.B) {
	for _, size := range []int{10, 100, 1 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			m := MessageOf(make([]byte, size))
			buf := make([]byte, 0, 2*size+MaxHeader)
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				buf = AppendMessage(buf[:0], m)
			}
		})
	}
}
