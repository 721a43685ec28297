package socket

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// A topic of these benchmarks is this many bytes: "topic." and seven digits.
const benchTopic = "topic.%07d"

// probes are the topics that hot messages are about. Of each, one digit at a time is another one in some subscription, however few there are: so the way
// to a probe has a fork at every digit, and is as long among a thousand subscriptions as among a million.
var probes = []int{0, 1_234_567, 2_469_134, 3_703_701, 4_938_268, 6_172_835, 7_407_402, 8_641_969, 9_876_536}

// benchTopics are total topics, all different, and the probes and what lies beside them first.
func benchTopics(total int) []string {
	var all []string
	seen := map[int]bool{}
	add := func(n int) {
		if !seen[n] && len(all) < total {
			seen[n] = true
			all = append(all, fmt.Sprintf(benchTopic, n))
		}
	}
	for _, n := range probes {
		for power := 1; power < 10_000_000; power *= 10 {
			for digit := range 10 {
				add(n + (digit-n/power%10)*power)
			}
		}
	}
	for i := 0; len(all) < total; i++ {
		add(i * 7919 % 10_000_000)
	}
	return all
}

// subscribedPub is a pattern whose peers have these subscriptions, one after the other, and one in common that nothing is sent to.
func subscribedPub(peers int, topics []string) *pub {
	s := newPub(&socket{typ: pubType})
	s.configure(&options{})
	pipes := make([]*pipe, peers)
	for i := range pipes {
		pipes[i] = newMarkedPipe(0)
		s.attach(pipes[i])
		s.arrive(pipes[i], NewMessage("\x01common"))
	}
	for i, topic := range topics {
		s.arrive(pipes[i%peers], NewMessage("\x01"+topic))
	}
	return s
}

// BenchmarkMatch routes messages that each match one subscription, among many, of one peer and of a thousand; B/sub is what one subscription takes. All
// topics are equally long, so that the number of matches does not grow with that of subscriptions. Hot messages are about a few topics again and again;
// cold ones about 1024 that lie far apart, for which the processor's caches are soon too small.
func BenchmarkMatch(b *testing.B) {
	for _, peers := range []int{1, 1000} {
		for _, total := range []int{1000, 10_000, 100_000, 1_000_000} {
			topics := benchTopics(total)
			before := heap()
			s := subscribedPub(peers, topics)
			took := float64(heap()-before) / float64(total)
			for name, msgs := range map[string][]Message{"hot": hotMessages(), "cold": coldMessages(topics)} {
				b.Run(fmt.Sprintf("peers=%d/subscriptions=%d/%s", peers, total, name), func(b *testing.B) {
					var dst []*pipe
					b.ReportAllocs()
					i := 0
					for b.Loop() {
						if dst, _, _ = s.route(dst[:0], msgs[i]); len(dst) != 1 {
							b.Fatal(len(dst))
						}
						if i++; i == len(msgs) {
							i = 0
						}
					}
					b.ReportMetric(took, "B/sub")
				})
			}
			runtime.KeepAlive(s)
		}
	}
}

// hotMessages are about the probes.
func hotMessages() (msgs []Message) {
	for _, n := range probes {
		msgs = append(msgs, NewMessage(fmt.Sprintf(benchTopic, n)))
	}
	return msgs
}

// coldMessages are about 1024 of the topics.
func coldMessages(topics []string) (msgs []Message) {
	for i := range 1024 {
		msgs = append(msgs, NewMessage(topics[i*7919%len(topics)]))
	}
	return msgs
}

// BenchmarkDepart lets one peer of a thousand go, which has many topics of its own and one that all have; its time is what one run holds the route lock for.
// An XPUB's application hears of each topic, but receives nothing meanwhile.
func BenchmarkDepart(b *testing.B) {
	long := strings.Repeat("12345678", 8<<10)
	for _, c := range []struct {
		name   string
		topics int
		topic  func(i int) string
	}{
		{"short", 100_000, func(i int) string { return fmt.Sprintf("mine.%d", i) }},
		{"nested", 5000, func(i int) string { return long[:8*(i+1)] }},
		{"long", 1000, func(i int) string { return long + fmt.Sprint(i) }},
	} {
		for _, heard := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/heard=%t", c.name, heard), func(b *testing.B) { benchDepart(b, heard, c.topics, c.topic) })
		}
	}
}

// benchDepart is one case of it.
func benchDepart(b *testing.B, told bool, topics int, topic func(i int) string) {
	s := subscribedPub(1000, benchTopics(1000))
	for b.Loop() {
		if !s.sweeping() {
			b.StopTimer()
			s.hearing = nil
			p := newMarkedPipe(0)
			s.attach(p)
			for i := range topics {
				s.subscribe(p, topic(i))
			}
			if told {
				s.hearing = newHearing(&socket{typ: xpubType})
				p.heard = &heard{}
			}
			p.left = true
			s.pipes = s.pipes[:len(s.pipes)-1]
			s.leaving = append(s.leaving, departure{pipe: p})
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
