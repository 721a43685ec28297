package actor

import "github.com/weirmq/weir/mailbox"

// A lent is the lane that an actor was lent, as its typed half keeps it. The zero value is none. Owned by the actor's
// goroutine.
//
// Only the actor looks into the lane. The kernel asks it, with Idle, whether there is something, and is woken through the
// hook when there is something again. A wake-up that was under way when the lane was closed finds another lane or none,
// and costs a look.
type lent struct {
	lane Lane   // nil: none open
	wake func() // the hook; made once
}

// rewinder is a lane that can put back what is in hand. A *mailbox.Queue is one.
type rewinder interface {
	Rewind() int
}

// dropper is a lane that can drop what is in hand, and count it. A *mailbox.Queue is one.
type dropper interface {
	rewinder
	Advance(n int)
	Drop(n int, r mailbox.Reason)
}

// openLane implements Context.OpenData.
func (c *typed[M]) openLane(l Lane) {
	c.closeLane()
	if l == nil {
		return
	}
	if c.lent.wake == nil {
		c.lent.wake = func() { c.cell.wake(statusLent) }
	}
	c.lent.lane = l
	l.SetOnReady(c.lent.wake)
	c.quiet &^= statusLent
}

// closeLane implements Context.CloseData.
func (c *typed[M]) closeLane() {
	if c.lent.lane != nil {
		c.lent.lane.SetOnReady(nil)
		c.lent.lane = nil
	}
}

// serveLent hands the instance DataReady if the lent lane has something.
func (c *typed[M]) serveLent() bool {
	if c.lent.lane == nil || c.lent.lane.Idle() {
		return false
	}
	if err := c.receive(DataReady{}); err != nil {
		c.fail(err, false)
	}
	return true
}

// releaseLent closes the lent lane. What was in hand goes back, or is dropped if the verdict says so.
func (c *typed[M]) releaseLent(r *retirement) {
	l := c.lent.lane
	c.closeLane()
	q, ok := l.(rewinder)
	if !ok {
		return
	}
	n := q.Rewind()
	d, ok := l.(dropper)
	if n == 0 || !ok || r.stop || r.inHand == Redeliver {
		return
	}
	d.Advance(n)
	d.Drop(n, ReasonFailed)
	c.sys.deadLetter(DeadLetter{To: c.path, Lost: n, Reason: r.reason})
}
