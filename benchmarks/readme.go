package main

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"strings"
)

// The marks between which a document shows figures. What stands between them is written by this program alone.
const (
	figuresBegin = "<!-- figures: begin (written by the benchmarks) -->"
	figuresEnd   = "<!-- figures: end -->"
)

// rewriteFigures puts the figures of r between the marks of a document. Pictures are where the document finds them.
func rewriteFigures(file, pictureDir string, r *results, peers []*peer) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text, err := between(string(old), figures(r, peers, pictureDir))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// between replaces what stands between the marks.
func between(document, text string) (string, error) {
	before, rest, begins := strings.Cut(document, figuresBegin)
	_, after, ends := strings.Cut(rest, figuresEnd)
	if !begins || !ends {
		return "", fmt.Errorf("no place for figures: want a line %q and a line %q", figuresBegin, figuresEnd)
	}
	return before + figuresBegin + "\n\n" + text + "\n" + figuresEnd + after, nil
}

// A comparison is a column of ratios.
type comparison struct {
	of   string // whose figure is divided; "" for Weir's
	word string // what that is called
	peer string // by whose it is divided
	name string // what that is called
}

// heading is what stands above it.
func (c comparison) heading() string { return strings.TrimSpace(c.word + " : " + c.name) }

// compared are the columns of ratios.
var compared = []comparison{
	{peer: "libzmq", name: "libzmq"},
	{of: "weir-gogc100", word: "with GOGC=100", peer: "libzmq", name: "libzmq"},
	{peer: "pebbe", name: "pebbe/zmq4"},
	{peer: "go-zeromq", name: "go-zeromq/zmq4"},
	{peer: "go-channel", name: "Go channel"},
	{peer: "raw", name: "raw limit"},
}

// figures words r in Markdown: where it was measured, a table of Weir's figures and their ratios, and the pictures.
func figures(r *results, peers []*peer, pictureDir string) string {
	var b strings.Builder
	for _, text := range r.head {
		b.WriteString(text + "<br>\n")
	}
	b.WriteString("\n| | Weir | without Release |")
	for _, c := range compared {
		b.WriteString(" " + c.heading() + " |")
	}
	b.WriteString("\n|---|---|---|" + strings.Repeat("---|", len(compared)) + "\n")
	var notes []string
	for _, s := range scenarios() {
		if v := r.spread(s.name(), "weir", s.figure().key); s.shown && v.Known() {
			b.WriteString(figureRow(s, r, &notes))
		}
	}
	for i, note := range notes {
		fmt.Fprintf(&b, "\n(%d) %s\n", i+1, note)
	}
	for _, p := range pictures(r, peers) {
		fmt.Fprintf(&b, "\n![%s](%s)\n", p.chart.Title, path.Join(pictureDir, p.file))
	}
	return b.String()
}

// figureRow is one row: Weir's figure, and its ratio to each of the others with the spread. What went wrong has a number, and is added to notes.
func figureRow(s scenario, r *results, notes *[]string) string {
	f := s.figure()
	cells := []string{s.name()}
	note := func(peer, text string) string {
		trouble := r.trouble(s.name(), peer)
		if trouble == "" {
			return text
		}
		*notes = append(*notes, fmt.Sprintf("%s, %s: %s", s.name(), peer, trouble))
		return strings.TrimSpace(fmt.Sprintf("%s (%d)", text, len(*notes)))
	}
	for _, p := range []string{"weir", "weir-gc"} {
		text := ""
		if v := r.spread(s.name(), p, f.key); v.Known() {
			text = f.long(v.Median)
		}
		cells = append(cells, note(p, text))
	}
	for _, c := range compared {
		text := ""
		if v := r.quotient(s.name(), cmp.Or(c.of, "weir"), s.name(), c.peer, f.key); v.Known() && s.base() != "" {
			text = fmt.Sprintf("%.2f (%.2f … %.2f)", v.Median, v.Low, v.High)
		}
		cells = append(cells, note(cmp.Or(c.of, c.peer), text))
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// long words a figure with all of its unit.
func (f figure) long(v float64) string {
	_, rest, _ := strings.Cut(f.unit, " ")
	text := f.word(v)
	if f.unit == "/s" {
		text += f.unit
	}
	return strings.TrimSpace(text + " " + rest)
}
