package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weirmq/weir/socket"
)

// statsInterval is the time between two lines of --stats.
const statsInterval = time.Second

// watchStats says once a second on standard error how the socket stands, and once more when endStats is called, which must be done.
func (s *session) watchStats(of func() socket.Stats) {
	if !s.set.stats {
		return
	}
	before := of()
	say := func() {
		now := of()
		s.std.note("%s", statsLine(now, now.Since(before)))
		before = now
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		statsLoop(ctx, say)
	}()
	s.endStats = func() {
		cancel()
		<-done
		say()
	}
}

// statsLoop calls say each second until ctx ends.
func statsLoop(ctx context.Context, say func()) {
	tick := time.NewTicker(statsInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			say()
		case <-ctx.Done():
			return
		}
	}
}

// statsLine is how a socket stands, in one line. r are its rates since the line before.
func statsLine(st socket.Stats, r socket.Rates) string {
	peers, outMark, inMark := 0, 0, 0
	for _, p := range st.Peers {
		if p.Connected {
			peers++
		}
		outMark, inMark = outMark+p.OutMark, inMark+p.InMark
	}
	parts := []string{fmt.Sprintf("stats: %d peers", peers)}
	if outMark > 0 || st.Out.Accepted > 0 {
		parts = append(parts, direction("out", "sent", st.Out, outMark, r.Sent, st.SentBytes, r.SentBytes))
	}
	if inMark > 0 || st.In.Accepted > 0 {
		parts = append(parts, direction("in", "received", st.In, inMark, r.Received, st.ReceivedBytes, r.ReceivedBytes))
	}
	return strings.Join(parts, "; ")
}

// direction is one half of a line.
func direction(name, done string, l socket.Ledger, mark int, rate float64, bytes uint64, byteRate float64) string {
	limit := ""
	if mark > 0 {
		limit = fmt.Sprintf(" of %d", mark)
	}
	var dropped uint64
	var why []string
	for _, reason := range slices.Sorted(maps.Keys(l.Dropped)) {
		dropped += l.Dropped[reason]
		why = append(why, fmt.Sprintf("%s %d", reason, l.Dropped[reason]))
	}
	line := fmt.Sprintf("%s: %d queued%s, %d %s, %.0f/s, %d bytes, %.0f/s, %d dropped", name, l.Queued, limit, l.Delivered, done, rate, bytes, byteRate, dropped)
	if dropped > 0 {
		line += " (" + strings.Join(why, ", ") + ")"
	}
	return line
}
