// Package mailbox holds bounded queues of many producers and one consumer, with an explicit policy for what happens when
// a queue is full. It knows nothing of actors or of networks and can be used alone, in place of a channel.
//
// The one rule it keeps: nothing is lost unseen. An item that a push accepted is delivered, still queued, or counted as
// dropped under a reason, and the Ledger of the queue says which.
//
// # The mark
//
// The mark is the most items that a queue holds. It is exact: with nobody draining, a queue with mark n accepts n items
// and not one more, from one producer or from sixteen. A queue that has become full is shut to everybody until (mark+1)/2
// items have left it (the low-water mark of ZeroMQ), so that producers and consumer do not wake each other for every item.
// A queue that is not shut gives the room of a drained item back at once. A limit in bytes may stand beside the mark.
// Both can be changed while the queue is in use, and both changes are exact: once SetMark has returned, nothing is
// accepted under the old mark.
//
// # The consumer's cursor
//
// A consumer need not take an item to read it. Look shows the next items without copying them, Advance moves past them,
// and they keep their room until Done says that they are delivered. Rewind goes back to the oldest that is not done, for
// a consumer whose delivery failed. Take and Pop do all of it for one item.
//
// # Lock-free
//
// Under Block, Reject, DropNewest and Conflate no producer waits on a lock: a push claims its place with one
// compare-and-swap and then fills it. A producer that is preempted between the two delays the consumer, which cannot pass
// that place, but no other producer. Only a producer that parks, because Push found no room, takes a short mutex to stand
// in line. DropOldest takes a short mutex for every operation. Nothing spins and nothing sleeps: whoever waits is parked
// on a channel.
//
// # What it does not do
//
// It does not order items of different producers beyond the order of their claims, has no priorities and no deadlines,
// and serves one consumer at a time: several must take turns under a lock of their own.
package mailbox

// Map of the files:
//
//	policy.go    policies, reasons, errors, Config
//	queue.go     Queue, New, marks, Close, the small questions
//	tail.go      the tail word: claimed position, epoch, shut, closed
//	chunk.go     the storage of the lock-free policies, and why its memory can be reused
//	push.go      TryPush, Push, TryPushAll, PushAll: claim, fill, publish
//	force.go     Force: past the mark
//	bytes.go     claims under a limit in bytes
//	room.go      shutting at the mark and opening at the low-water mark
//	waiters.go   producers that wait for room, in line
//	pull.go      Look, Advance, Done, Drop, Rewind, Take, Discard
//	bell.go      Idle, OnReady, Wait, Pop: how the consumer learns of items
//	locked.go    storage of DropOldest
//	conflate.go  storage of Conflate
//	hand.go      the items that the consumer of those two has looked at
//	ledger.go    the account
