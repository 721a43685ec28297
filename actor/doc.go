// Package actor runs typed actors, supervised in a tree, on top of protoactor. It is the only package that imports
// protoactor, and nothing of protoactor shows in its API.
//
//	type greet struct{ name string }
//
//	type greeter struct{}
//
//	func (greeter) Receive(ctx *actor.Context[*greet]) error {
//		switch m := ctx.Message().(type) {
//		case *greet:
//			fmt.Println("hello", m.name)
//		default:
//			return actor.Unexpected(m)
//		}
//		return nil
//	}
//
//	sys := actor.NewSystem()
//	ref, err := actor.Spawn(sys, "greeter", func() actor.Actor[*greet] { return greeter{} })
//	err = ref.Tell(&greet{"world"})
//
// The one rule: a handler never waits. It is called with one message at a time, on a goroutine that the actor has only
// while there are messages, and it decides, tells others, and returns. The goroutine goes on to other actors: a handler that
// locks its thread (runtime.LockOSThread) unlocks it.
//
// # Lanes
//
// An actor's mailbox has three lanes, served in this order:
//
//   - system: the kernel's own orders, never refused.
//   - control: what [Ref.Tell] brings, outside of any mark.
//   - data: what [Ref.Send] brings, under a mark, with the policies of package mailbox. Also a queue that the actor is
//     lent with [Context.OpenData], which outlives it.
//
// # Failures
//
// A handler fails by returning an error or by panicking. The actor then handles nothing until its parent's [Strategy] has
// decided: restart it, alone or with its siblings, at once or after a delay; stop it; or escalate. A restart replaces the
// instance; references, the mailbox and what is queued stay. In detail:
//
//  1. The instance receives [Restarting], and is gone. A lent lane is given back, timers end, asks that it had not answered
//     fail. The message in hand goes to the dead letters or will be redelivered.
//  2. The actor's children are stopped, last started first, each awaited before the next.
//  3. The delay passes. There is no instance; what is told and sent is queued. A stop ends it here.
//  4. A new instance is made, and receives [Started].
//
// What escalates to the top is reported ([WithReport]) and stops the top-level actor that it came through. Nothing ends the
// process. No message is lost without a word: what no handler will see goes to the dead letters ([WithDeadLetters]).
//
// The package does not do: remote actors, persistence, routers, or names that are looked up. A [Ref] is all there is.
package actor

// Map of the files:
//
//	types.go, strategy.go, options.go     what users see: messages, strategies, options
//	system.go, root.go, report.go         the system: the parent of the top-level actors, dead letters, the log
//	spawn.go, ref.go, context.go, ask.go  starting actors, and talking to them
//	cell.go, box.go, signals.go           one actor: its state, its mailbox, the system lane
//	crew.go                               the goroutines that run actors
//	bridge.go                             what goes through protoactor, and what comes back
//	retire.go, life.go                    how an instance ends and begins
//	typed.go, lent.go, alarm.go, extras.go the half that depends on the type of the messages
//	tree.go                               a picture of all actors
//	family.go, verdict.go, round.go       supervision: children, verdicts, restarts in order
//	unexpected.go                         the default case of a handler
//	guard.go                              a panic elsewhere as a failure
//	invariants_on.go, invariants_off.go   what builds with the tag invariants check beside
