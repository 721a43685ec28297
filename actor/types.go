package actor

import (
	"errors"
	"fmt"
)

// Errors of this package, for errors.Is.
var (
	// ErrStopped: the actor, or the system, has stopped or is stopping, and takes nothing more.
	ErrStopped = errors.New("actor: stopped")

	// ErrNameTaken: a sibling of that name exists, or has stopped and its parent has not received its [ChildStopped] yet.
	ErrNameTaken = errors.New("actor: name taken")
)

// An Actor handles messages of type M, one at a time. The instance belongs to its actor's goroutine: no other goroutine
// needs to, or may, touch its fields.
//
// Receive is called with each message, which [Context.Message] returns: a value of M or one of the lifecycle messages of
// this package. It must not wait: not for room, a reply, a dial or a timer. An error that it returns, and a panic in it,
// is a failure: nothing more is handled until the strategy of the parent has decided. See [Strategy].
//
// The life of an instance: Started, then messages in any number, then exactly one of Restarting and Stopping, which is
// the last it receives. An instance whose Started failed still gets Restarting or Stopping, so that it can release what
// it already held.
type Actor[M any] interface {
	Receive(ctx *Context[M]) error
}

// Lifecycle messages. Context.Message returns them by value.
type (
	// Started is the first message of each instance.
	Started struct{}

	// Restarting is the last message of an instance that is going to be replaced: release what you hold. An error
	// returned for it is logged and changes nothing. The actor's children are stopped next, then the delay of the
	// verdict passes, then the next instance is made.
	Restarting struct {
		// Reason is the failure: what Receive returned, a *PanicError, or what a sibling failed with when the
		// strategy restarts more than the one that failed. Never nil.
		Reason error
	}

	// Stopping is the last message of an instance whose actor stops: release what you hold. An error returned for it is
	// logged and changes nothing. The actor's children are stopped next.
	Stopping struct{}

	// DataReady says that the lane lent by [Context.OpenData] has something. It is received again, after whatever waits
	// on the control lane, until the lane has nothing left: so handle a batch at a time.
	DataReady struct{}

	// ChildStopped says that a child is gone: stopped by its parent, by itself, or by its strategy. It arrives after
	// everything that the child had told its parent. From now on the name may be used again. Children that are stopped
	// because their parent restarts or stops are not told of.
	ChildStopped struct {
		// Name and Path are those of the child.
		Name, Path string

		// Reason is the failure after which the strategy stopped the child; nil for any other stop.
		Reason error
	}
)

// A DeadLetter is a message that no handler will see, or that a handler failed over.
type DeadLetter struct {
	// To is the path of the actor it was sent to.
	To string

	// Message is the message.
	Message any

	// Reason is [ErrStopped], or the failure of the handler. Never nil.
	Reason error
}

// A PanicError is a panic in a handler, or in the function that makes one, as a failure.
type PanicError struct {
	// Value is what panic was called with.
	Value any

	// Stack is the stack of the goroutine at the panic, as debug.Stack prints it.
	Stack []byte
}

// Error returns the panic value in words, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic value if it is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
