package rig

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
)

// Statuses that a peer's program ends with.
const (
	StatusDone      = 0
	StatusFailed    = 1
	StatusNotPlayed = 3
)

// A Mode makes one kind of measurement and returns its line.
type Mode func(r *Run) (*Line, error)

// gcPercent is the GOGC of all peers that are written in Go, unless the environment or the arguments say otherwise: their heaps are so small that Go's own 100 has them
// collected hundreds of times a second, and that is what would be measured.
const gcPercent = 400

// GCPercent is the GOGC that Main runs with, in words.
func GCPercent() string { return cmp.Or(os.Getenv("GOGC"), strconv.Itoa(gcPercent)) }

// Main is the program of the peer with that name: it makes the measurement that the arguments ask for, prints its line, and ends the process.
func Main(name string, modes map[string]Mode) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run(name, modes, os.Args[1:], os.Stdout, os.Stderr))
}

// run is Main without the end.
func run(name string, modes map[string]Mode, args []string, out, complaints io.Writer) int {
	r, err := ParseRun(name, args)
	if err != nil {
		complain(complaints, name, err)
		return StatusFailed
	}
	if r.GOGC > 0 {
		debug.SetGCPercent(r.GOGC)
	}
	mode := modes[r.Mode]
	if mode == nil {
		return StatusNotPlayed
	}
	line, err := mode(r)
	switch {
	case errors.Is(err, ErrNotPlayed):
		return StatusNotPlayed
	case err != nil:
		complain(complaints, name, err)
		return StatusFailed
	}
	if _, err = fmt.Fprintln(out, line); err != nil {
		return StatusFailed
	}
	if r.Role != Both {
		_, _ = io.Copy(io.Discard, os.Stdin) // the other side may still be reading, or what it is to read may still be queued here
	}
	return StatusDone
}

// Modes are all the scenarios, on the sockets of the peer that open makes.
func Modes(open func(r *Run) (Peer, error)) map[string]Mode {
	modes := map[string]Mode{}
	for name, measure := range map[string]func(*Run, Peer) (*Line, error){
		"thr":     throughput,
		"lat":     latency,
		"fan":     fanOut,
		"stalled": stalled,
		"router":  router,
		"proxy":   proxy,
		"crowd":   crowd,
		"queue":   queue,
	} {
		modes[name] = func(r *Run) (*Line, error) {
			p, err := open(r)
			if err != nil {
				return nil, err
			}
			return measure(r, p)
		}
	}
	return modes
}

// Ready tells the program that started this one that the other side may connect.
func Ready(endpoint string) {
	fmt.Println("ready endpoint=" + endpoint)
}

// complain says what went wrong. Where that fails too, the status says enough.
func complain(to io.Writer, name string, err error) { _, _ = fmt.Fprintf(to, "%s: %v\n", name, err) }
