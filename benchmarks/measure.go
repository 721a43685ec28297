package main

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// A pairing is what one scenario gave on both sides.
type pairing struct {
	weir, libzmq     float64 // medians: messages a second, or microseconds
	ratio, low, high float64 // of weir to libzmq, run by run: median, smallest, largest
}

// name is the scenario's row in the table.
func (s scenario) name() string {
	transport, _, _ := strings.Cut(s.ep, ":")
	name := fmt.Sprintf("%s %s %d B", transport, s.mode, s.size)
	if s.mode == "fan" {
		name += fmt.Sprintf(" to %d", s.subs)
	}
	return name
}

// key is the figure that the scenario is about.
func (s scenario) key() string {
	if s.mode == "lat" {
		return "rtt_us"
	}
	return "msgs_per_s"
}

// format words a figure.
func (s scenario) format(v float64) string {
	if s.mode == "lat" {
		return fmt.Sprintf("%.1f µs", v)
	}
	return fmt.Sprintf("%.3f M/s", v/1e6)
}

// measure runs both sides in turns.
func measure(s scenario, weir, libzmq []string, runs int) (pairing, error) {
	var ours, theirs, ratios []float64
	for range runs {
		w, err := s.once(weir)
		if err != nil {
			return pairing{}, err
		}
		z, err := s.once(libzmq)
		if err != nil {
			return pairing{}, err
		}
		ours, theirs, ratios = append(ours, w), append(theirs, z), append(ratios, w/z)
	}
	return pairing{weir: median(ours), libzmq: median(theirs), ratio: median(ratios), low: slices.Min(ratios), high: slices.Max(ratios)}, nil
}

// once runs one side once and returns its figure.
func (s scenario) once(program []string) (float64, error) {
	args := append(slices.Clone(program[1:]), s.mode, s.ep, strconv.Itoa(s.size), strconv.Itoa(s.count))
	if s.subs > 0 {
		args = append(args, strconv.Itoa(s.subs))
	}
	cmd := exec.Command(program[0], args...)
	out, err := cmd.Output()
	if err != nil {
		var said string
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			said = strings.TrimSpace(string(exit.Stderr))
		}
		return 0, fmt.Errorf("%s: %w %s", strings.Join(cmd.Args, " "), err, said)
	}
	for field := range strings.FieldsSeq(string(out)) {
		if k, v, ok := strings.Cut(field, "="); ok && k == s.key() {
			return strconv.ParseFloat(v, 64)
		}
	}
	return 0, fmt.Errorf("no %s in %q", s.key(), out)
}

// median is the middle value.
func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}
