package actor

import (
	"cmp"
	"slices"
	"time"
)

// A round is one restart: of one child, or of all that the scope of a verdict names. It goes like this:
//
//  1. All members are halted, at once, last started first: each gives up its instance, then its children.
//  2. When all are halted, and the delay of the verdict is over, the first started is begun; when its Started has
//     returned, the next; and so on.
//
// A member that fails in between gets a verdict of its own; if that is a restart, it takes its place in the same round
// again. Two rounds that come to share a member become one.
//
// A round belongs to its family, and is touched only where that is.
type round struct {
	members []*child    // in order of start; not empty while the round is under way
	waiting bool        // the delay is not over
	due     time.Time   // when it is over
	timer   *time.Timer // nil before the first delay
	turn    int         // number of the newest timer: an older one that fired late says nothing
}

// restart sets members out on a round.
func (f *family) restart(members []*child, reason error, v Verdict, now time.Time) {
	for _, k := range slices.Backward(members) {
		f.halt(k, haltOrder{reason: reason, inHand: v.InHand})
	}
	r := join(members)
	f.delay(r, now.Add(v.After), v.After)
	f.advance(r)
}

// halt tells k to give up its instance, unless it has none.
func (f *family) halt(k *child, o haltOrder) {
	if k.state == childUp || k.state == childBeginning {
		k.state = childHalting
		k.cell.post(o)
	}
}

// join returns the round of members: a new one, or the union with those that they are in already.
func join(members []*child) *round {
	var r *round
	for _, k := range members {
		switch {
		case k.round == nil || k.round == r:
		case r == nil:
			r = k.round
		default:
			r.swallow(k.round)
		}
	}
	if r == nil {
		r = &round{}
	}
	for _, k := range members {
		r.enter(k)
	}
	slices.SortFunc(r.members, func(a, b *child) int { return cmp.Compare(a.seq, b.seq) })
	return r
}

// enter makes k a member.
func (r *round) enter(k *child) {
	if k.round != r {
		k.round = r
		r.members = append(r.members, k)
	}
}

// swallow moves the members of o into r, and its delay. The caller sees to the order.
func (r *round) swallow(o *round) {
	for _, k := range o.members {
		r.enter(k)
	}
	if o.due.After(r.due) {
		r.due = o.due
	}
	r.waiting = r.waiting || o.waiting
	o.end()
}

// leave takes k out. The last one to leave ends the round.
func (r *round) leave(k *child) {
	k.round = nil
	r.members = slices.DeleteFunc(r.members, func(m *child) bool { return m == k })
	if len(r.members) == 0 {
		r.end()
	}
}

// end makes sure that the timer does nothing any more.
func (r *round) end() {
	r.turn++
	r.waiting = false
	if r.timer != nil {
		r.timer.Stop()
	}
}

// delay keeps the round from going on before due, which is d from now. A delay that ends later stands.
func (f *family) delay(r *round, due time.Time, d time.Duration) {
	if r.waiting && !due.After(r.due) {
		due, d = r.due, d+r.due.Sub(due)
	}
	r.end()
	r.due = due
	if d <= 0 {
		return
	}
	r.waiting = true
	owner, ev := f.owner, roundDue{r, r.turn}
	r.timer = time.AfterFunc(d, func() { owner.tell(ev) })
}

// handle takes an event about a restart: halted, begun or roundDue.
func (f *family) handle(ev any) {
	switch ev := ev.(type) {
	case halted:
		f.onHalted(ev.kid)
	case begun:
		if ev.kid.state == childBeginning {
			ev.kid.state = childUp
			f.advance(ev.kid.round)
		}
	case roundDue:
		if ev.turn == ev.round.turn {
			ev.round.waiting = false
			f.advance(ev.round)
		}
	}
}

// onHalted notes that k has no instance any more. If nobody wanted that (protoactor's own Restart), k begins again.
func (f *family) onHalted(k *child) {
	k.state = childHalted
	if k.round == nil && !k.stopping {
		join([]*child{k})
	}
	f.advance(k.round)
}

// advance takes the next step of a round, if nothing keeps it from it. Nil is a round that is over.
func (f *family) advance(r *round) {
	if r == nil || r.waiting || f.closed || slices.ContainsFunc(r.members, func(k *child) bool { return k.state == childHalting }) {
		return
	}
	for _, k := range r.members {
		switch {
		case k.stopping || k.state == childUp:
			continue
		case k.state == childHalted:
			k.state = childBeginning
			k.cell.post(beginOrder{})
		}
		return // until it has begun
	}
	for _, k := range r.members {
		k.round = nil
	}
	r.members = nil
	r.end()
}
