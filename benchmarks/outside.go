package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weirmq/weir/benchmarks/stats"
)

const (
	// glance is how often the memory of a process is looked at.
	glance = 100 * time.Millisecond

	// settle is how long connections have to come to rest, and rest how long they are then watched.
	settle = 2 * time.Second
	rest   = 5 * time.Second

	// spareFiles is how many open files a process needs beside its connections.
	spareFiles = 200
)

// watched has p measure s, and looks at its memory meanwhile: how much larger it is in the last fifth of the time than in the second.
func (b *bench) watched(ctx context.Context, s scenario, p *peer, count int) (line, error) {
	c, err := b.start(ctx, s, p, count)
	if err != nil {
		return nil, err
	}
	defer c.kill()
	done := make(chan struct{})
	sizes := make(chan []float64, 1)
	go func() { sizes <- watchLoop(c.cmd.Process.Pid, done) }()
	l, err := c.line()
	close(done)
	seen := <-sizes
	if err != nil {
		return nil, err
	}
	if len(seen) >= 5 {
		fifth := len(seen) / 5
		early, late := stats.Median(seen[fifth:2*fifth]), stats.Median(seen[len(seen)-fifth:])
		l["early_mb"], l["late_mb"], l["growth_mb"] = early, late, late-early
	}
	return l, c.finish()
}

// watchLoop notes the resident size of a process until done, in millions of bytes.
func watchLoop(pid int, done <-chan struct{}) []float64 {
	var seen []float64
	clock := time.NewTicker(glance)
	defer clock.Stop()
	for {
		select {
		case <-done:
			return seen
		case <-clock.C:
		}
		if size, err := resident(pid); err == nil {
			seen = append(seen, size/1e6)
		}
	}
}

// besideIdle has p bind, and a crowd of connections come and do nothing: what each costs it, and how much of a processor it uses then.
func (b *bench) besideIdle(ctx context.Context, s scenario, p *peer) (line, error) {
	c, endpoint, err := b.bound(ctx, s, p, 0)
	if err != nil {
		return nil, err
	}
	defer c.kill()
	before, err := resident(c.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	others, err := b.crowd(ctx, s, endpoint, 0)
	if err != nil {
		return nil, err
	}
	defer others.kill()
	if _, err := others.ready(); err != nil {
		return nil, err
	}
	if err := pause(ctx, settle); err != nil {
		return nil, err
	}
	l := line{"links": float64(s.links)}
	after, err := resident(c.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	l["conn_kb"] = (after - before) / 1024 / float64(s.links)
	used, err := processorTime(c.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, rest); err != nil {
		return nil, err
	}
	since, err := processorTime(c.cmd.Process.Pid)
	l["cpu_percent"] = 100 * (since - used) / rest.Seconds()
	return l, errors.Join(err, c.finish(), others.finish())
}

// besideBusy has p bind, and a crowd of connections come and send count messages in all.
func (b *bench) besideBusy(ctx context.Context, s scenario, p *peer, count int) (line, error) {
	c, endpoint, err := b.bound(ctx, s, p, count)
	if err != nil {
		return nil, err
	}
	defer c.kill()
	others, err := b.crowd(ctx, s, endpoint, count)
	if err != nil {
		return nil, err
	}
	defer others.kill()
	if _, err := others.ready(); err != nil {
		return nil, err
	}
	l, err := c.line()
	if err != nil {
		return nil, err
	}
	return l, errors.Join(c.finish(), others.finish())
}

// bound starts p, and waits until it is bound.
func (b *bench) bound(ctx context.Context, s scenario, p *peer, count int) (*child, string, error) {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return nil, "", err
	}
	if need := uint64(s.links + spareFiles); files.Max < need {
		return nil, "", fmt.Errorf("the limit of open files is %d, and %d are needed: raise it (ulimit -n)", files.Max, need)
	}
	c, err := b.start(ctx, s, p, count, "role=receive")
	if err != nil {
		return nil, "", err
	}
	endpoint, err := c.ready()
	if err != nil {
		c.kill()
		return nil, "", err
	}
	return c, endpoint, nil
}

// crowd starts the connections that s asks for.
func (b *bench) crowd(ctx context.Context, s scenario, endpoint string, count int) (*child, error) {
	args := []string{"endpoint=" + endpoint, fmt.Sprintf("links=%d", s.links), fmt.Sprintf("size=%d", s.size), fmt.Sprintf("count=%d", count)}
	return start(ctx, 2*b.limit, b.dir, crowdProgram, filepath.Join(b.dir, crowdProgram), args...)
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// resident is the resident size of a process, in bytes, where the system has /proc.
func resident(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	var size, pages float64
	_, err = fmt.Sscan(string(b), &size, &pages)
	return pages * float64(os.Getpagesize()), err
}

// clockTick is the unit of times in /proc: it is 100 a second on every Linux there is.
const clockTick = 0.01

// processorTime is what a process has used so far, in seconds.
func processorTime(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(string(b))
}

// parseStat finds the user's and the system's time in a line of /proc/…/stat. The name of the program, in parentheses, may hold anything.
func parseStat(text string) (float64, error) {
	_, after, ok := cutLast(text, ")")
	fields := strings.Fields(after)
	if !ok || len(fields) < 13 {
		return 0, fmt.Errorf("no times in %q", text)
	}
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	return (user + system) * clockTick, err
}

// cutLast is strings.Cut around the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
