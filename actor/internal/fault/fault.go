package fault

// A Fault is a failure that is put onto an actor's control lane. When its turn comes, the actor fails with it.
type Fault struct {
	// Err is what the handler shall seem to have returned; nil: it panics.
	Err error

	// Panic is what it shall seem to have panicked with, if Err is nil.
	Panic any
}

// Raise fails as the fault says. Called by the kernel in place of the handler.
func (f Fault) Raise() error {
	if f.Err == nil {
		panic(f.Panic)
	}
	return f.Err
}

// Inject puts f onto the control lane of the actor behind ref, an actor.Ref of any type. It returns actor.ErrStopped if
// the actor takes nothing more. Package actor sets it.
var Inject func(ref any, f Fault) error
