package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// A claim is one thing that has to hold at the end of a run.
type claim struct {
	holds bool
	words string // what holds, or would have to, with the numbers that say so
}

// A verdict is what a book comes to when the run is over. The sets are made by looking at each number, never by taking one
// count from another; so the counts can be held against what the connections say of themselves.
type verdict struct {
	book *book
	lost []conn // the source's connections that went before an end had passed: there has to be one
	off  []conn // those whose ledger is not what the trace saw, or is not there

	missing []int // numbers that arrived through nobody
	handed  []int // taken by the kernel on the connection that was lost
	through []int // arrived through the life that was killed
	foreign []int // of these, the ones that were not handed over on the connection that was lost
	robbed  []int // missing, though not handed over on the connection that was lost
	queued  []int // were in the queue for the killed worker: accepted before the kill, handed over on a later connection
}

// judge reads the book, which nobody may write to any more.
func judge(b *book) verdict {
	v := verdict{book: b}
	for c, n := range b.traced {
		if !b.ends[c] {
			v.lost = append(v.lost, c)
		}
		if said, gone := b.ledger[c]; !gone || said != n {
			v.off = append(v.off, c)
		}
	}
	lost := v.theLost()
	for n := 1; n <= b.total; n++ {
		on, by := b.handed[n], b.got[n]
		here, onLost := by != life{}, on == lost && on != conn{}
		note(&v.missing, n, !here)
		note(&v.handed, n, onLost)
		note(&v.through, n, here && by == b.killed)
		note(&v.foreign, n, here && by == b.killed && !onLost)
		note(&v.robbed, n, !here && !onLost)
		note(&v.queued, n, n <= b.before && on.endpoint == lost.endpoint && on.attempt > lost.attempt)
	}
	return v
}

// note puts n into set where it belongs there.
func note(set *[]int, n int, belongs bool) {
	if belongs {
		*set = append(*set, n)
	}
}

// theLost is the connection that was lost, where there is exactly one.
func (v *verdict) theLost() conn {
	if len(v.lost) != 1 {
		return conn{}
	}
	return v.lost[0]
}

// claims are all that has to hold.
func (v *verdict) claims() []claim {
	b, lost := v.book, v.theLost()
	ledger := b.ledger[lost]
	return []claim{
		{b.accepted == b.total, fmt.Sprintf("all %d numbers were sent", b.total)},
		{len(b.twice) == 0, "nothing arrived twice" + list(b.twice)},
		{len(b.again) == 0, "nothing was handed to a kernel twice" + list(b.again)},
		{len(v.off) == 0, fmt.Sprintf("each of the source's %d connections counted what its trace saw", len(b.traced))},
		{
			b.killed != life{} && b.workers[lost.endpoint] == b.killed.worker,
			fmt.Sprintf("one connection was lost, that to the worker that was killed (%d lost)", len(v.lost)),
		},
		{len(v.robbed) == 0, "every missing number had left for the killed worker" + list(v.robbed)},
		{len(v.foreign) == 0, "what came through the killed process had left on its connection" + list(v.foreign)},
		{
			len(v.missing) == ledger-len(v.through),
			fmt.Sprintf("missing %d = %d on the killed connection, by its ledger, less %d received through that life",
				len(v.missing), ledger, len(v.through)),
		},
		{len(v.missing) > 0, "the kill came with messages in flight"},
		{len(v.queued) > 0, "the kill came with messages queued for that worker"},
	}
}

// list puts the first of some numbers that should not be there into words. No numbers, no words.
func list(numbers []int) string {
	if len(numbers) == 0 {
		return ""
	}
	s := fmt.Sprint(numbers[:min(len(numbers), 10)])
	return fmt.Sprintf(" (but %d: %s …)", len(numbers), strings.Trim(s, "[]"))
}

// print writes the numbers, and then the claims.
func (v *verdict) print(out io.Writer) {
	b, lost := v.book, v.theLost()
	arrived := 0 // of those that were queued
	for _, n := range v.queued {
		if b.got[n] != (life{}) {
			arrived++
		}
	}
	restarts, reconnects := 0, 0
	for _, n := range b.lives {
		restarts += n - 1
	}
	for _, n := range b.up {
		reconnects += n - 1
	}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) } // nobody to tell where it fails
	say("\n%8d  numbered messages", b.total)
	say("%8d  received", b.received)
	say("%8d  missing", len(v.missing))
	say("%8d  on the killed connection (%s, attempt %d), %d by its ledger",
		len(v.handed), b.workers[lost.endpoint], lost.attempt, b.ledger[lost])
	say("%8d  received through that life (%s, process %d)", len(v.through), b.killed.worker, b.killed.pid)
	say("%8d  queued for it at the kill, of which %d arrived", len(v.queued), arrived)
	say("%8d  restarts\n%8d  reconnects\n", restarts, reconnects)
	for _, c := range v.claims() {
		say("%s  %s", map[bool]string{true: "ok  ", false: "FAIL"}[c.holds], c.words)
	}
}

// err is nil where all claims hold.
func (v *verdict) err() error {
	claims := v.claims()
	failed := slices.DeleteFunc(claims, func(c claim) bool { return c.holds })
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%d claims do not hold, the first: %s", len(failed), failed[0].words)
}
