package rig

import (
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weirmq/weir/benchmarks/stats"
)

// Uncounted is the number of lost messages where a loss is not counted, but shows otherwise: who waits for an answer that never comes has no end in time.
const Uncounted = -1

// A Meter takes what a stretch of a program cost, between Start and Stop. The zero value is ready. Not safe for concurrent use.
type Meter struct {
	begin   time.Time
	took    time.Duration
	cpu     time.Duration
	mallocs uint64
	bytes   uint64
}

// Start starts the clock, last of all.
func (m *Meter) Start() {
	m.cpu = processorTime()
	m.mallocs, m.bytes = allocated()
	m.begin = time.Now()
}

// Stop stops the clock, first of all.
func (m *Meter) Stop() {
	m.took = max(time.Since(m.begin), 1)
	mallocs, bytes := allocated()
	m.cpu, m.mallocs, m.bytes = processorTime()-m.cpu, mallocs-m.mallocs, bytes-m.bytes
}

// Rate adds how fast n messages went in the time given, and what they cost.
func (m *Meter) Rate(l *Line, r *Run, n int, took time.Duration, lost int) {
	perSecond := float64(n) / took.Seconds()
	l.Float("msgs_per_s", perSecond, 0).Float("mb_per_s", perSecond*float64(r.Size)/1e6, 1)
	m.Cost(l, n, lost)
}

// Delays adds the mean and the quantiles of d, which it sorts, and what they cost.
func (m *Meter) Delays(l *Line, d []time.Duration, mean time.Duration, lost int) {
	slices.Sort(d)
	micros := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
	l.Float("rtt_us", micros(mean), 3)
	for _, q := range []struct {
		key  string
		part float64
	}{{"p50_us", 0.5}, {"p99_us", 0.99}, {"p999_us", 0.999}} {
		l.Float(q.key, micros(stats.Quantile(d, q.part)), 3)
	}
	m.Cost(l, len(d), lost)
}

// Cost adds what n messages cost this process, and how many were lost.
func (m *Meter) Cost(l *Line, n, lost int) {
	each := 1 / float64(max(n, 1))
	l.Float("seconds", m.took.Seconds(), 4)
	if lost != Uncounted {
		l.Int("lost", int64(lost))
	}
	l.Float("cpu_s_per_m", m.cpu.Seconds()*each*1e6, 4)
	l.Float("allocs_per_msg", float64(m.mallocs)*each, 4).Float("bytes_per_msg", float64(m.bytes)*each, 1)
	l.Float("peak_mb", peak(), 1)
}

// allocated is how many objects, and bytes, have been allocated so far.
func allocated() (objects, bytes uint64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs, m.TotalAlloc
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the largest resident size that this process has had, in millions of bytes.
func peak() float64 {
	most := float64(usage().Maxrss)
	if runtime.GOOS == "darwin" {
		return most / 1e6 // which counts bytes
	}
	return most * 1024 / 1e6
}

// usage is what the system has counted for this process.
func usage() (u unix.Rusage) {
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // fails only for wrong arguments
	return u
}

// Monotonic is the time of a clock that all processes of this machine share, in nanoseconds.
func Monotonic() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // fails only for wrong arguments
	return t.Nano()
}

// Took is how long the clock ran.
func (m *Meter) Took() time.Duration { return m.took }
