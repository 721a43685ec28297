package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/weirmq/weir/socket"
)

// A conn is one connection of the source to a worker. The zero conn is none.
type conn struct {
	endpoint string // the worker's
	attempt  uint64 // which of the endpoint's
}

// A life is one process in a worker's place. The zero life is none.
type life struct {
	worker string
	pid    int
}

// A latch is opened once. Make it with newLatch.
type latch struct {
	once sync.Once
	c    chan struct{} // closed when it opens
}

// newLatch returns a closed latch.
func newLatch() *latch { return &latch{c: make(chan struct{})} }

// open opens the latch. Opening it twice is no error.
func (l *latch) open() { l.once.Do(func() { close(l.c) }) }

// wait waits until the latch is open or ctx ends.
func (l *latch) wait(ctx context.Context) error {
	select {
	case <-l.c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// An account follows every message by its number. The source, the trace of its socket, the events of both sockets and the
// sink write it, each from its own goroutine; no method waits.
type account struct {
	// Set by newAccount, then read-only.
	progress *progress

	middle      *latch // a third of the messages has come through: time to kill
	reconnected *latch // a connection of the source has come back
	settled     *latch // nothing more can arrive

	mu   sync.Mutex
	book // guarded by mu
}

// A book is what an account knows. Once the run is over it changes no more, and verdict.go judges it.
type book struct {
	// Set by newBook, then read-only.
	total   int               // messages are numbered from 1 to total
	workers map[string]string // endpoint of a worker → its name

	// The source's side.
	accepted int            // the socket took the numbers up to this one
	handed   []conn         // by number: the connection on which the kernel took it
	again    []int          // numbers that a kernel took once more
	traced   map[conn]int   // messages that the kernel took, ends included
	ends     map[conn]bool  // the connections whose last message was an end
	ledger   map[conn]int   // what the connection itself says that the kernel took, once it is gone
	up       map[string]int // by endpoint: how many connections there were

	// The workers.
	lives  map[string]int // by name: processes so far
	killed life
	before int // the numbers up to this one had been accepted when it was killed

	// The sink's side.
	got      []life          // by number: through whom it arrived
	twice    []int           // numbers that arrived once more
	received int             // numbers that arrived
	taken    map[life]int    // messages taken from the sink's socket, ends included
	finished map[string]bool // the workers whose end arrived
	brought  []int           // messages on each of the sink's connections that is gone, but for those without any
}

// newBook is the book of total messages to the workers at these endpoints, before anything has happened.
func newBook(total int, workers map[string]string) book {
	return book{
		total: total, workers: workers,
		handed: make([]conn, total+1), traced: map[conn]int{}, ends: map[conn]bool{}, ledger: map[conn]int{},
		up: map[string]int{}, lives: map[string]int{},
		got: make([]life, total+1), taken: map[life]int{}, finished: map[string]bool{},
	}
}

// newAccount opens an account. What it learns of the source's connections it passes on to p.
func newAccount(total int, workers map[string]string, p *progress) *account {
	return &account{
		progress: p, middle: newLatch(), reconnected: newLatch(), settled: newLatch(),
		book: newBook(total, workers),
	}
}

// accept notes that the source's socket has taken number n, and all before it.
func (a *account) accept(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.accepted = n
}

// handedOver notes that the kernel has the last byte of a message. It is the trace of the source's socket.
func (a *account) handedOver(on socket.Conn, m socket.Message) {
	c := conn{on.Endpoint, on.Attempt}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.traced[c]++
	n, err := strconv.Atoi(string(m.Bytes()))
	switch {
	case err != nil: // no number: it is an end
		a.ends[c] = true
	case a.handed[n] != conn{}:
		a.again = append(a.again, n)
	default:
		a.handed[n] = c
	}
}

// event notes what becomes of connections: of the source's, which go to the workers, and of the sink's.
func (a *account) event(e socket.Event) {
	worker, ofSource := a.workers[e.Endpoint]
	c := conn{e.Endpoint, e.Attempt}
	a.mu.Lock()
	defer a.mu.Unlock()
	if ofSource {
		a.progress.sayEvent(e, worker, a.ends[c])
	}
	switch {
	case ofSource && e.Kind == socket.EventHandshakeSucceeded:
		a.up[e.Endpoint]++
		if a.up[e.Endpoint] > 1 {
			a.reconnected.open()
		}
	case ofSource && e.Kind == socket.EventDisconnected:
		a.ledger[c] = int(e.Sent)
	case e.Kind == socket.EventDisconnected && e.Received > 0:
		a.brought = append(a.brought, int(e.Received))
		a.settleLocked()
	}
}

// started notes a new life of a worker.
func (a *account) started(worker string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lives[worker]++
}

// kill notes that l is going to be killed.
func (a *account) kill(l life) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.killed, a.before = l, a.accepted
}

// take notes that number n has arrived through l.
func (a *account) take(n int, l life) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.taken[l]++
	if a.got[n] != (life{}) {
		a.twice = append(a.twice, n)
	} else {
		a.got[n] = l
		a.received++
	}
	if a.received >= a.total/3 {
		a.middle.open()
	}
	a.settleLocked()
}

// takeEnd notes that the end has arrived through l.
func (a *account) takeEnd(l life) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.taken[l]++
	a.finished[l.worker] = true
	a.settleLocked()
}

// settleLocked opens settled once nothing more can arrive: the end of every worker has; every life's connection to the sink
// is gone; and all that these connections brought was taken.
func (a *account) settleLocked() {
	taken, brought := 0, 0
	for _, n := range a.taken {
		taken += n
	}
	for _, n := range a.brought {
		brought += n
	}
	if len(a.finished) == len(a.workers) && len(a.brought) == len(a.taken) && brought == taken {
		a.settled.open()
	}
}

// standing returns how many messages the source's socket has accepted, and how many numbers have arrived.
func (a *account) standing() (accepted, received int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.accepted, a.received
}

// waitingFor says what is not there yet.
func (a *account) waitingFor() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Sprintf("sent %d of %d; received %d, the ends of %v, from the processes %v, which closed connections with %v",
		a.accepted, a.total, a.received, slices.Collect(maps.Keys(a.finished)), a.taken, a.brought)
}

// close returns the book of a run that is over.
func (a *account) close() *book {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := a.book
	return &b
}
