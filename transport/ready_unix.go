//go:build unix

package transport

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// closedFD stands for a descriptor that is closed: poll passes over it.
const closedFD = -1

// CanPoll says whether the platform can wait for the readiness of descriptors.
const CanPoll = true

// Poll asks what the descriptors are ready for. Without an alarm it returns at once; with one it waits until one of them is ready, or the alarm rings. It
// holds up a thread meanwhile, not a processor.
func Poll(list []Descriptor, alarm *Alarm) error {
	return pollFDs(list, alarm, make([]unix.PollFd, 0, len(list)+1))
}

// pollFDs borrows the descriptors of list one by one, so that none is closed meanwhile, and polls them all.
func pollFDs(list []Descriptor, alarm *Alarm, fds []unix.PollFd) error {
	if len(fds) < len(list) {
		d := &list[len(fds)]
		var events int16
		if d.In {
			events |= unix.POLLIN
		}
		if d.Out {
			events |= unix.POLLOUT
		}
		var err error
		if d.Raw.Control(func(fd uintptr) {
			err = pollFDs(list, alarm, append(fds, unix.PollFd{Fd: int32(fd), Events: events}))
		}) != nil { // it is closed, and the others are not
			err = pollFDs(list, alarm, append(fds, unix.PollFd{Fd: closedFD}))
		}
		return err
	}
	timeout := 0
	if alarm != nil && !slices.ContainsFunc(fds, func(fd unix.PollFd) bool { return fd.Fd == closedFD }) {
		timeout = -1
	}
	if alarm != nil {
		fds = append(fds, unix.PollFd{Fd: int32(alarm.r), Events: unix.POLLIN})
	}
	for {
		_, err := unix.Poll(fds, timeout)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("poll: %w", err)
		}
	}
	for i := range list {
		d, got := &list[i], fds[i].Revents
		gone := got&unix.POLLHUP != 0 // an end of file, which poll reports whatever it is asked
		d.CanRead = d.In && (gone || got&unix.POLLIN != 0)
		d.CanWrite = d.Out && got&unix.POLLOUT != 0
		d.Broken = fds[i].Fd == closedFD || got&(unix.POLLERR|unix.POLLNVAL) != 0 || gone && !d.In
	}
	return nil
}

// An Alarm ends a Poll from outside.
type Alarm struct{ r, w int }

// NewAlarm makes one. The caller closes it.
func NewAlarm() (*Alarm, error) {
	var p [2]int
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := unix.Pipe(p[:]); err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	return &Alarm{r: p[0], w: p[1]}, nil
}

// Ring ends the Poll that has the alarm, and every later one.
func (a *Alarm) Ring() { _, _ = unix.Write(a.w, []byte{0}) } // an empty pipe has room

// Close lets go of the alarm. No Poll may have it any more.
func (a *Alarm) Close() {
	_ = unix.Close(a.r)
	_ = unix.Close(a.w)
}
