package socket

import "time"

// Rates are how fast things went between two readings of accounts: of a socket, a pipe or a runtime.
type Rates struct {
	// Window is the time between them.
	Window time.Duration `json:"window_ns"`
	// Sent and Received are messages a second: those that were delivered, by the ledgers. SentBytes and ReceivedBytes are bytes a second.
	Sent          float64 `json:"sent"`
	Received      float64 `json:"received"`
	SentBytes     float64 `json:"sent_bytes"`
	ReceivedBytes float64 `json:"received_bytes"`
	// Dropped is messages a second, both directions and all reasons together.
	Dropped float64 `json:"dropped"`
}

// Since returns the rates between an earlier reading of the same socket's accounts and this one. Whoever reads at times of his own chooses the window
// by it; Stats.Rates has one that nobody has to choose.
func (st Stats) Since(before Stats) Rates { return ratesBetween(before.sample(), st.sample()) }

// rateWindow is the least that the window of Stats.Rates spans, unless the socket is younger.
const rateWindow = time.Second

// A sample is what rates are computed from.
type sample struct {
	at                                              time.Time
	sent, received, sentBytes, receivedBytes, drops uint64
}

// sample is what of st has rates.
func (st Stats) sample() sample {
	return sampleOf(st.Time, st.Out, st.In, st.SentBytes, st.ReceivedBytes)
}

// sampleOf is what has rates of two ledgers and bytes.
func sampleOf(at time.Time, out, in Ledger, sentBytes, receivedBytes uint64) sample {
	s := sample{at: at, sent: out.Delivered, received: in.Delivered, sentBytes: sentBytes, receivedBytes: receivedBytes}
	for _, l := range []Ledger{out, in} {
		for _, n := range l.Dropped {
			s.drops += n
		}
	}
	return s
}

// ratesBetween divides. Counts that are read while others go on may be a little smaller than before: that is no rate.
func ratesBetween(a, b sample) Rates {
	r := Rates{Window: b.at.Sub(a.at)}
	if r.Window <= 0 {
		return Rates{}
	}
	rate := func(from, to uint64) float64 { return float64(to-min(from, to)) / r.Window.Seconds() }
	r.Sent, r.Received = rate(a.sent, b.sent), rate(a.received, b.received)
	r.SentBytes, r.ReceivedBytes = rate(a.sentBytes, b.sentBytes), rate(a.receivedBytes, b.receivedBytes)
	r.Dropped = rate(a.drops, b.drops)
	return r
}

// A rateBook remembers two readings, so that rates need neither a clock nor a goroutine: whoever reads takes the difference to the older one. It is
// replaced by the younger once that is a second old: so the window spans a second at least, and no more than lies between three readings that are a
// second apart. The zero value remembers the beginning of what it is about. Guarded by the lock of the book it is part of.
type rateBook struct{ older, younger sample }

// measure returns the rates up to now, and remembers that where it is due. since is the beginning.
func (b *rateBook) measure(now sample, since time.Time) Rates {
	if b.younger.at.IsZero() {
		b.older, b.younger = sample{at: since}, sample{at: since}
	}
	if now.at.Sub(b.younger.at) >= rateWindow {
		b.older, b.younger = b.younger, now
	}
	return ratesBetween(b.older, now)
}
