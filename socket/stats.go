package socket

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirmq/weir/mailbox"
)

// Ledger accounts for the messages of one queue: accepted = delivered + queued + dropped, by reason. For an outbound queue delivered means that the
// kernel has the last byte (over inproc: that the other side received it); for an inbound one, that the application received it.
type Ledger = mailbox.Ledger

// Stats are the accounts of one socket, at one time. Its names in JSON are stable.
type Stats struct {
	// Time is when they were read.
	Time time.Time `json:"time"`
	// Socket is its name, Type its ZeroMQ type.
	Socket string `json:"socket"`
	Type   string `json:"type"`
	// Peers are the pipes there are, in the order they came.
	Peers []PeerStats `json:"peers,omitempty"`
	// Out and In are the sums over all peers, those that are gone included.
	Out Ledger `json:"out"`
	In  Ledger `json:"in"`
	// SentBytes and ReceivedBytes are the bytes of frames on the wire, headers included and handshakes not, over all peers, those that are gone included.
	// Over inproc, pgm and epgm they are not counted.
	SentBytes     uint64 `json:"sent_bytes"`
	ReceivedBytes uint64 `json:"received_bytes"`
	// Rates are how fast that went of late.
	Rates Rates `json:"rates"`
	// Restarts counts how often the socket's actor was restarted.
	Restarts uint64 `json:"restarts"`
	// LastError is why a connection was lost, or could not be made, the last time that this happened and was not this side's wish; empty for never.
	LastError string `json:"last_error,omitempty"`
}

// PeerStats are the accounts of one pipe. Its depth is Queued of its ledgers, which a mark bounds.
type PeerStats struct {
	// Endpoint is what was bound or connected to, Peer the address of the other side: of the last one where there is none now. Identity is what it is
	// called: see Event.
	Endpoint string `json:"endpoint"`
	Peer     string `json:"peer,omitempty"`
	Identity string `json:"identity,omitempty"`
	// Connected says whether a handshake is done and the connection up.
	Connected bool `json:"connected"`
	// Reconnects counts the connections after the first. Attempts counts those that were tried, too: of a connected endpoint how often its
	// connection's actor was started.
	Reconnects uint64 `json:"reconnects"`
	Attempts   uint64 `json:"attempts"`
	// RTT is the time that the last heartbeat took, to the peer and back; 0 where none was answered yet, or HeartbeatInterval is 0.
	RTT time.Duration `json:"rtt_ns"`
	// Out and In are the ledgers of the two queues.
	Out Ledger `json:"out"`
	In  Ledger `json:"in"`
	// OutMark and InMark are their marks; 0 is no limit, or no queue. OutMarkReached and InMarkReached count how often they were reached.
	OutMark        int    `json:"out_mark"`
	InMark         int    `json:"in_mark"`
	OutMarkReached uint64 `json:"out_mark_reached"`
	InMarkReached  uint64 `json:"in_mark_reached"`
	// SentBytes and ReceivedBytes are as in Stats, for all connections of the pipe.
	SentBytes     uint64 `json:"sent_bytes"`
	ReceivedBytes uint64 `json:"received_bytes"`
	// Rates are as in Stats, of this pipe.
	Rates Rates `json:"rates"`
	// Restarts counts how often the pipe's own actor was restarted. That of its connection is another: see Attempts.
	Restarts uint64 `json:"restarts"`
	// LastError is as in Stats.
	LastError string `json:"last_error,omitempty"`
}

// Stats returns the socket's accounts. They are read while others go on: the sums agree exactly once all is quiet.
func (b base) Stats() Stats { return b.s.stats.read(b.s) }

// A statsBook remembers the pipes of a socket. The zero value is empty.
type statsBook struct {
	mu             sync.Mutex
	pipes          []*pipe  // guarded by mu: those there are
	leaving        []*pipe  // guarded by mu: those that are gone, and have something left to receive
	out, in        Ledger   // guarded by mu: sums of those that are quite gone
	sent, received uint64   // guarded by mu: the bytes of those
	pipeRestarts   uint64   // guarded by mu: how often the actors of those were restarted
	rates          rateBook // guarded by mu

	restarts atomic.Uint64          // of the actor; written by it
	failed   atomic.Pointer[string] // written by the actor: why a connection ended; nil for never

	noPeer     map[mailbox.Reason]uint64 // guarded by mu: of out, what no pipe was left to take; nil for none
	toldNoPeer map[mailbox.Reason]uint64 // guarded by mu: what of it events have told of
	late       []dropNews                // guarded by mu: drops of those that are quite gone that no event has told of
	noise      *noise                    // set by newSocket, then read-only
	hall       *pipe                     // set by newSocket, then read-only: what an XPUB hears; nil for others
	since      time.Time                 // set by newSocket, then read-only: when the socket was made
}

// add notes a new pipe.
func (b *statsBook) add(p *pipe) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.since = time.Now()
	b.pipes = append(b.pipes, p)
}

// retire moves a pipe to those that are gone.
func (b *statsBook) retire(p *pipe) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.pipes, p); i >= 0 {
		b.pipes = slices.Delete(b.pipes, i, i+1)
		b.leaving = append(b.leaving, p)
	}
	b.settleLocked()
}

// leftovers is how many peers have gone and left something to receive. It need not be exact below most.
func (b *statsBook) leftovers(most int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.leaving) >= most {
		b.settleLocked()
	}
	return len(b.leaving)
}

// settleLocked adds the accounts of pipes that have nothing left to the sums, and forgets them.
func (b *statsBook) settleLocked() {
	b.leaving = slices.DeleteFunc(b.leaving, func(p *pipe) bool {
		if length(p.in) > 0 || length(p.out) > 0 {
			return false
		}
		out, in := p.ledgers()
		if !adds(out) || !adds(in) {
			return false // the other side of an inproc pipe is just counting
		}
		if b.noise.heard() {
			b.late = p.untold(b.late, out, in)
		}
		add(&b.out, out)
		add(&b.in, in)
		sent, received := p.bytes()
		b.sent += sent
		b.received += received
		b.pipeRestarts += p.restarts.Load()
		return true
	})
}

// adds says whether a ledger adds up.
func adds(l Ledger) bool {
	sum := l.Delivered + l.Queued
	for _, n := range l.Dropped {
		sum += n
	}
	return sum == l.Accepted
}

// drop counts an outgoing message that no pipe is left to take.
func (b *statsBook) drop(why mailbox.Reason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	add(&b.out, Ledger{Accepted: 1, Dropped: map[mailbox.Reason]uint64{why: 1}})
	if b.noPeer == nil {
		b.noPeer = map[mailbox.Reason]uint64{}
	}
	b.noPeer[why]++
	b.noise.dropped()
}

// noPeer counts an outgoing message whose peer is not there.
func (s *socket) noPeer() { s.stats.drop(ReasonNoPeer) }

// length is the length of a queue that may not be there.
func length(q *queue) int {
	if q == nil {
		return 0
	}
	return q.Len()
}

// ledgers reads both ledgers of p.
func (p *pipe) ledgers() (out, in Ledger) {
	if p.out != nil {
		out = p.out.Ledger()
	}
	if p.in != nil {
		in = p.in.Ledger()
	} else if n := p.unwanted.Load(); n > 0 {
		in = Ledger{Accepted: n, Dropped: map[mailbox.Reason]uint64{ReasonFiltered: n}}
	}
	return out, in
}

// read makes the accounts up.
func (b *statsBook) read(s *socket) Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settleLocked()
	st := b.goneLocked(s)
	for _, p := range b.pipes {
		ps := p.stats(st.Time)
		include(&st, ps)
		st.Peers = append(st.Peers, ps)
	}
	st.Rates = b.rates.measure(st.sample(), b.since)
	return st
}

// goneLocked are the accounts without those of the pipes there are.
func (b *statsBook) goneLocked(s *socket) Stats {
	st := Stats{
		Time: time.Now(), Socket: s.name, Type: s.typ.name, Out: clone(b.out), In: clone(b.in), SentBytes: b.sent, ReceivedBytes: b.received,
		Restarts: b.restarts.Load(), LastError: word(&b.failed),
	}
	if s.hearing != nil {
		_, in := s.hearing.hall.ledgers()
		add(&st.In, in)
	}
	for _, p := range b.leaving {
		include(&st, p.counts())
	}
	return st
}

// include adds the accounts of a pipe to the sums.
func include(st *Stats, ps PeerStats) {
	add(&st.Out, ps.Out)
	add(&st.In, ps.In)
	st.SentBytes += ps.SentBytes
	st.ReceivedBytes += ps.ReceivedBytes
}

// stats are the accounts of p at a time, under the lock of the socket's statsBook.
func (p *pipe) stats(now time.Time) PeerStats {
	ps := p.counts()
	ps.Endpoint, ps.Identity, ps.Connected = p.endpoint.text, p.event(0).Identity, p.connected.Load()
	ps.Reconnects, ps.Attempts, ps.LastError = p.reconnects.Load(), 1, word(&p.failed)
	if p.out != nil {
		ps.OutMark = p.out.Mark()
	}
	if p.in != nil {
		ps.InMark = p.in.Mark()
	}
	if p.outWatch != nil {
		ps.OutMarkReached = p.outWatch.reached.Load()
	}
	if p.inWatch != nil {
		ps.InMarkReached = p.inWatch.reached.Load()
	}
	if p.link != nil {
		ps.Attempts = p.link.attempts.Load()
	}
	if peer := p.peer.Load(); peer != nil {
		ps.Peer, ps.RTT = peer.Remote, peer.RTT()
	}
	ps.Rates = p.rates.measure(sampleOf(now, ps.Out, ps.In, ps.SentBytes, ps.ReceivedBytes), p.since)
	return ps
}

// counts are those of p's accounts of which there are sums.
func (p *pipe) counts() PeerStats {
	ps := PeerStats{Restarts: p.restarts.Load()}
	ps.Out, ps.In = p.ledgers()
	ps.SentBytes, ps.ReceivedBytes = p.bytes()
	return ps
}

// bytes are those that p's connections have carried.
func (p *pipe) bytes() (sent, received uint64) {
	if p.link == nil {
		return 0, 0
	}
	return p.link.traffic.Out.Load(), p.link.traffic.In.Load()
}

// word is the string behind a pointer; empty where there is none.
func word(p *atomic.Pointer[string]) string {
	if s := p.Load(); s != nil {
		return *s
	}
	return ""
}

// clone copies a ledger.
func clone(l Ledger) Ledger {
	l.Dropped = maps.Clone(l.Dropped)
	return l
}

// add adds m to sum.
func add(sum *Ledger, m Ledger) {
	sum.Accepted += m.Accepted
	sum.Delivered += m.Delivered
	sum.Queued += m.Queued
	for why, n := range m.Dropped {
		if sum.Dropped == nil {
			sum.Dropped = map[mailbox.Reason]uint64{}
		}
		sum.Dropped[why] += n
	}
}
