package actor

import (
	"errors"

	"github.com/weirmq/weir/mailbox"
)

// errNoActor is what an actor fails with whose function made a nil instance.
var errNoActor = errors.New("actor: nil instance made")

// build calls the user's function. A panic in it comes back as *PanicError. Called by Spawn on the spawner's goroutine,
// and by begin.
func (c *typed[M]) build() (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			err = newPanicError(v)
			return
		}
		c.fail(&mishap{reason: newPanicError(errGoexit)})
	}()
	c.actor = c.make()
	returned = true
	if c.actor == nil {
		return errNoActor
	}
	return nil
}

// begin implements [body].
func (c *typed[M]) begin() error {
	c.life++
	if c.actor == nil {
		if err := c.build(); err != nil {
			return err
		}
	}
	return c.receive(Started{})
}

// end implements [body].
func (c *typed[M]) end(last any) {
	if c.actor == nil {
		return
	}
	if err := c.receive(last); err != nil {
		logLastError(c.more().logger(&c.cell), last, err)
	}
}

// release implements [body].
func (c *typed[M]) release(r *retirement) {
	c.actor = nil
	reason := ErrStopped
	if !r.stop {
		reason = r.reason
	}
	c.releaseLent()
	c.releaseHand(r)
	if c.extras != nil {
		c.extras.alarms.end()
		c.extras.asks.failAll(reason)
	}
}

// releaseHand deals with the message that the instance failed over.
func (c *typed[M]) releaseHand(r *retirement) {
	again := !r.stop && r.inHand == Redeliver
	switch c.hand {
	case statusControl:
		c.control.Rewind()
		if !again {
			e := c.control.Look(1)[0]
			c.control.Advance(1)
			if _, rung := e.aux.(*alarm); rung {
				e.aux = nil
			}
			c.lost(e, c.mishap.reason)
			c.control.Drop(1, ReasonFailed)
		}
	case statusData:
		q := c.data.Load()
		if again {
			q.Rewind()
		} else { // in hand, so Drop takes it, whatever the policy has done to the rest
			c.sys.deadLetter(DeadLetter{To: c.path, Message: c.mishap.msg, Reason: c.mishap.reason})
			q.Drop(1, ReasonFailed)
		}
	}
	c.hand = 0
}

// shut implements [body].
func (c *typed[M]) shut() {
	c.control.Close(ErrStopped)
	c.shutData()
}

// empty implements [body].
func (c *typed[M]) empty() {
	emptyLane(c.control, func(e envelope[M]) { c.lost(e, ErrStopped) })
	if q := c.data.Load(); q != nil {
		emptyLane(q, func(m M) { c.lost(envelope[M]{msg: m}, ErrStopped) })
	}
}

// emptyLane gives each item of a closed queue to f, and drops it. It waits for producers that have claimed a place before
// the close and not filled it yet.
func emptyLane[T any](q *mailbox.Queue[T], f func(T)) {
	for {
		items := q.Look(64)
		if len(items) == 0 {
			if q.Wait(waitClosed) != nil {
				return
			}
			continue
		}
		for _, v := range items {
			f(v)
		}
		q.Advance(len(items))
		q.Drop(len(items), mailbox.ReasonClosed)
	}
}
