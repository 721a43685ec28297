package pgm

import "time"

// What a packet costs beside its own octets: the headers of IP and UDP.
const (
	ipv4Cost = 20
	ipv6Cost = 40
	udpCost  = 8
)

// A bucket is a token bucket. One second's worth of tokens fills it, but no more than what receivers' kernels can be
// expected to hold: bursts beyond that would be lost on arrival.
type bucket struct {
	rate   float64 // octets in a second
	size   float64 // octets
	tokens float64
	at     time.Time // when tokens was right
}

const (
	// burst is the most that goes out at once, in octets, unless burstTime at the rate is more.
	burst     = 64 << 10
	burstTime = 2 * time.Millisecond
)

// newBucket makes a full bucket.
func newBucket(now time.Time, rate int) bucket {
	b := bucket{rate: float64(rate), at: now}
	b.size = min(b.rate, max(burst, b.rate*burstTime.Seconds()))
	b.tokens = b.size
	return b
}

// fill adds what has come since.
func (b *bucket) fill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.tokens = min(b.size, b.tokens+b.rate*d.Seconds())
		b.at = now
	}
}

// take takes n tokens, and reports whether they were there. A packet that is larger than the bucket goes out when it is
// full.
func (b *bucket) take(now time.Time, n int) bool {
	b.fill(now)
	if b.tokens < min(float64(n), b.size) {
		return false
	}
	b.tokens -= float64(n)
	return true
}

// when is the time at which n tokens are there.
func (b *bucket) when(n int) time.Time {
	missing := min(float64(n), b.size) - b.tokens
	if missing <= 0 {
		return b.at
	}
	return b.at.Add(time.Duration(missing/b.rate*float64(time.Second)) + 1)
}
