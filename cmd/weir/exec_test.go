package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// programDir is where the program was built: "" until it was. TestMain removes it.
var programDir string

// build makes the program, once for all tests, and returns its path.
func build(t *testing.T) string {
	t.Helper()
	program := "weir"
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if programDir == "" {
		dir, err := os.MkdirTemp("", "weir") //nolint:usetesting // it is for all tests
		require.NoError(t, err)
		programDir = dir
		build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, program), ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is delivered
		out, err := build.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	return filepath.Join(programDir, program)
}

// execute runs the program to its end and returns its status and its output.
func execute(t *testing.T, path, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// A process is the program, running.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	out bytes.Buffer
	err *bufio.Reader
}

// launch starts the program.
func launch(t *testing.T, path string, args ...string) *process {
	t.Helper()
	return launchWith(t, nil, path, args...)
}

// launchWith starts the program with files that are open, as its descriptors from 3 on.
func launchWith(t *testing.T, files []*os.File, path string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), path, args...)}
	p.cmd.Stdout, p.cmd.ExtraFiles = &p.out, files
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	p.err = bufio.NewReader(stderr)
	require.NoError(t, p.cmd.Start())
	return p
}

// bound reads where the program is bound.
func (p *process) bound() string {
	p.t.Helper()
	line, err := p.err.ReadString('\n')
	require.NoError(p.t, err)
	ep, ok := strings.CutPrefix(strings.TrimSpace(line), "bound ")
	require.True(p.t, ok, line)
	return ep
}

// wait returns the status and the output.
func (p *process) wait() (int, string) {
	p.t.Helper()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		require.NoError(p.t, err)
	}
	return p.cmd.ProcessState.ExitCode(), p.out.String()
}

// TestProgram runs the program as scripts do, and looks at its exit statuses.
func TestProgram(t *testing.T) {
	path := build(t)

	pull := launch(t, path, "pull", "-b", anyPort, "-n", "3")
	status, out, errs := execute(t, path, "1\n2\n3\n", "push", "-c", pull.bound())
	require.Equal(t, statusDone, status, errs)
	require.Empty(t, out)
	status, out = pull.wait()
	require.Equal(t, statusDone, status)
	require.Equal(t, "1\n2\n3\n", out)

	rep := launch(t, path, "rep", "-b", anyPort, "-n", "2")
	status, out, errs = execute(t, path, "a\nb\n", "req", "-c", rep.bound())
	require.Equal(t, statusDone, status, errs)
	require.Equal(t, "a\nb\n", out)
	status, out = rep.wait()
	require.Equal(t, statusDone, status)
	require.Empty(t, out)

	for args, want := range map[string]int{
		"--help":                                   statusDone,
		"perf thr inproc://a 10 100":               statusDone,
		"pull -b nonsense":                         statusFailed,
		"pull -b gopher://a":                       statusFailed,
		"push --linger 10ms -c " + nobody:          statusFailed,
		"frobnicate":                               statusUsage,
		"pull":                                     statusUsage,
		"pull -n x -c " + nobody:                   statusUsage,
		"pull --frobnicate -c " + nobody:           statusUsage,
		"pull -t 10ms -b " + anyPort:               statusTimedOut,
		"push -t 10ms --wait-peers 1 -c " + nobody: statusTimedOut,
	} {
		status, _, errs := execute(t, path, "line\n", strings.Fields(args)...)
		require.Equal(t, want, status, "%s: %s", args, errs)
	}
}
