package rig

import (
	"errors"
	"sync/atomic"
	"time"
)

const (
	// quiet is how long nothing may come before the rest counts as lost.
	quiet = 5 * time.Second

	// glance is how often that is looked after.
	glance = 50 * time.Millisecond

	// tick is how many messages pass between two signs of life: it keeps them off the fast path.
	tick = 64
)

// A reception takes messages until all have come, or nothing comes any more.
type reception struct {
	from  Socket
	meter *Meter        // takes what it cost to take those after the first; nil for one of many, since a look at the memory stops them all
	got   int           // messages that came
	alive atomic.Int64  // signs of life: written by the receiver, read by watch
	last  atomic.Int64  // when the latest was seen, by the clock of begin: written by watch
	begin time.Time     // when the first message came
	took  time.Duration // from then to the last one
}

// end is when the last message came.
func (r *reception) end() time.Time { return r.begin.Add(r.took) }

// all takes n messages. The clock runs from the first to the last. Loss is no error: it shows in what is missing from got.
func (r *reception) all(n int) error {
	if err := r.from.Take(); err != nil {
		return err
	}
	if r.meter != nil {
		r.meter.Start()
	}
	r.got, r.begin = 1, time.Now()
	done := make(chan struct{})
	defer close(done)
	go r.watchLoop(done)
	err := r.rest(n)
	r.took = max(time.Since(r.begin), 1)
	if r.meter != nil {
		r.meter.Stop()
	}
	if errors.Is(err, ErrAbandoned) {
		r.took = max(time.Duration(r.last.Load()), glance) // the wait for what was lost is no work
		return nil
	}
	return err
}

// rest takes messages until there have been n.
func (r *reception) rest(n int) error {
	for r.got < n {
		if err := r.from.Take(); err != nil {
			return err
		}
		if r.got++; r.got%tick == 0 {
			r.alive.Add(1)
		}
	}
	return nil
}

// watchLoop abandons the socket once nothing has come for a while, and ends when done does.
func (r *reception) watchLoop(done <-chan struct{}) {
	clock := time.NewTicker(glance)
	defer clock.Stop()
	var seen int64
	for {
		select {
		case <-done:
			return
		case <-clock.C:
		}
		now := time.Since(r.begin)
		if alive := r.alive.Load(); alive != seen {
			seen = alive
			r.last.Store(int64(now))
		}
		if now-time.Duration(r.last.Load()) > quiet {
			r.from.Abandon()
			return
		}
	}
}
