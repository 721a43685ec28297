package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A peer is one that is measured: a column of the table.
type peer struct {
	name    string
	style   int                                   // of its lines in charts
	modes   []string                              // that it plays
	args    []string                              // what its program is told beside the scenario
	aside   bool                                  // it plays only where Weir is to reach something beside libzmq, and has no line in charts
	program string                                // the program that plays it; several peers may share one
	build   func(here, program, bin string) error // makes the program
	missing string                                // what to do where that fails
	of      func() string                         // its version, for the heading; nil where it is Go's own
	bin     string                                // where the program is; set by buildAll, "" where it could not be built
}

// socketModes are those of anything with sockets.
var socketModes = []string{"thr", "lat", "fan", "stalled", "router", "proxy", "crowd"}

// install is the way to libzmq.
const install = "it needs cc, pkg-config and libzmq3-dev: tools/native-peers.sh installs them"

// allPeers are those there are. Weir comes first: the others are what it is compared with.
func allPeers() []*peer {
	return []*peer{
		{name: "weir", style: 0, modes: append(slices.Clone(socketModes), "queue"), program: "weir", build: goProgram(false)},
		{name: "weir-gc", style: 1, modes: []string{"thr", "lat", "fan"}, args: []string{"release=no"}, program: "weir", build: goProgram(false)},
		{name: "weir-gogc100", aside: true, modes: socketModes, args: []string{"gogc=100"}, program: "weir", build: goProgram(false)},
		{name: "libzmq", style: 2, modes: socketModes, program: "libzmq", build: cProgram, missing: install, of: libzmqVersion},
		{name: "pebbe", style: 3, modes: socketModes, program: "pebbe", build: goProgram(true), missing: install, of: moduleVersion("github.com/pebbe/zmq4")},
		{name: "go-zeromq", style: 4, modes: socketModes, program: "gozeromq", build: goProgram(false), of: moduleVersion("github.com/go-zeromq/zmq4")},
		{name: "go-channel", style: 5, modes: []string{"thr", "lat", "fan", "queue"}, program: "gochan", build: goProgram(false)},
		{name: "channel-ctx", style: 6, modes: []string{"queue"}, args: []string{"ctx=yes"}, program: "gochan", build: goProgram(false)},
		{name: "raw", style: 7, modes: []string{"thr", "lat"}, program: "raw", build: goProgram(false)},
	}
}

// crowdProgram is the other side of crowds: no peer, but built like one.
const crowdProgram = "crowd"

// plays says whether p has anything to do in s.
func (p *peer) plays(s scenario) bool {
	switch {
	case p.bin == "" || !slices.Contains(p.modes, s.mode):
		return false
	case len(s.only) > 0:
		return slices.Contains(s.only, p.name)
	case p.aside:
		return slices.ContainsFunc(s.wants, func(w want) bool { return w.against == "libzmq" })
	case p.program == "gochan":
		return s.transport == "inproc" || s.mode == "queue"
	case p.name == "raw":
		return (s.way == together || s.way == apart) && s.links == 0 && !s.curve && (s.mode == "thr" || s.transport != "inproc")
	case p.name == "go-zeromq":
		return !s.curve
	case p.name == "weir-gc": // which is the same program as Weir where bodies are small
		return !s.curve && (s.way == together || s.way == apart && s.size >= 1000)
	}
	return true
}

// buildAll builds the programs into dir. Where one cannot be built it says so loudly, and its peers are left out; without Weir there is nothing to
// measure.
func buildAll(here, dir string, peers []*peer, complaints io.Writer) error {
	built := map[string]string{}
	for _, p := range peers {
		bin, done := built[p.program]
		if !done {
			bin = filepath.Join(dir, p.program)
			if err := p.build(here, p.program, bin); err != nil {
				say(complaints, "", fmt.Sprintf("*** WITHOUT %s: %v", strings.ToUpper(p.name), err), strings.TrimSuffix("***   its columns are left out; "+p.missing, "; "), "")
				bin = ""
			}
			built[p.program] = bin
		}
		p.bin = bin
	}
	if built["weir"] == "" && slices.ContainsFunc(peers, func(p *peer) bool { return p.program == "weir" }) {
		return fmt.Errorf("there is no Weir to measure")
	}
	return goProgram(false)(here, crowdProgram, filepath.Join(dir, crowdProgram))
}

// goProgram builds a program of the folder peers, with cgo or without.
func goProgram(cgo bool) func(here, program, bin string) error {
	return func(here, program, bin string) error {
		env := "CGO_ENABLED=0"
		if cgo {
			env = "CGO_ENABLED=1"
		}
		return command(here, env, "go", "build", "-o", bin, "./peers/"+program)
	}
}

// cProgram builds the program in C.
func cProgram(here, _, bin string) error {
	sources, err := filepath.Glob(filepath.Join(here, "libzmq", "*.c"))
	if err != nil {
		return err
	}
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	return command(here, "", append([]string{cc, "-O2", "-o", bin}, append(sources, "-lzmq", "-lpthread")...)...)
}

// command runs a program in a directory, and says what it said where it failed.
func command(dir, env string, words ...string) error {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = dir
	if env != "" {
		cmd.Env = append(os.Environ(), env)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(words[:min(len(words), 5)], " "), err, out)
	}
	return nil
}

// libzmqVersion is what pkg-config knows.
func libzmqVersion() string {
	out, err := exec.Command("pkg-config", "--modversion", "libzmq").Output()
	if err != nil {
		return "of unknown version"
	}
	return strings.TrimSpace(string(out))
}

// moduleVersion is the version of a module that this one requires.
func moduleVersion(path string) func() string {
	return func() string {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", path).Output()
		if err != nil {
			return "of unknown version"
		}
		return strings.TrimSpace(string(out))
	}
}
