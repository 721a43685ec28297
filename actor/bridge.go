package actor

import (
	"fmt"

	proto "github.com/asynkron/protoactor-go/actor"
)

// A router is what protoactor takes for the actor, and for its supervisor strategy: one for all actors of a system, since
// it keeps nothing. What protoactor makes anew at a restart is the router; the instance that the user's function makes
// comes later, in cell.begin.
//
// A message of ours passes through protoactor as the cell itself: the message stays on its lane, typed, until serveTurn
// takes it. So none is boxed, and none can be mistaken for one of protoactor's.
type router struct {
	sys *System
}

// A router is an actor to protoactor, and the strategy by which it supervises its children.
var (
	_ proto.Actor              = router{}
	_ proto.SupervisorStrategy = router{}
)

// Receive implements proto.Actor.
func (r router) Receive(ctx proto.Context) {
	switch m := ctx.Message().(type) {
	case *cell:
		m.serveTurn()
	case *proto.Started, *proto.Restarting, *proto.Stopping, *proto.Stopped, *proto.Terminated:
		// onSignal and retireStep have dealt with it, or are about to.
	default:
		r.sys.deadLetter(DeadLetter{To: ctx.Self().GetId()[1:], Message: m, Reason: errForeign(m)})
	}
}

// HandleFailure implements proto.SupervisorStrategy. Protoactor calls it on the supervisor's goroutine. message is the
// cell of the child that has failed: cell.fail passed it along.
func (router) HandleFailure(_ *proto.ActorSystem, _ proto.Supervisor, _ *proto.PID, _ *proto.RestartStatistics, reason, message any) {
	c := message.(*cell)
	c.parent.(*cell).kin.failed(c.kid, asError(reason))
}

// onSignal handles a message of the system lane. What is protoactor's own goes through its context; a message that
// neither knows is logged there, and dropped.
func (c *cell) onSignal(m any) {
	switch m := m.(type) {
	case *proto.SuspendMailbox:
		c.suspended = true
	case *proto.ResumeMailbox:
		c.suspended = false
	case *proto.Stop:
		c.onStop()
	case *proto.Restart:
		c.onHalt(haltOrder{reason: errRestartOrdered})
	case *proto.Started:
		c.proto.InvokeSystemMessage(m)
		c.begin(false)
	case *proto.Terminated:
		c.proto.InvokeSystemMessage(m)
		c.kin.terminated(m.GetWho().GetId())
	case haltOrder:
		c.onHalt(m)
	case beginOrder:
		if c.phase == phaseHalted {
			c.begin(true)
		}
	case drainOrder:
		c.draining = true
	case halted, begun, roundDue:
		c.kin.handle(m)
	default:
		c.proto.InvokeSystemMessage(m)
	}
}

// asError returns a failure's reason as an error. Ours always are errors.
func asError(reason any) error {
	if err, ok := reason.(error); ok {
		return err
	}
	return fmt.Errorf("%v", reason)
}

// errForeign is why a message that came through protoactor is a dead letter.
func errForeign(m any) error { return fmt.Errorf("actor: not a message of ours: %T", m) }
