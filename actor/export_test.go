package actor

import (
	proto "github.com/asynkron/protoactor-go/actor"
)

// PostSystem posts a message to an actor's system lane, as protoactor does.
func PostSystem[M any](r Ref[M], m any) { r.kernel().PostSystemMessage(m) }

// PostUser posts a message to an actor's mailbox, as protoactor does for what is not its own.
func PostUser[M any](r Ref[M], m any) { r.kernel().PostUserMessage(m) }

// UserMessageCount is what protoactor is told of the mailbox.
func UserMessageCount[M any](r Ref[M]) int { return r.kernel().UserMessageCount() }

// KernelFault is a message for the system lane over which the kernel itself panics, outside of any handler; the actor
// must have, or have had, a child.
func KernelFault() any { return halted{nil} }

// Messages of protoactor's.
var (
	ProtoSuspend any = &proto.SuspendMailbox{}
	ProtoResume  any = &proto.ResumeMailbox{}
	ProtoRestart any = &proto.Restart{}
	ProtoPoison  any = &proto.PoisonPill{}
)

// SetThroughput sets after how many messages the actors of s yield. Only before any is started.
func SetThroughput(s *System, n int) { s.crew = newCrew(n) }

// SendToNobody makes protoactor send a message of its own, and one of a user's, to an actor that does not exist.
func SendToNobody(s *System) {
	nobody := s.proto.NewLocalPID("nobody")
	s.proto.Root.Stop(nobody)
	s.proto.Root.Send(nobody, "hello")
}

// ProtoChildren returns how many children protoactor has on its own list for an actor. Only while the actor is idle.
func ProtoChildren[M any](r Ref[M]) int { return len(r.kernel().proto.Children()) }

// Invariants is whether this build checks invariants.
const Invariants = invariants

// Registered says whether protoactor knows a process of that name.
func Registered(s *System, name string) bool {
	_, ok := s.proto.ProcessRegistry.GetLocal(name)
	return ok
}
