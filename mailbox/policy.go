package mailbox

import "errors"

// Policy says what a push does when the queue is at its mark.
type Policy uint8

// The policies. Block is the zero value.
const (
	// Block makes Push wait for room and TryPush answer ErrFull.
	Block Policy = iota
	// Reject makes both Push and TryPush answer ErrFull.
	Reject
	// DropNewest drops the item that is being pushed.
	DropNewest
	// DropOldest drops the oldest item that is not in the consumer's hand.
	DropOldest
	// Conflate keeps one item, the newest.
	Conflate
)

// String returns the policy's name in lower case with hyphens.
func (p Policy) String() string {
	switch p {
	case Block:
		return "block"
	case Reject:
		return "reject"
	case DropNewest:
		return "drop-newest"
	case DropOldest:
		return "drop-oldest"
	case Conflate:
		return "conflate"
	default:
		return "unknown"
	}
}

// Reason says why an item was dropped; it is the key of Ledger.Dropped.
// Users of the package declare reasons of their own beside the ones here.
type Reason string

// The reasons that the package itself counts under.
const (
	// ReasonFull: the queue was at its mark (DropNewest).
	ReasonFull Reason = "full"
	// ReasonReplaced: a newer item took the place (DropOldest, Conflate).
	ReasonReplaced Reason = "replaced"
	// ReasonClosed: the queue was closed before the item was delivered.
	ReasonClosed Reason = "closed"
)

// Errors that a push answers with.
var (
	// ErrFull: the queue is at its mark, or has been and has not yet drained to its low-water mark.
	ErrFull = errors.New("mailbox: full")
	// ErrClosed is the reason of a queue that was closed with a nil reason.
	ErrClosed = errors.New("mailbox: closed")
)

// Config is what a queue is made from. The zero value is an unlimited queue with the policy Block.
type Config[T any] struct {
	// Mark is the most items held; 0 or less is no limit.
	Mark int
	// Bytes is the most bytes held; 0 or less is no limit. It needs Size. An item is accepted while the bytes held are below it.
	Bytes int64
	// Size returns the bytes that an item counts for; nil counts none.
	Size func(T) int
	// Policy says what becomes of a push at the mark.
	Policy Policy
	// OnDrop, where not nil, is called with each item that was accepted and leaves without the consumer's having a say: one that is discarded, pushed
	// out, or replaced. It runs in whichever goroutine drops it, may run under a lock of the queue, and must not use the queue.
	OnDrop func(T)
	// OnReady is the first hook; see Queue.SetOnReady.
	OnReady func()
	// OnLoss, where not nil, is called each time items were counted as dropped, whoever dropped them. It runs in whichever goroutine does so, may run
	// under a lock of the queue, and must not use the queue.
	OnLoss func()
	// OnFull is called, outside any lock of the queue, each time the queue is shut because it is full, and now and then once more. It runs in
	// whichever goroutine shut it: a producer inside its push, or the caller of SetMark or SetBytes. What is said of OnRoom holds for it too. By then
	// the queue may be open again, and OnRoom have been called. Under DropOldest and Conflate a queue is never shut.
	OnFull func()
	// OnRoom is called, outside any lock of the queue, each time a shut queue opens again; now and then once more. It runs
	// in whichever goroutine opened the queue: the consumer in Done, Drop or Take, the caller of SetMark or SetBytes, and
	// sometimes a producer inside its push. So it must not block, and not take a lock that is held around a push. After a
	// push that was refused with ErrFull a call follows, unless the queue is closed; it may come before the push returns.
	OnRoom func()
}
