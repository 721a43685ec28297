package actor

// Guard calls f and returns its error, or its panic as a *[PanicError]. It is for code that runs on behalf of an actor in a goroutine of its own, or that
// somebody else has written: what goes wrong there is a failure too, and no end of the process.
func Guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = newPanicError(v)
		}
	}()
	return f()
}
