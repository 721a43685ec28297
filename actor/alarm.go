package actor

import (
	"sync"
	"sync/atomic"
	"time"
)

// An alarm is one message that is to come: what Context.After returned the cancel function of.
type alarm struct {
	// Set by after, then read-only.

	timer *time.Timer

	// Atomic: an one of the states below. It leaves alarmSet once: by the delivery, the cancel function or the end of the instance.

	state atomic.Int32
}

// The states of an alarm.
const (
	alarmSet  int32 = iota // to come; the message may be on the control lane already
	alarmRung              // delivered; if the handler fails over it, it may be delivered again
	alarmOff               // cancelled
)

// alarms are those of one actor that are not over. The zero value is empty.
type alarms struct {
	mu sync.Mutex

	// Guarded by mu.

	set map[*alarm]struct{} // nil before the first
}

// after implements Context.After.
func (c *typed[M]) after(d time.Duration, m M) (cancel func()) {
	a := &alarm{}
	a.timer = time.AfterFunc(d, func() {
		if a.state.Load() == alarmSet {
			_ = c.control.TryPush(envelope[M]{msg: m, aux: a}) // fails when the actor is stopping, and the alarm with it
		}
	})
	alarms := &c.more().alarms
	alarms.add(a)
	return func() { alarms.cancel(a) }
}

// add notes a new alarm. Called on the actor's goroutine.
func (s *alarms) add(a *alarm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set == nil {
		s.set = make(map[*alarm]struct{})
	}
	s.set[a] = struct{}{}
}

// ring is called at the delivery of an alarm; it reports whether to deliver it.
func (s *alarms) ring(a *alarm) bool {
	if a.state.CompareAndSwap(alarmSet, alarmRung) {
		s.remove(a)
	}
	return a.state.Load() == alarmRung
}

// cancel ends a. Any goroutine calls it.
func (s *alarms) cancel(a *alarm) {
	if a.state.CompareAndSwap(alarmSet, alarmOff) {
		a.timer.Stop()
		s.remove(a)
	}
}

// remove forgets a.
func (s *alarms) remove(a *alarm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.set, a)
}

// end cancels all: the instance is gone.
func (s *alarms) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for a := range s.set {
		if a.state.CompareAndSwap(alarmSet, alarmOff) {
			a.timer.Stop()
		}
	}
	s.set = nil
}
