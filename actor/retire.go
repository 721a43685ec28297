package actor

import (
	"errors"

	proto "github.com/asynkron/protoactor-go/actor"
)

// errRestartOrdered is the reason of a restart that nobody failed for: protoactor's own Restart message.
var errRestartOrdered = errors.New("actor: restart ordered")

// A retirement is how far an actor has come with giving up its instance, to stop or to be restarted. Both go the same
// way, step by step; each step is noted before it is taken, so that a step which never returns (runtime.Goexit in a
// handler) is not taken again.
type retirement struct {
	stop   bool   // the actor stops; else it is restarted
	reason error  // of the restart
	inHand InHand // what becomes of the message in hand; at a restart

	// Steps taken.

	shut     bool // the lanes refuse everything; when stopping
	told     bool // the instance has had its last message
	released bool // what belonged to the instance is given up
	emptied  bool // what was left on the lanes is dead letters; when stopping
}

// onStop begins the stop. In the middle of a restart it turns that into a stop.
func (c *cell) onStop() {
	switch c.phase {
	case phaseStopped:
	case phaseRetiring:
		c.retire.stop = true
	default:
		c.phase, c.retire = phaseRetiring, &retirement{stop: true}
		c.kin.close()
	}
}

// onHalt begins a restart, whose second half is begin. Only an actor with an instance has something to halt: another is
// halted, or about to be, or stops, and its parent hears of that.
func (c *cell) onHalt(o haltOrder) {
	if c.phase == phaseActive {
		c.phase, c.retire = phaseRetiring, &retirement{reason: o.reason, inHand: o.inHand}
		c.kin.close()
	}
}

// retireStep takes the next step of a retirement. It returns false when it has to wait for a child to stop: the end of
// the child comes as a signal.
func (c *cell) retireStep() bool {
	r := c.retire
	switch {
	case r.stop && !r.shut:
		r.shut = true
		c.body.shut()
	case !r.told:
		r.told = true
		c.body.end(r.last())
	case !r.released:
		r.released = true
		c.body.release(r)
	case r.stop && !r.emptied:
		r.emptied = true
		c.body.empty()
	case !c.kin.empty():
		return c.kin.stopLast()
	case r.stop:
		c.proto.InvokeSystemMessage(stopOrder) // tells the parent
		c.phase = phaseStopped
		c.finish()
	default:
		c.proto.InvokeSystemMessage(&proto.Restart{})
		c.phase = phaseHalted
		c.parent.tell(halted{c.kid})
	}
	return true
}

// last returns the last message of the instance.
func (r *retirement) last() any {
	if r.stop {
		return Stopping{}
	}
	return Restarting{Reason: r.reason}
}
