package socket

import (
	"fmt"
	"runtime"
	"testing"
)

// subscribedPub is a pattern whose peers have total subscriptions, all different, and one in common that nothing is sent to.
func subscribedPub(peers, total int) (*pub, []*pipe) {
	s := newPub(&socket{typ: pubType})
	s.configure(&options{})
	pipes := make([]*pipe, peers)
	for i := range pipes {
		pipes[i] = newMarkedPipe(0)
		s.attach(pipes[i])
		s.arrive(pipes[i], NewMessage("\x01common"))
	}
	for i := range total {
		s.arrive(pipes[i%peers], NewMessage(fmt.Sprintf("\x01topic.%d", i)))
	}
	return s, pipes
}

// BenchmarkMatch routes a message that one subscription matches, among many, of one peer and of a thousand; B/sub is what one subscription takes.
func BenchmarkMatch(b *testing.B) {
	for _, peers := range []int{1, 1000} {
		for _, total := range []int{1000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("peers=%d/subscriptions=%d", peers, total), func(b *testing.B) {
				before := heap()
				s, _ := subscribedPub(peers, total)
				took := heap() - before
				msgs := make([]Message, 1024)
				for i := range msgs {
					msgs[i] = NewMessage(fmt.Sprintf("topic.%d", i*7919%total))
				}
				var dst []*pipe
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					dst, _, _ = s.route(dst[:0], msgs[i%len(msgs)])
					i++
				}
				b.ReportMetric(float64(took)/float64(total), "B/sub")
				runtime.KeepAlive(s)
			})
		}
	}
}

// BenchmarkDepart lets one peer of a thousand go, which has 100,000 topics of its own and one that all have; its time is what one run holds the route
// lock for.
func BenchmarkDepart(b *testing.B) {
	s, pipes := subscribedPub(1000, 1000)
	for i := range 100_000 {
		s.arrive(pipes[0], NewMessage(fmt.Sprintf("\x01mine.%d", i)))
	}
	s.detach(pipes[0])
	for b.Loop() {
		if !s.sweeping() {
			b.StopTimer()
			p := newMarkedPipe(0)
			s.attach(p)
			for i := range 100_000 {
				s.arrive(p, NewMessage(fmt.Sprintf("\x01mine.%d", i)))
			}
			s.detach(p)
			b.StartTimer()
		}
		s.sweep()
	}
}

// heap is how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
