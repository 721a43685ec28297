package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/weirmq/weir/benchmarks/plot"
	"github.com/weirmq/weir/benchmarks/stats"
)

// A table prints results as they come: under a heading for each group, a row for each scenario and a column for each peer that plays it.
type table struct {
	to    io.Writer
	peers []*peer
	group string   // the group of the last row
	notes []string // what went wrong, by number
}

// Widths of the columns.
const (
	nameWidth  = 38
	peerWidth  = 13
	ratioWidth = 24
)

// columns are the peers that have something under the heading of a group.
func columns(all []scenario, peers []*peer, group string) []*peer {
	return slices.DeleteFunc(slices.Clone(peers), func(p *peer) bool {
		return !slices.ContainsFunc(all, func(s scenario) bool { return s.group() == group && p.plays(s) })
	})
}

// row prints the row of s.
func (t *table) row(all []scenario, s scenario, r *results) {
	cols := columns(all, t.peers, s.group())
	if t.group != s.group() {
		t.group = s.group()
		t.heading(cols, s.base())
	}
	row := []string{padded(s.name(), nameWidth)}
	for _, p := range cols {
		row = append(row, left(t.cell(s, p, r), peerWidth))
	}
	row = append(row, left(s.ratios(r), ratioWidth), "   ", strings.Join(verdicts(s, r), "; "))
	say(t.to, strings.TrimRight(strings.Join(row, ""), " "))
}

// heading prints the heading of a group.
func (t *table) heading(cols []*peer, base string) {
	say(t.to, "", t.group)
	row := []string{padded("", nameWidth)}
	for _, p := range cols {
		row = append(row, left(p.name, peerWidth))
	}
	if base != "" {
		base = "weir : " + base
	}
	row = append(row, left(base, ratioWidth), "   to reach")
	say(t.to, strings.Join(row, ""))
}

// cell is what one peer has in one row; what went wrong has a number, and stands below.
func (t *table) cell(s scenario, p *peer, r *results) string {
	f := s.figure()
	text := "–"
	if v := r.spread(s.name(), p.name, f.key); v.Known() {
		text = f.word(v.Median)
	}
	if trouble := r.trouble(s.name(), p.name); trouble != "" {
		t.notes = append(t.notes, fmt.Sprintf("%s, %s: %s", s.name(), p.name, trouble))
		text += fmt.Sprintf(" (%d)", len(t.notes))
	}
	return text
}

// word words a figure with its unit, which the heading has where it is per second.
func (f figure) word(v float64) string {
	unit, _, _ := strings.Cut(f.unit, " ")
	switch {
	case unit == "µs" && v >= 1000:
		return plot.Short(v/1000) + " ms"
	case unit == "" || unit == "/s":
		return plot.Short(v)
	}
	return plot.Short(v) + " " + unit
}

// ratios words the ratio of Weir's figure to that of the base.
func (s scenario) ratios(r *results) string {
	return spreadOf(r.ratio(s.name(), s.base(), s.figure().key))
}

// spreadOf words a spread of ratios.
func spreadOf(v stats.Spread) string {
	if !v.Known() {
		return ""
	}
	return fmt.Sprintf("%.2f (%.2f…%.2f)", v.Median, v.Low, v.High)
}

// verdicts say for each want of s what there is, with its spread, and whether its median is enough.
func verdicts(s scenario, r *results) []string {
	var all []string
	for _, w := range s.wants {
		v := w.value(s, r)
		if !v.Known() {
			all = append(all, w.bound()+w.name()+": not measured")
			continue
		}
		word := "short"
		if w.met(v.Median) {
			word = "met"
		}
		all = append(all, fmt.Sprintf("%s%s: %s, %s", w.bound(), w.name(), reached(v), word))
	}
	return all
}

// reached words what was reached, with its spread where there is one.
func reached(v stats.Spread) string {
	if v.Low == v.High {
		return plot.Short(v.Median)
	}
	return fmt.Sprintf("%s (%s…%s)", plot.Short(v.Median), plot.Short(v.Low), plot.Short(v.High))
}

// value is what a want looks at.
func (w want) value(s scenario, r *results) stats.Spread {
	key := w.figure
	if key == "" {
		key = s.figure().key
	}
	switch {
	case w.beside != "":
		return r.quotient(s.name(), "weir", w.beside, cmp.Or(w.against, "weir"), key)
	case w.against != "":
		return r.ratio(s.name(), w.against, key)
	}
	return r.spread(s.name(), "weir", key)
}

// met says whether v is enough.
func (w want) met(v float64) bool {
	if w.zero {
		return v == 0
	}
	return (w.least == 0 || v >= w.least) && (w.most == 0 || v <= w.most)
}

// bound words what is wanted.
func (w want) bound() string {
	switch {
	case w.zero:
		return "0"
	case w.least > 0:
		return "≥ " + plot.Short(w.least)
	}
	return "≤ " + plot.Short(w.most)
}

// name words what it is wanted of.
func (w want) name() string {
	var words []string
	if w.figure != "" {
		words = append(words, w.figure)
	}
	if w.against != "" {
		words = append(words, "of "+w.against)
	}
	if w.beside != "" {
		words = append(words, "of "+w.beside)
	}
	if len(words) == 0 {
		return ""
	}
	return " " + strings.Join(words, " ")
}

// costs prints what a message costs: processor, allocations, bytes allocated, the most memory a process had, and how many were lost.
func (t *table) costs(all []scenario, r *results) {
	const title = "What a message costs: processor seconds a million, allocations and bytes of Go's memory each, peak memory; and how many were lost"
	t.details(t.to, title, all, r, []detail{{"CPU s/M", "cpu_s_per_m"}, {"allocs", "allocs_per_msg"}, {"bytes", "bytes_per_msg"}, {"peak MB", "peak_mb"}, {"lost", "lost"}})
}

// tails prints the quantiles of what was timed one by one.
func (t *table) tails(all []scenario, r *results) {
	t.details(t.to, "Quantiles, in microseconds", all, r, []detail{{"p50", "p50_us"}, {"p99", "p99_us"}, {"p99.9", "p999_us"}})
}

// A detail is a column of what stands below the table.
type detail struct{ word, key string }

// details prints a row for each peer in each scenario that has the first of them, if there is any.
func (t *table) details(to io.Writer, title string, all []scenario, r *results, wanted []detail) {
	head := []string{padded("", nameWidth+peerWidth)}
	for _, d := range wanted {
		head = append(head, left(d.word, peerWidth))
	}
	head = []string{"", title, strings.Join(head, "")}
	for _, s := range all {
		for _, p := range t.peers {
			if !r.spread(s.name(), p.name, wanted[0].key).Known() {
				continue
			}
			row := []string{padded(s.name(), nameWidth), left(p.name, peerWidth)}
			for _, d := range wanted {
				text := "–"
				if v := r.spread(s.name(), p.name, d.key); v.Known() {
					text = plot.Short(v.Median)
				}
				row = append(row, left(text, peerWidth))
			}
			say(to, append(head, strings.Join(row, ""))...)
			head = nil
		}
	}
}

// footnotes prints what went wrong.
func (t *table) footnotes() {
	if len(t.notes) > 0 {
		say(t.to, "", "What went wrong")
	}
	for i, note := range t.notes {
		say(t.to, fmt.Sprintf("(%d) %s", i+1, note))
	}
}

// say prints lines. A terminal that is gone is no reason to stop measuring: the CSV is still to come.
func say(to io.Writer, lines ...string) {
	_, _ = fmt.Fprintln(to, strings.Join(lines, "\n"))
}

// padded puts words at the left of a column, and left leaves room at their left.
func padded(s string, n int) string {
	return s + strings.Repeat(" ", max(n-utf8.RuneCountInString(s), 1))
}

func left(s string, n int) string {
	return strings.Repeat(" ", max(n-utf8.RuneCountInString(s), 1)) + s
}
