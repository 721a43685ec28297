package main

import (
	"errors"

	"github.com/weirmq/weir/socket"
)

// The exit statuses. Scripts rely on them.
const (
	statusDone     = 0 // all was done
	statusFailed   = 1 // an error while running, or messages that were not sent
	statusUsage    = 2 // the command line makes no sense
	statusTimedOut = 3 // nothing could be received or sent for the time of --timeout, rcvtimeo or sndtimeo
)

// errTimedOut is part of every error that --timeout, rcvtimeo or sndtimeo is the reason of.
var errTimedOut = errors.New("timed out")

// A runError is an error that came up while a command was running. All other errors that a command returns are about how it was called.
type runError struct{ err error }

// Error returns the words of the error itself.
func (e *runError) Error() string { return e.err.Error() }

// Unwrap returns the error itself.
func (e *runError) Unwrap() error { return e.err }

// running marks err, which may be nil, as one that came up while running.
func running(err error) error {
	if err == nil {
		return nil
	}
	return &runError{err}
}

// badOption says whether err is about an --option: one that is not there, or whose value is out of range, for the socket too, or names no I/O worker of those
// there are.
func badOption(err error) bool {
	return errors.Is(err, errOption) || errors.Is(err, socket.ErrBadOption) || errors.Is(err, socket.ErrNoIOWorker)
}

// statusOf is the exit status for what a command returned. An option that turns out to be bad later than the others was a bad value on the command line, too.
func statusOf(err error) int {
	var r *runError
	switch {
	case err == nil:
		return statusDone
	case !errors.As(err, &r), badOption(err):
		return statusUsage
	case errors.Is(err, errTimedOut):
		return statusTimedOut
	default:
		return statusFailed
	}
}
