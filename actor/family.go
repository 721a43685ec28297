package actor

import (
	"strconv"
	"time"
)

// A family is the children of one supervisor, and what the kernel knows of them. It belongs to an actor (cell), on whose
// goroutine everything in it is called, or to the root, under its lock. What asks or ends something may be called on a nil
// family, which has no children.
//
// Protoactor keeps a set of children too, but without their order; and its restart stops them all at once. So the kernel
// keeps its own list, and has stopped all children before protoactor gets to see a Stop or Restart.
type family struct {
	// Set before the first child.

	owner    owner
	strategy Strategy
	prefix   int // length of what stands before the name in a child's protoactor id: the owner's id and a slash

	// Owned by owner.

	first, last *child            // in order of start
	byName      map[string]*child // also those that are gone, until the owner's instance knows; nil before the first
	seq         uint64            // number of children ever added
	closed      bool              // the owner retires: no verdicts any more, and nobody is begun
}

// owner is what a family belongs to.
type owner interface {
	port

	// escalate makes the owner fail with a child's failure.
	escalate(err error)

	// judge lets the owner change a verdict before it is carried out: the root does not escalate.
	judge(v Verdict, escalated bool) Verdict

	// report is called with each failure and its verdict, before it is carried out.
	report(f failing)

	// bereaved is called when a child has stopped. The owner calls forget, now or later.
	bereaved(k *child)
}

// A child is a supervisor's record of one of its children.
type child struct {
	// Set when it is added, then read-only.

	cell *cell
	seq  uint64 // order of start

	// Owned by the family's owner.

	prev, next *child // in the family's list
	state      childState
	stopping   bool    // told to stop; its failures do not count any more
	round      *round  // the restart it takes part in, or nil
	record     *record // nil if it has never failed
}

// childState is how far a child is in a restart.
type childState uint8

// The states of a child. From up, a verdict leads round the circle.
const (
	childUp        childState = iota // has an instance, or has failed and waits for the verdict
	childHalting                     // has been sent haltOrder
	childHalted                      // has no instance
	childBeginning                   // has been sent beginOrder
)

// record is what is remembered of a child's failures. Children that never failed have none.
type record struct {
	consecutive int         // failures since it last was healthy
	total       int         // restarts that its failures caused
	stopped     error       // the failure it was told to stop for, or nil
	recent      []time.Time // the newest of those, newest last; cut to what the strategy asks for
}

// reserve makes the record of c, under that name or under a number if name is empty, and takes the name. The child is not
// in the list before add.
func (f *family) reserve(name string, c *cell) (*child, error) {
	if f.byName == nil {
		f.byName = make(map[string]*child)
	}
	if name == "" {
		name = f.freeNumber()
	}
	if f.byName[name] != nil {
		return nil, ErrNameTaken
	}
	k := &child{cell: c}
	c.name, c.kid = name, k
	f.byName[name] = k
	return k, nil
}

// freeNumber returns the lowest number, from that of the next child on, that is nobody's name.
func (f *family) freeNumber() string {
	for n := f.seq + 1; ; n++ {
		if name := strconv.FormatUint(n, 10); f.byName[name] == nil {
			return name
		}
	}
}

// add puts k at the end of the list.
func (f *family) add(k *child) {
	f.seq++
	k.seq, k.prev = f.seq, f.last
	if f.last == nil {
		f.first = k
	} else {
		f.last.next = k
	}
	f.last = k
}

// forget frees the name of k, which is not in the list, or not any more.
func (f *family) forget(k *child) {
	if f.byName[k.cell.name] == k {
		delete(f.byName, k.cell.name)
	}
}

// unlink takes k out of the list.
func (f *family) unlink(k *child) {
	if k.prev == nil {
		f.first = k.next
	} else {
		k.prev.next = k.next
	}
	if k.next == nil {
		f.last = k.prev
	} else {
		k.next.prev = k.prev
	}
	k.prev, k.next = nil, nil
}

// empty reports whether all children are gone.
func (f *family) empty() bool { return f == nil || f.first == nil }

// names returns the names of the children in order of start.
func (f *family) names() []string {
	if f.empty() {
		return nil
	}
	var names []string
	for k := f.first; k != nil; k = k.next {
		names = append(names, k.cell.name)
	}
	return names
}

// open makes the family of a new instance of the owner: without children, and without names that are taken.
func (f *family) open() {
	if f != nil {
		f.closed = false
		clear(f.byName)
	}
}

// close ends verdicts and restarts: the owner retires, and is going to stop the children.
func (f *family) close() {
	if f != nil {
		f.closed = true
	}
}

// stopLast stops the child that was started last, unless it is stopping already. It reports whether it did something.
// Called again and again while the owner retires, so the children stop one after the other, last first.
func (f *family) stopLast() bool {
	if f.last.stopping {
		return false
	}
	f.stop(f.last, nil)
	return true
}

// stopNamed stops the child of that name; it reports whether there is one.
func (f *family) stopNamed(name string) bool {
	if f == nil || f.byName[name] == nil {
		return false
	}
	f.stop(f.byName[name], nil)
	return true
}

// stop tells k to stop. reason is the failure it is stopped for, or nil.
func (f *family) stop(k *child, reason error) {
	if k.stopping {
		return
	}
	k.stopping = true
	if reason != nil {
		k.recorded().stopped = reason
	}
	k.cell.post(stopOrder)
}

// terminated notes that the child with that protoactor id has stopped.
func (f *family) terminated(id string) {
	k := f.find(id)
	if k == nil {
		return
	}
	r := k.round
	if r != nil {
		r.leave(k)
	}
	f.unlink(k)
	f.owner.bereaved(k)
	if r != nil {
		f.advance(r)
	}
}

// find returns the child with that protoactor id; nil if there is none.
func (f *family) find(id string) *child {
	if f == nil || len(id) < f.prefix {
		return nil
	}
	return f.byName[id[f.prefix:]]
}

// recorded returns the record of k, made at the first call.
func (k *child) recorded() *record {
	if k.record == nil {
		k.record = &record{}
	}
	return k.record
}

// stopReason returns the failure that k was stopped for; nil if it was not for one.
func (k *child) stopReason() error {
	if k.record == nil {
		return nil
	}
	return k.record.stopped
}
