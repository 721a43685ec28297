// Command benchmarks runs Weir and libzmq through the same scenarios, in turns on the same machine, and prints a table of medians and their ratios.
//
//	go run . [-runs 5] [-quick] [-only tcp]
//
// Weir runs as `weir perf`; libzmq as the C program in libzmq/, which is compiled first. Each run is a process of its own. A ratio is the median of
// the ratios of runs that followed one another, and its spread the smallest and the largest of them: so a slow minute weighs on both alike.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// A scenario is one row of the table.
type scenario struct {
	mode  string // thr, lat or fan
	ep    string // the endpoint, with a wildcard where the transport has ports
	size  int    // bytes a message
	count int    // messages
	subs  int    // subscribers of fan
	want  string // the ratio to reach, as the table shows it
}

// scenarios are what is measured.
var scenarios = []scenario{
	{"thr", "tcp://127.0.0.1:*", 10, 5_000_000, 0, "≥ 2"},
	{"thr", "tcp://127.0.0.1:*", 100, 3_000_000, 0, "≥ 1.5"},
	{"thr", "tcp://127.0.0.1:*", 1000, 1_000_000, 0, ""},
	{"thr", "tcp://127.0.0.1:*", 10_000, 200_000, 0, "≥ 1"},
	{"thr", "ipc://*", 10, 5_000_000, 0, ""},
	{"thr", "ipc://*", 100, 3_000_000, 0, ""},
	{"thr", "inproc://perf", 10, 10_000_000, 0, "≥ 1"},
	{"thr", "inproc://perf", 100, 5_000_000, 0, "≥ 2"},
	{"lat", "tcp://127.0.0.1:*", 100, 30_000, 0, "≤ 0.5"},
	{"lat", "ipc://*", 100, 30_000, 0, ""},
	{"lat", "inproc://perf", 100, 50_000, 0, "≤ 0.1"},
	{"fan", "tcp://127.0.0.1:*", 100, 100_000, 10, ""},
}

// quickly is by how much -quick divides the counts.
const quickly = 5

func main() {
	runs := flag.Int("runs", 5, "how often each scenario is run by each side")
	quick := flag.Bool("quick", false, "a fifth of the messages")
	only := flag.String("only", "", "only scenarios whose name contains this")
	flag.Parse()
	if err := run(*runs, *quick, *only); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

// run builds both sides and measures.
func run(runs int, quick bool, only string) error {
	dir, err := os.MkdirTemp("", "weir-benchmarks-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	weir, libzmq, err := build(dir)
	if err != nil {
		return err
	}
	fmt.Printf("%s/%s, %d cores, %s, libzmq %s, median of %d runs in turns\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(),
		libzmqVersion(), runs)
	fmt.Printf("%-32s %14s %14s %8s  %-15s %s\n", "scenario", "weir", "libzmq", "ratio", "spread", "to reach")
	for _, s := range scenarios {
		if !strings.Contains(s.name(), only) {
			continue
		}
		if quick {
			s.count /= quickly
		}
		p, err := measure(s, weir, libzmq, runs)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name(), err)
		}
		fmt.Printf("%-32s %14s %14s %8.2f  %-15s %s\n", s.name(), s.format(p.weir), s.format(p.libzmq), p.ratio,
			fmt.Sprintf("%.2f … %.2f", p.low, p.high), s.want)
	}
	return nil
}

// build compiles both programs into dir.
func build(dir string) (weir, libzmq []string, err error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, nil, err
	}
	bin := filepath.Join(dir, "weir")
	if err := command(filepath.Dir(here), "go", "build", "-o", bin, "./cmd/weir"); err != nil {
		return nil, nil, err
	}
	c := filepath.Join(dir, "libzmq")
	if err := command(here, "cc", "-O2", "-o", c, "libzmq/perf.c", "-lzmq", "-lpthread"); err != nil {
		return nil, nil, errors.Join(err, errors.New("the libzmq side needs cc and libzmq3-dev: tools/native-peers.sh installs them"))
	}
	return []string{bin, "perf"}, []string{c}, nil
}

// command runs a program in a directory; its output goes to standard error.
func command(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return nil
}

// libzmqVersion is what pkg-config knows, for the heading.
func libzmqVersion() string {
	out, err := exec.Command("pkg-config", "--modversion", "libzmq").Output()
	if err != nil {
		return "of unknown version"
	}
	return strings.TrimSpace(string(out))
}
