package socket

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// RuntimeStats are the accounts of a runtime, at one time. Its names in JSON are stable.
type RuntimeStats struct {
	// Time is when they were read.
	Time time.Time `json:"time"`
	// Sockets is how many are open; SocketsMade counts those that have closed, too.
	Sockets     int    `json:"sockets"`
	SocketsMade uint64 `json:"sockets_made"`
	// Out and In are the sums over all sockets, those that have closed included: accepted = delivered + queued + dropped, by reason. A message that passes
	// between two sockets of the runtime is in both sums: in Out by the one that sends it, in In by the one that receives it. Sockets that tell a
	// Monitor's events are left out.
	Out Ledger `json:"out"`
	In  Ledger `json:"in"`
	// SentBytes and ReceivedBytes are the sums of those in Stats, over all sockets, those that have closed included.
	SentBytes     uint64 `json:"sent_bytes"`
	ReceivedBytes uint64 `json:"received_bytes"`
	// Rates are how fast that went of late, as in Stats.
	Rates Rates `json:"rates"`
	// Restarts counts how often actors of sockets and of pipes were restarted, those that are gone included. Those of I/O actors are in Workers.
	Restarts uint64 `json:"restarts"`
	// LastError is the newest of the sockets' own, those that have closed included: see Stats. Round trips and marks are of peers: see PeerStats.
	LastError string `json:"last_error,omitempty"`
	// Workers are the accounts of the I/O actors, in the order of their numbers.
	Workers []WorkerStats `json:"workers,omitempty"`
}

// Since returns the rates between an earlier reading of the same runtime's accounts and this one: see Stats.Since.
func (st RuntimeStats) Since(before RuntimeStats) Rates {
	return ratesBetween(before.sample(), st.sample())
}

// sample is what of st has rates.
func (st RuntimeStats) sample() sample {
	return sampleOf(st.Time, st.Out, st.In, st.SentBytes, st.ReceivedBytes)
}

// Stats returns the runtime's accounts: sums over all its sockets, and those of each I/O actor. They are read while others go on: the sums agree exactly
// once all is quiet. It may be called after Shutdown.
func (rt *Runtime) Stats() RuntimeStats {
	st := rt.books.read(rt.started)
	st.Workers = rt.Workers()
	return st
}

// A runtimeBook sums the accounts of sockets. The zero value is empty. Its lock is taken before those of statsBooks.
type runtimeBook struct {
	mu     sync.Mutex
	open   map[*socket]struct{} // guarded by mu; nil for none
	closed []*socket            // guarded by mu: those of which something is still to be received, by the other side of an inproc endpoint
	crowd  int                  // guarded by mu: how many of those there may be until the next look
	gone   RuntimeStats         // guarded by mu: the sums of the others
	rates  rateBook             // guarded by mu

	failed atomic.Pointer[string] // written by the sockets' actors: why a connection ended, of any of them; nil for never
}

// add notes a new socket.
func (b *runtimeBook) add(s *socket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		b.open = map[*socket]struct{}{}
	}
	b.open[s] = struct{}{}
	b.gone.SocketsMade++
}

// retire notes that a socket has closed. Those that have nothing left are looked for when there are twice as many as at the last look: so a look costs a
// socket no more than a few steps, however many there are.
func (b *runtimeBook) retire(s *socket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.open[s]; !ok {
		return // it closes twice, or tells a Monitor's events
	}
	delete(b.open, s)
	if s.stats.settled() {
		includeSocket(&b.gone, s.stats.total(s))
		return
	}
	b.closed = append(b.closed, s)
	if len(b.closed) > b.crowd {
		b.settleLocked()
		b.crowd = max(16, 2*len(b.closed))
	}
}

// settleLocked adds the accounts of closed sockets that have nothing left to the sums, and forgets them.
func (b *runtimeBook) settleLocked() {
	b.closed = slices.DeleteFunc(b.closed, func(s *socket) bool {
		if !s.stats.settled() {
			return false
		}
		includeSocket(&b.gone, s.stats.total(s))
		return true
	})
}

// read makes the accounts up.
func (b *runtimeBook) read(since time.Time) RuntimeStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settleLocked()
	st := b.gone
	st.Time, st.Sockets, st.Out, st.In = time.Now(), len(b.open), clone(st.Out), clone(st.In)
	for _, s := range b.closed {
		includeSocket(&st, s.stats.total(s))
	}
	for s := range b.open {
		includeSocket(&st, s.stats.total(s))
	}
	st.Rates, st.LastError = b.rates.measure(st.sample(), since), word(&b.failed)
	return st
}

// includeSocket adds the accounts of a socket to the sums.
func includeSocket(st *RuntimeStats, s Stats) {
	add(&st.Out, s.Out)
	add(&st.In, s.In)
	st.SentBytes += s.SentBytes
	st.ReceivedBytes += s.ReceivedBytes
	st.Restarts += s.Restarts
}

// total are the accounts of a socket as a runtime sums them: of restarts also those of its pipes.
func (b *statsBook) total(s *socket) Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settleLocked()
	st := b.goneLocked(s)
	st.Restarts += b.pipeRestarts
	for _, p := range b.leaving {
		st.Restarts += p.restarts.Load()
	}
	for _, p := range b.pipes {
		c := p.counts()
		include(&st, c)
		st.Restarts += c.Restarts
	}
	return st
}

// settled says whether the accounts of a socket that has closed are final.
func (b *statsBook) settled() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settleLocked()
	return len(b.pipes)+len(b.leaving) == 0
}

// WorkerStats are the accounts of one I/O actor.
type WorkerStats struct {
	// ID is its number, from 0: the bit that stands for it in Affinity.
	ID int `json:"id"`
	// Endpoints are those it serves; Dials, Handshakes and Connections what is going on below it now.
	Endpoints   int `json:"endpoints"`
	Dials       int `json:"dials"`
	Handshakes  int `json:"handshakes"`
	Connections int `json:"connections"`
	// Restarts counts how often its actor was restarted.
	Restarts int `json:"restarts"`
}

// Workers returns the accounts of the I/O actors, in the order of their numbers.
func (rt *Runtime) Workers() []WorkerStats {
	st := make([]WorkerStats, len(rt.workers))
	for i, w := range rt.workers {
		st[i] = WorkerStats{
			ID: w.id, Endpoints: int(w.endpoints.Load()), Dials: int(w.load[dialing].Load()), Handshakes: int(w.load[shaking].Load()),
			Connections: int(w.load[connected].Load()), Restarts: int(w.restarts.Load()),
		}
	}
	return st
}
