// Command benchmarks runs Weir and its peers through the same scenarios, in turns on the same machine, and shows medians and ratios: a table on the
// terminal, a CSV of every run, and charts.
//
//	go run . -short          the short version, in under three minutes
//	go run .                 all of it
//	go run . -only 'thr tcp' some rows (a regular expression)
//	go run . -from results/results.csv -readme ../README.md     no runs: shows an earlier CSV again, and rewrites the README's figures from it
//
// A peer is a program of its own (peers.go): Weir by its public API, libzmq from C, pebbe/zmq4 through cgo, go-zeromq/zmq4, Go channels, and the raw
// limits of Go and the kernel. All speak one line protocol (package rig). One that cannot be built is left out, loudly. Each has a time limit.
//
// A ratio is the median of the ratios of runs that followed one another, and its spread the smallest and the largest of them: so a slow minute weighs on
// all alike.
//
// # Files
//
//	scenarios.go    what is measured: one row each, with what Weir is to reach
//	peers.go        who is measured: one row each, and how its program is built
//	child.go        a peer's process, its lines, its time limit
//	measure.go      one run: how many messages, one process or two
//	outside.go      runs that are looked at from outside: memory, crowds of connections
//	turns.go        the runs of one scenario, in turns
//	results.go      all runs, to CSV and back
//	table.go, ahead.go, charts.go, readme.go    what is shown
//	rig, peers, libzmq    the peers' programs
//	stats, plot           medians and quantiles; SVG
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Flags of the program.
type flags struct {
	short   bool
	only    string
	peers   string
	runs    int
	seconds float64
	limit   time.Duration
	out     string
	from    string
	readme  string
}

func main() {
	var f flags
	flag.BoolVar(&f.short, "short", false, "a part of the scenarios")
	flag.StringVar(&f.only, "only", "", "only scenarios whose name matches this regular expression")
	flag.StringVar(&f.peers, "peers", "", "only these peers, by name, with commas between; weir is always there")
	flag.IntVar(&f.runs, "runs", 5, "how often each peer runs each scenario")
	flag.Float64Var(&f.seconds, "seconds", 1, "how long a run is to take")
	flag.DurationVar(&f.limit, "limit", 30*time.Second, "what a process may take beyond twenty times that before it is ended")
	flag.StringVar(&f.out, "out", "results", "the folder for the table, the CSV and the charts")
	flag.StringVar(&f.from, "from", "", "run nothing: show this CSV")
	flag.StringVar(&f.readme, "readme", "", "rewrite the figures in this document")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, f); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

// run measures, or reads what was measured, and shows it.
func run(ctx context.Context, f flags) error {
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return err
	}
	chosen, err := choose(scenarios(), f)
	if err != nil {
		return err
	}
	peers := choosePeers(f)
	if f.from != "" {
		return showAgain(f, chosen, peers)
	}
	begun := time.Now()
	dir, err := os.MkdirTemp("", "weir-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := buildAll(here, dir, peers, os.Stderr); err != nil {
		return err
	}
	b := &bench{dir: dir, seconds: f.seconds, limit: f.limit, runs: f.runs}
	r := &results{head: heading(peers, time.Now().Format(time.DateOnly), "go -C benchmarks run . "+strings.Join(os.Args[1:], " "))}
	text, err := os.Create(filepath.Join(f.out, "table.txt"))
	if err != nil {
		return err
	}
	defer func() { _ = text.Close() }()
	t := begin(io.MultiWriter(os.Stdout, text), r, peers)
	for _, s := range chosen {
		if err := b.compare(ctx, s, peers, r); err != nil {
			return errors.Join(err, save(f, r, peers)) // what there is so far
		}
		t.row(chosen, s, r)
	}
	t.end(chosen, r)
	say(t.to, "", "It took "+time.Since(begun).Round(time.Second).String())
	return save(f, r, peers)
}

// choose keeps the scenarios that are asked for.
func choose(all []scenario, f flags) ([]scenario, error) {
	pattern, err := regexp.Compile(f.only)
	if err != nil {
		return nil, err
	}
	chosen := slices.DeleteFunc(all, func(s scenario) bool { return f.short && !s.short || !pattern.MatchString(s.name()) })
	if len(chosen) == 0 {
		return nil, errors.New("no scenario has such a name")
	}
	return chosen, nil
}

// choosePeers keeps the peers that are asked for, and Weir; where none is, all of them, but for those that the short version has no time for.
func choosePeers(f flags) []*peer {
	if f.peers == "" {
		return slices.DeleteFunc(allPeers(), func(p *peer) bool { return f.short && p.aside })
	}
	wanted := append(strings.Split(f.peers, ","), "weir")
	return slices.DeleteFunc(allPeers(), func(p *peer) bool { return !slices.Contains(wanted, p.name) })
}

// begin prints the heading of everything.
func begin(to io.Writer, r *results, peers []*peer) *table {
	say(to, r.head...)
	return &table{to: to, peers: peers}
}

// end prints what stands below the table.
func (t *table) end(chosen []scenario, r *results) {
	t.tails(chosen, r)
	t.costs(chosen, r)
	t.ahead(chosen, r)
	t.footnotes()
}

// save writes the CSV, the charts, and the figures of a document.
func save(f flags, r *results, peers []*peer) error {
	file, err := os.Create(filepath.Join(f.out, "results.csv"))
	if err != nil {
		return err
	}
	if err := errors.Join(r.writeCSV(file), file.Close()); err != nil {
		return err
	}
	return show(f, r, peers)
}

// show writes the charts, and the figures of a document.
func show(f flags, r *results, peers []*peer) error {
	if err := writePictures(f.out, pictures(r, peers)); err != nil {
		return err
	}
	if f.readme == "" {
		return nil
	}
	pictureDir, err := pathFrom(filepath.Dir(f.readme), f.out)
	if err != nil {
		return err
	}
	return rewriteFigures(f.readme, pictureDir, r, peers)
}

// pathFrom is the way from one folder to another, with slashes. A relative name says nothing of where the way out of its own folder leads.
func pathFrom(from, to string) (string, error) {
	from, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	if to, err = filepath.Abs(to); err != nil {
		return "", err
	}
	way, err := filepath.Rel(from, to)
	return filepath.ToSlash(way), err
}

// showAgain shows what an earlier run has measured.
func showAgain(f flags, chosen []scenario, peers []*peer) error {
	file, err := os.Open(f.from)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	r, err := readCSV(file)
	if err != nil {
		return fmt.Errorf("%s: %w", f.from, err)
	}
	for _, p := range peers {
		p.bin = p.program // so that it has a column
	}
	t := begin(os.Stdout, r, peers)
	for _, s := range chosen {
		if r.measured(s) {
			t.row(chosen, s, r)
		}
	}
	t.end(chosen, r)
	return show(f, r, peers)
}

// measured says whether there is anything of s.
func (r *results) measured(s scenario) bool {
	return slices.ContainsFunc(r.records, func(rec record) bool { return rec.scenario == s.name() })
}
