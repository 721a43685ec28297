package socket

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// A waitList parks the goroutines that wait for one thing: senders for room, or receivers for a message. They are woken one at a time, first come
// first served; whoever was woken and is done wakes the next, so that one event serves as many as it can and disturbs no others.
// The zero value is empty. All methods are safe for concurrent use.
type waitList struct {
	waiting atomic.Int32 // written under mu, read by anybody: lets those who have nothing to wake pass by without the lock

	mu       sync.Mutex
	queue    []*waiter         // guarded by mu: oldest first
	watchers []chan<- struct{} // guarded by mu: pollers', and of who waits for a turn: told of every wake-up, and by tell; each has room for one
	free     []*waiter         // guarded by mu: some that are not in use; they stay with their list, and so inside a bubble of testing/synctest
	over     bool              // guarded by mu: end was called, and none is kept any more
}

// freeWaiters is how many waiters a list keeps for those who wait next.
const freeWaiters = 4

// A waiter is one parked goroutine. It belongs to that goroutine, but for c; a free one belongs to its list.
type waiter struct {
	c    chan struct{} // room for one: the wake-up
	ends ctxWatch      // of the ctx with which it waits elsewhere

	// Guarded by the list's mu.
	at     rouser // roused as well when w is woken; nil where it waits for nothing but c
	roused bool   // it has been
}

// A rouser is what a waiter waits for elsewhere. Rouse ends that wait; it is called under the list's mu, once at least, and must not wait.
type rouser interface{ Rouse() }

// join puts the caller at the end of the list. It must look once more for what it wants before it parks, and leave in the end.
func (l *waitList) join() *waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	var w *waiter
	if n := len(l.free); n > 0 {
		w, l.free = l.free[n-1], l.free[:n-1]
	} else {
		w = &waiter{c: make(chan struct{}, 1)}
	}
	l.queue = append(l.queue, w)
	l.countLocked()
	return w
}

// rejoin puts a waiter that was woken in vain back at the head: it has waited longest.
func (l *waitList) rejoin(w *waiter) {
	l.mu.Lock()
	l.queue = append(l.queue, nil)
	copy(l.queue[1:], l.queue)
	l.queue[0] = w
	l.countLocked()
	l.mu.Unlock()
}

// leave takes w off the list. Where it had been woken and more says that there may be something left for others, the wake-up is passed on.
func (l *waitList) leave(w *waiter, more bool) {
	l.mu.Lock()
	for i, q := range l.queue {
		if q == w {
			l.queue = append(l.queue[:i], l.queue[i+1:]...)
			break
		}
	}
	l.countLocked()
	select {
	case <-w.c:
		more = true // woken, and not used
	default:
	}
	kept := len(l.free) < freeWaiters && !l.over
	if kept {
		l.free = append(l.free, w)
	}
	l.mu.Unlock()
	if !kept {
		w.forget()
	}
	if more {
		l.wakeOne()
	}
}

// wakeOne wakes the oldest waiter, if there is one.
func (l *waitList) wakeOne() {
	if l.waiting.Load() == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tellLocked()
	if len(l.queue) == 0 {
		return
	}
	w := l.queue[0]
	l.queue = append(l.queue[:0], l.queue[1:]...)
	l.countLocked()
	w.wakeLocked()
}

// wakeAll wakes every waiter: what they wait for has ended, or is not the same for all.
func (l *waitList) wakeAll() {
	if l.waiting.Load() == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tellLocked()
	for _, w := range l.queue {
		w.wakeLocked()
	}
	clear(l.queue)
	l.queue = l.queue[:0]
	l.countLocked()
}

// end is wakeAll where what they wait for has ended for good. Nothing of the list holds on to a ctx afterwards.
func (l *waitList) end() {
	l.mu.Lock()
	free := l.free
	l.free, l.over = nil, true
	l.mu.Unlock()
	for _, w := range free {
		w.forget()
	}
	l.wakeAll()
}

// wakeLocked wakes w, which has been taken off the list.
func (w *waiter) wakeLocked() {
	w.c <- struct{}{} // has room: a waiter is signalled only when it is taken off the list
	w.rouseLocked()
}

// rouseLocked rouses w where it waits elsewhere.
func (w *waiter) rouseLocked() {
	if w.at != nil {
		w.roused = true
		w.at.Rouse()
	}
}

// waitElsewhere makes at be roused when w is woken, or by rouse, until waitHere: w is about to wait for something other than its wake-up. It returns false
// where w has been woken already.
func (l *waitList) waitElsewhere(w *waiter, at rouser) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(w.c) > 0 {
		return false
	}
	w.at, w.roused = at, false
	return true
}

// waitHere undoes waitElsewhere, and says whether w was roused.
func (l *waitList) waitHere(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.at = nil
	return w.roused
}

// rouse rouses w where it waits elsewhere; where it does not, nothing happens.
func (l *waitList) rouse(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.rouseLocked()
}

// tell tells those who watch, and wakes nobody: what has changed is nothing that waiters wait for.
func (l *waitList) tell() {
	if l.waiting.Load() == 0 {
		return
	}
	l.mu.Lock()
	l.tellLocked()
	l.mu.Unlock()
}

// watch makes every wake-up be told to c too, until unwatch. c must have room for one.
func (l *waitList) watch(c chan<- struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watchers = append(l.watchers, c)
	l.countLocked()
}

// unwatch takes back one watch of c.
func (l *waitList) unwatch(c chan<- struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.watchers, c); i >= 0 {
		l.watchers = slices.Delete(l.watchers, i, i+1)
	}
	l.countLocked()
}

// tellLocked tells those who watch.
func (l *waitList) tellLocked() {
	for _, c := range l.watchers {
		select {
		case c <- struct{}{}:
		default: // it is told already
		}
	}
}

// countLocked says whether there is anybody to wake, or to tell.
func (l *waitList) countLocked() { l.waiting.Store(int32(len(l.queue) + len(l.watchers))) }

// await calls try until it is done, parking between the calls. try returns done and, with it, the error of the whole; where it is not done it is
// called again after a wake-up. When ctx ends first, its error is returned.
func (l *waitList) await(ctx context.Context, try func() (done bool, err error)) error {
	return l.awaitBy(ctx, try, func(*waiter) bool { return false })
}

// awaitBy is await that asks elsewhere before it parks: that may wait in another way, and then returns true.
func (l *waitList) awaitBy(ctx context.Context, try func() (done bool, err error), elsewhere func(*waiter) bool) error {
	w := l.join()
	for {
		done, err := try()
		if done {
			l.leave(w, true)
			return err
		}
		if ctx.Err() == nil && elsewhere(w) {
			select {
			case <-w.c:
				l.rejoin(w)
			default:
			}
			continue
		}
		select {
		case <-w.c:
			l.rejoin(w)
		case <-ctx.Done():
			l.leave(w, false)
			return ctx.Err()
		}
	}
}

// A gauge is a number that can be waited for. The zero value is 0. All methods are safe for concurrent use.
type gauge struct {
	mu      sync.Mutex
	n       int           // guarded by mu
	over    error         // guarded by mu: why waiting makes no sense any more; nil while it does
	changed chan struct{} // guarded by mu: closed at the next change; nil while nobody waits
}

// add changes the number.
func (g *gauge) add(d int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n += d
	g.announceLocked()
}

// end makes all waits return err.
func (g *gauge) end(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = err
	g.announceLocked()
}

// announceLocked wakes those who wait for a change.
func (g *gauge) announceLocked() {
	if g.changed != nil {
		close(g.changed)
		g.changed = nil
	}
}

// wait returns once the number is at least n, or with the error of ctx or of end.
func (g *gauge) wait(ctx context.Context, n int) error {
	for {
		g.mu.Lock()
		if g.n >= n || g.over != nil {
			err := g.over
			if g.n >= n {
				err = nil
			}
			g.mu.Unlock()
			return err
		}
		if g.changed == nil {
			g.changed = make(chan struct{})
		}
		c := g.changed
		g.mu.Unlock()
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
