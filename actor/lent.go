package actor

// A lent is the lane that an actor was lent, as its typed half keeps it. The zero value is none. Owned by the actor's
// goroutine.
//
// Only the actor looks into the lane. The kernel asks it, with Idle, whether there is something, and is woken through the
// hook when there is something again. A wake-up that was under way when the lane was closed finds another lane or none,
// and costs a look.
type lent struct {
	lane Lane   // nil: none open
	wake func() // the hook; made once
	here func() // what a producer with time calls in its place; made once
}

// rewinder is a lane that can put back what is in hand. A *mailbox.Queue is one.
type rewinder interface {
	Rewind() int
}

// hereLane is a lane whose producers may have the time to be its consumer. A *mailbox.Queue is one.
type hereLane interface {
	SetOnReadyHere(ready, here func())
}

// openLane implements Context.OpenData.
func (c *typed[M]) openLane(l Lane) {
	c.closeLane()
	if l == nil {
		return
	}
	lent := &c.more().lent
	if lent.wake == nil {
		lent.wake = func() { c.wake(statusLent) }
		lent.here = c.wakeHere
	}
	lent.lane = l
	if h, ok := l.(hereLane); ok {
		h.SetOnReadyHere(lent.wake, lent.here)
	} else {
		l.SetOnReady(lent.wake)
	}
	c.quiet &^= statusLent
}

// closeLane implements Context.CloseData.
func (c *typed[M]) closeLane() {
	if l := c.lentLane(); l != nil {
		l.SetOnReady(nil)
		c.extras.lent.lane = nil
	}
}

// lentLane returns the lane that is open; nil if there is none.
func (c *typed[M]) lentLane() Lane {
	if c.extras == nil {
		return nil
	}
	return c.extras.lent.lane
}

// serveLent hands the instance DataReady if the lent lane has something.
func (c *typed[M]) serveLent() bool {
	if l := c.lentLane(); l == nil || l.Idle() {
		return false
	}
	c.handle(DataReady{})
	return true
}

// releaseLent closes the lent lane at the end of the instance. What was in hand goes back into the lane, whatever the
// verdict: it is not the kernel's to drop.
func (c *typed[M]) releaseLent() {
	l := c.lentLane()
	c.closeLane()
	if q, ok := l.(rewinder); ok {
		q.Rewind()
	}
}
