package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// A bench is one run of this program: what all measurements share.
type bench struct {
	// Set before it starts, then read-only.
	dir     string        // where programs and ipc sockets lie
	seconds float64       // how long each run is to take
	limit   time.Duration // what a process may take beyond that
	runs    int           // how often each peer runs each scenario

	// Owned by the goroutine that measures.
	serial int // of ipc endpoints
}

const (
	// fewest and most bound how many messages a run has.
	fewest = 10
	most   = 200_000_000

	// eachFewest is how many messages each subscriber of a fan-out receives, at least, unless that takes overtime times as long as a run is to take.
	eachFewest = 1000
	overtime   = 20

	// trialPart is the part of the time that a trial run must fill for its speed to be believed, and trials how many there are at most.
	trialPart = 0.2
	trials    = 4

	// stretch is by how much a trial may be longer than the one before.
	stretch = 30
)

// trial is how many messages the first trial of s has: few enough for the slowest.
func (s scenario) trial() int {
	switch s.mode {
	case "lat":
		return 200
	case "queue":
		return 100_000
	case "fan":
		return max(10_000/max(s.links, 1), 20)
	case "router":
		return 2 * s.links
	}
	return min(max(4_000_000/max(s.size, 1), 100), 5000)
}

// size finds out how many messages p sends in the time that a run is to take.
func (b *bench) size(ctx context.Context, s scenario, p *peer) (int, error) {
	if s.count > 0 {
		return s.count, nil
	}
	count := s.trial()
	for range trials {
		l, err := b.once(ctx, s, p, count)
		if err != nil {
			return 0, err
		}
		grow := b.seconds / max(l["seconds"], 1e-6)
		if done := grow <= 1/trialPart; done {
			count = int(float64(count) * grow)
			break
		}
		count = int(float64(count) * min(grow, stretch))
	}
	return min(max(count, s.fewest(count)), most), nil
}

// fewest is how many messages a run of s has at least, where count fill its time. A fan-out's are long enough for each subscriber to have its mark of
// messages, so that those which are sent before anybody has received one weigh little; but for those who are so slow that it would take overtime.
func (s scenario) fewest(count int) int {
	if s.mode == "fan" {
		return max(min(eachFewest*max(s.topics, 1), overtime*count), fewest)
	}
	return fewest
}

// once has p measure s with count messages.
func (b *bench) once(ctx context.Context, s scenario, p *peer, count int) (line, error) {
	switch s.way {
	case apart:
		return b.inTwo(ctx, s, p, count)
	case steady:
		return b.watched(ctx, s, p, count)
	case idle:
		return b.besideIdle(ctx, s, p)
	case busy:
		return b.besideBusy(ctx, s, p, count)
	case together:
	}
	c, err := b.start(ctx, s, p, count)
	if err != nil {
		return nil, err
	}
	defer c.kill()
	l, err := c.line()
	if err != nil {
		return nil, err
	}
	return l, c.finish()
}

// start starts the process of p that measures s.
func (b *bench) start(ctx context.Context, s scenario, p *peer, count int, more ...string) (*child, error) {
	limit := b.limit + time.Duration(20*b.seconds*float64(time.Second))
	if s.way == steady {
		limit *= 20
	}
	args := []string{"mode=" + s.mode, "endpoint=" + b.endpoint(s), fmt.Sprintf("size=%d", s.size), fmt.Sprintf("count=%d", count)}
	if s.links > 0 {
		args = append(args, fmt.Sprintf("links=%d", s.links))
	}
	if s.topics > 0 {
		args = append(args, fmt.Sprintf("topics=%d", s.topics))
	}
	if s.curve {
		args = append(args, "curve=yes")
	}
	args = append(append(args, p.args...), more...)
	return start(ctx, limit, b.dir, p.name, p.bin, args...)
}

// endpoint is where s binds. An ipc socket is a new one each time.
func (b *bench) endpoint(s scenario) string {
	switch s.transport {
	case "tcp":
		return "tcp://127.0.0.1:*"
	case "ipc":
		b.serial++
		return "ipc://" + filepath.Join(b.dir, fmt.Sprintf("s%d", b.serial))
	case "inproc":
		return "inproc://bench"
	}
	return ""
}

// inTwo has one process receive and another send. The receiver says how fast it went, or, of round trips, the one that asks; what it cost is the sum.
func (b *bench) inTwo(ctx context.Context, s scenario, p *peer, count int) (line, error) {
	to, err := b.start(ctx, s, p, count, "role=receive")
	if err != nil {
		return nil, err
	}
	defer to.kill()
	endpoint, err := to.ready()
	if err != nil {
		return nil, err
	}
	from, err := b.start(ctx, s, p, count, "role=send", "endpoint="+endpoint)
	if err != nil {
		return nil, err
	}
	defer from.kill()
	sent, err := from.line()
	if err != nil {
		return nil, err
	}
	received, err := to.line()
	if err != nil {
		return nil, err
	}
	if err := to.finish(); err != nil {
		return nil, err
	}
	return bothEnds(received, sent), from.finish()
}

// bothEnds joins the lines of two processes.
func bothEnds(received, sent line) line {
	l := line{}
	for _, one := range []line{sent, received} {
		for key, v := range one {
			switch key {
			case "cpu_s_per_m", "allocs_per_msg", "bytes_per_msg", "peak_mb", "lost":
				l[key] += v
			case "seconds":
				l[key] = max(l[key], v)
			default:
				l[key] = v
			}
		}
	}
	return l
}
