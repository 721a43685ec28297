// Package supervisor decides what becomes of actors that fail, and starts whole trees of them.
//
// An actor fails when its Receive returns an error or panics. Its supervisor, the actor that started it, then asks a
// strategy for a verdict: restart it after a delay, stop it, or pass the failure up. This package holds the strategies
// and, on top of them, trees declared as data.
//
// The one rule it keeps: a strategy is a value that remembers nothing. What happened so far comes in as an
// [actor.History] and the time as an argument, so one value may serve any number of supervisors at once, and a test of
// it is a table.
//
// # Strategies
//
// [OneForOne] restarts the child that failed. [RestForOne] restarts it and every child started after it: for a chain in
// which each child leans on the ones before. [AllForOne] restarts every child: for children that share one state. All
// three take the same fields. They wait as their [Backoff] says, escalate after MaxRestarts restarts within Within, stop
// a child for good when StopOn picks the reason, and state what becomes of the message in hand.
//
// # Trees
//
// A [Spec] names a supervisor, its strategy and its children in the order of their start; [Worker] and [Supervisor]
// make the children, and [Start] brings the tree up under a system or under an actor. [Lookup] finds an actor by its
// path in the tree, [Tree.Stop] stops all of it, from the last child to the first.
//
// # What it does not do
//
// It carries no verdict out: suspending, restarting and stopping actors, and keeping their histories, is package
// actor's work. It has no goroutine, no timer and no clock of its own.
package supervisor

// Map of the files:
//
//	backoff.go   Backoff: how long to wait before a restart
//	strategy.go  OneForOne, RestForOne, AllForOne: pure verdicts
//	spec.go      Spec, Child, Worker, Supervisor: trees as data, and their check
//	tree.go      Tree, Start, Lookup: a tree that runs
//	node.go      the actor behind each Spec
