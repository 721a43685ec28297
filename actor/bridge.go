package actor

import (
	"fmt"

	proto "github.com/asynkron/protoactor-go/actor"
)

// A bridge is a cell as protoactor's actor: what its mailbox hands to protoactor's context comes out here. Protoactor
// makes "a new instance" at a restart by asking for the bridge again, and gets the same; the instance that the user's
// function makes comes later, in cell.begin.
type bridge cell

// A bridge is an actor to protoactor, and supervises its children itself.
var (
	_ proto.Actor              = (*bridge)(nil)
	_ proto.SupervisorStrategy = (*bridge)(nil)
)

// turnMessage is what the mailbox passes through protoactor for each message of ours; the message itself stays on its
// lane, typed, until serveTurn takes it. So no message is boxed, and none can be mistaken for one of protoactor's.
type turnMessage struct{}

// turn is the only turnMessage.
var turn any = &turnMessage{}

// Receive implements proto.Actor.
func (b *bridge) Receive(ctx proto.Context) {
	c := (*cell)(b)
	switch m := ctx.Message().(type) {
	case *turnMessage:
		c.serveTurn()
	case *proto.Started:
		c.onStarted()
	case *proto.Terminated:
		c.kin.terminated(m.GetWho().GetId())
	case *proto.Restarting, *proto.Stopping, *proto.Stopped: // retireStep has told the instance
	default:
		c.sys.deadLetter(DeadLetter{To: c.path, Message: m, Lost: 1, Reason: Unexpected(m)})
	}
}

// HandleFailure implements proto.SupervisorStrategy: a child has failed. message is the child's cell, which cell.fail
// passed along.
func (b *bridge) HandleFailure(_ *proto.ActorSystem, _ proto.Supervisor, _ *proto.PID, _ *proto.RestartStatistics, reason, message any) {
	b.kin.failed(message.(*cell).kid, asError(reason))
}

// onStarted is called when protoactor has started the actor, and after each restart of protoactor's.
func (c *cell) onStarted() {
	if c.phase == phaseFresh {
		c.begin(false)
		return
	}
	c.phase = phaseHalted
	c.parent.tell(halted{c.kid})
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
		c.invoker.InvokeSystemMessage(m)
	}
}

// props returns what protoactor spawns a cell from.
func (c *cell) props() *proto.Props {
	return proto.PropsFromProducer(
		func() proto.Actor { return (*bridge)(c) },
		proto.WithMailbox(func() proto.Mailbox { return c }),
	)
}

// asError returns a failure's reason as an error. Ours always are errors.
func asError(reason any) error {
	if err, ok := reason.(error); ok {
		return err
	}
	return fmt.Errorf("%v", reason)
}
