package mailbox

import (
	"context"
	"sync"
	"sync/atomic"
)

// freeWaiters is how many waiters a line keeps for the next producers that wait.
const freeWaiters = 4

// waiter is a producer that waits for room.
type waiter struct {
	// Set when made, then read-only. One slot: the wake that took the waiter off the line.
	c chan struct{}

	// Guarded by line.mu.
	seq        uint64 // its turn; kept while it goes back into the line
	listed     bool
	prev, next *waiter // neighbours in the line, or the next free one
}

// line is the producers that wait for room, in the order in which they came. The zero value is an empty line. Owned by a
// Queue.
//
//	        join                wake (takes off the line, fills c)
//	pushing ────▶ listed ────────────────────────▶ woken ──▶ pushing: room, or listed again in its old place
//	                │ ctx ended, or room after all    │ ctx ended
//	                ▼                                 ▼
//	              away ◀───────────────────────────── away, and the wake is passed on
//
// One opening wakes one waiter, which wakes the next when it has pushed and there is still room: so they come in order,
// and no more of them run than there is room for. A waiter that leaves always passes on, whether or not it was woken: a
// wake too many finds the queue shut and costs one look, a wake lost would cost everything.
type line struct {
	// Atomic: written under mu, read by whoever opens the queue. How many are listed.
	n atomic.Int32

	mu sync.Mutex
	// Guarded by mu.
	first, last *waiter
	free        *waiter // waiters to use again, linked by next
	kept        int     // how many are free
	seq         uint64  // the turn given last
}

// join returns a waiter at the end of the line.
func (l *line) join() *waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.free
	if w == nil {
		w = &waiter{c: make(chan struct{}, 1)}
	} else {
		l.free, w.next = w.next, nil
		l.kept--
	}
	l.seq++
	w.seq = l.seq
	l.insertLocked(w)
	return w
}

// rejoin puts a waiter that was woken for nothing back into its place.
func (l *line) rejoin(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.insertLocked(w)
}

// quit takes w off the line, whether it is listed or has been woken, keeps it for later use, and if passOn wakes the first
// of those that are left. A wake that w got and did not hear is passed on in any case.
func (l *line) quit(w *waiter, passOn bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.listed {
		l.removeLocked(w)
	}
	select {
	case <-w.c: // sent under mu, after w had last looked
		passOn = true
	default:
	}
	if l.kept < freeWaiters {
		w.next, l.free = l.free, w
		l.kept++
	}
	if passOn {
		l.wakeLocked()
	}
}

// wakeOne wakes the first in the line, if there is one. It touches no lock when there is none.
func (l *line) wakeOne() {
	if l.n.Load() == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wakeLocked()
}

// wakeAll wakes the whole line: the queue is closed.
func (l *line) wakeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.first != nil {
		l.wakeLocked()
	}
}

// wakeLocked wakes the first in the line, if there is one. Its channel has room: a waiter is listed only with an empty
// one.
func (l *line) wakeLocked() {
	if w := l.first; w != nil {
		l.removeLocked(w)
		w.c <- struct{}{}
	}
}

// insertLocked lists w by its turn. New waiters go to the end at once; one that rejoins is looked for from the front.
func (l *line) insertLocked(w *waiter) {
	after := l.last
	if after != nil && after.seq > w.seq {
		for after = l.first; after.seq < w.seq; after = after.next {
		}
		after = after.prev
	}
	w.prev = after
	if after == nil {
		w.next, l.first = l.first, w
	} else {
		w.next, after.next = after.next, w
	}
	if w.next == nil {
		l.last = w
	} else {
		w.next.prev = w
	}
	w.listed = true
	l.n.Add(1)
}

// removeLocked takes w off the line.
func (l *line) removeLocked(w *waiter) {
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.prev, w.next, w.listed = nil, nil, false
	l.n.Add(-1)
}

// await calls try until it is not full, and parks in between. It returns nil, the close reason, or ctx.Err(); in the last
// case every try was full.
//
// Before it parks there is always a try that comes after the waiter was listed, and whoever opens the queue looks at the
// line after opening it: so either that try finds room, or the opening finds the waiter.
func (q *Queue[T]) await(ctx context.Context, try func() verdict) error {
	w := q.line.join()
	for {
		if got := try(); got != full {
			q.line.quit(w, q.HasRoom())
			return q.answer(got)
		}
		select {
		case <-w.c:
		case <-ctx.Done():
			q.line.quit(w, q.HasRoom())
			return ctx.Err()
		}
		if got := try(); got != full {
			q.line.quit(w, q.HasRoom())
			return q.answer(got)
		}
		q.line.rejoin(w)
	}
}
