package actor

import "fmt"

// Unexpected is for the default case of a handler. It returns nil for a lifecycle message, which a handler may ignore, and
// for everything else an error that fails the actor. Built with the tag invariants, it panics instead.
func Unexpected(m any) error {
	switch m.(type) {
	case Started, Restarting, Stopping, DataReady, ChildStopped:
		return nil
	}
	if invariants {
		panic(fmt.Sprintf("BUG: unexpected message %T", m))
	}
	return fmt.Errorf("actor: unexpected message %T", m)
}
