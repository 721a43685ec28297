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
	alive atomic.Int64  // signs of life, the first message being one: written by the receiver, read by watchLoop
	over  atomic.Bool   // there is nothing to look after any more: written by the receiver, read by watchLoop
	last  atomic.Int64  // when the latest sign was seen, in nanoseconds of Unix time: written by watchLoop
	begin time.Time     // when the first message came
	took  time.Duration // from then to the last one
}

// end is when the last message came.
func (r *reception) end() time.Time { return r.begin.Add(r.took) }

// all takes n messages, and looks after itself.
func (r *reception) all(n int) error {
	done := make(chan struct{})
	defer close(done)
	go watchLoop(done, r)
	return r.take(n)
}

// take takes n messages, while watchLoop looks. The clock runs from the first to the last. Loss is no error: it shows in what is missing from got.
func (r *reception) take(n int) error {
	defer r.over.Store(true)
	if err := r.from.Take(); err != nil {
		return err
	}
	if r.meter != nil {
		r.meter.Start()
	}
	r.got, r.begin = 1, time.Now()
	r.alive.Add(1)
	err := r.rest(n)
	r.took = max(time.Since(r.begin), 1)
	if r.meter != nil {
		r.meter.Stop()
	}
	if errors.Is(err, ErrAbandoned) {
		r.took = max(time.Unix(0, r.last.Load()).Sub(r.begin), glance) // the wait for what was lost is no work
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

// watchLoop abandons each socket to which nothing has come for a while, and ends when done does. One looks after all: a goroutine and a clock for each of a
// thousand subscribers would cost more than some of those do.
func watchLoop(done <-chan struct{}, all ...*reception) {
	clock := time.NewTicker(glance)
	defer clock.Stop()
	seen := make([]int64, len(all))
	for {
		select {
		case <-done:
			return
		case <-clock.C:
		}
		for i, r := range all {
			if r.over.Load() {
				continue
			}
			now := time.Now()
			if alive := r.alive.Load(); alive != seen[i] {
				seen[i] = alive
				r.last.Store(now.UnixNano())
			}
			if seen[i] > 0 && now.Sub(time.Unix(0, r.last.Load())) > quiet {
				r.over.Store(true)
				r.from.Abandon()
			}
		}
	}
}
