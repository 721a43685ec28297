package socket

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/weirmq/weir/mailbox"
)

// Ledger accounts for the messages of one queue: accepted = delivered + queued + dropped, by reason. For an outbound queue delivered means that the
// kernel has the last byte (over inproc: that the other side received it); for an inbound one, that the application received it.
type Ledger = mailbox.Ledger

// Stats are the accounts of one socket.
type Stats struct {
	// Socket is its name, Type its ZeroMQ type.
	Socket, Type string
	// Peers are the pipes there are, in the order they came.
	Peers []PeerStats
	// Out and In are the sums over all peers, those that are gone included.
	Out, In Ledger
}

// PeerStats are the accounts of one pipe.
type PeerStats struct {
	// Endpoint is what was bound or connected to, Peer the address of the other side: of the last one where there is none now.
	Endpoint, Peer string
	// Connected says whether a handshake is done and the connection up.
	Connected bool
	// Reconnects counts the connections after the first.
	Reconnects uint64
	// RTT is the time that the last heartbeat took, to the peer and back; 0 where none was answered yet, or HeartbeatInterval is 0.
	RTT time.Duration
	// Out and In are the ledgers of the two queues.
	Out, In Ledger
}

// Stats returns the socket's accounts. They are read while others go on: the sums agree exactly once all is quiet.
func (b base) Stats() Stats { return b.s.stats.read(b.s) }

// A statsBook remembers the pipes of a socket. The zero value is empty.
type statsBook struct {
	mu      sync.Mutex
	pipes   []*pipe // guarded by mu: those there are
	leaving []*pipe // guarded by mu: those that are gone, and have something left to receive
	out, in Ledger  // guarded by mu: sums of those that are quite gone
}

// add notes a new pipe.
func (b *statsBook) add(p *pipe) {
	b.mu.Lock()
	defer b.mu.Unlock()
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
		add(&b.out, out)
		add(&b.in, in)
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
}

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
	}
	return out, in
}

// read makes the accounts up.
func (b *statsBook) read(s *socket) Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settleLocked()
	st := Stats{Socket: s.name, Type: s.typ.name, Out: clone(b.out), In: clone(b.in)}
	if s.hearing != nil {
		_, in := s.hearing.hall.ledgers()
		add(&st.In, in)
	}
	for _, p := range b.leaving {
		out, in := p.ledgers()
		add(&st.Out, out)
		add(&st.In, in)
	}
	for _, p := range b.pipes {
		out, in := p.ledgers()
		add(&st.Out, out)
		add(&st.In, in)
		ps := PeerStats{Endpoint: p.endpoint.text, Connected: p.connected.Load(), Reconnects: p.reconnects.Load(), Out: out, In: in}
		if peer := p.peer.Load(); peer != nil {
			ps.Peer, ps.RTT = peer.Remote, peer.RTT()
		}
		st.Peers = append(st.Peers, ps)
	}
	return st
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

// WorkerStats are the accounts of one I/O actor.
type WorkerStats struct {
	// ID is its number, from 0: the bit that stands for it in Affinity.
	ID int
	// Endpoints are those it serves; Dials, Handshakes and Connections what is going on below it now.
	Endpoints, Dials, Handshakes, Connections int
	// Restarts counts how often its actor was restarted.
	Restarts int
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
