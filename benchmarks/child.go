package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/weirmq/weir/benchmarks/rig"
)

// errNotPlayed says that a peer has no such thing as the scenario asks for.
var errNotPlayed = errors.New("not played")

// A line is what a peer printed: its keys and their values. Words that are no numbers are left out.
type line map[string]float64

// parseLine reads a line of key=value pairs.
func parseLine(text string) (line, error) {
	l := line{}
	for field := range strings.FieldsSeq(text) {
		key, value, ok := strings.Cut(field, "=")
		if !ok {
			return nil, fmt.Errorf("no key=value: %q in %q", field, text)
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			l[key] = v
		}
	}
	if len(l) == 0 {
		return nil, fmt.Errorf("no figure in %q", text)
	}
	return l, nil
}

// A child is a process that measures, or that is measured. It does not outlive its context, nor its time.
type child struct {
	// Set by start, then read-only.
	name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Scanner
	said  *bytes.Buffer // on standard error; to be read once it has ended
	ctx   context.Context
	stop  context.CancelFunc
	limit time.Duration
}

// start starts a program, in dir, with a time limit.
func start(ctx context.Context, limit time.Duration, dir, name, bin string, args ...string) (*child, error) {
	c := &child{name: name, said: &bytes.Buffer{}, limit: limit}
	c.ctx, c.stop = context.WithTimeout(ctx, limit)
	c.cmd = exec.CommandContext(c.ctx, bin, args...)
	c.cmd.Dir, c.cmd.Stderr, c.cmd.WaitDelay = dir, c.said, time.Second
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// next is the next line that it prints. Where it ends instead, the reason is the error.
func (c *child) next() (string, error) {
	if c.out.Scan() {
		return c.out.Text(), nil
	}
	if err := c.finish(); err != nil {
		return "", err
	}
	return "", fmt.Errorf("%s: ended without a word", c.name)
}

// ready waits until it says where it is bound.
func (c *child) ready() (string, error) {
	text, err := c.next()
	if err != nil {
		return "", err
	}
	endpoint, ok := strings.CutPrefix(text, "ready endpoint=")
	if !ok {
		return "", fmt.Errorf("%s: said %q before it was ready", c.name, text)
	}
	return endpoint, nil
}

// line is the line of its measurement.
func (c *child) line() (line, error) {
	text, err := c.next()
	if err != nil {
		return nil, err
	}
	return parseLine(text)
}

// finish closes its standard input and waits for its end.
func (c *child) finish() error {
	_ = c.in.Close() // the program may have ended
	err := c.cmd.Wait()
	ended := c.ctx.Err()
	c.stop()
	switch {
	case errors.Is(ended, context.DeadlineExceeded):
		return fmt.Errorf("%s: no end within %v", c.name, c.limit)
	case ended != nil:
		return ended
	case c.cmd.ProcessState != nil && c.cmd.ProcessState.ExitCode() == rig.StatusNotPlayed:
		return errNotPlayed
	case err != nil:
		return fmt.Errorf("%s: %w: %s", c.name, err, cause(c.said.String()))
	}
	return nil
}

// kill ends it at once, where it is still there.
func (c *child) kill() {
	c.stop()
	_ = c.cmd.Wait() // it may have been waited for
}

// cause is the line of what a program said that tells why it ended, shortened: that of a panic, or else the last.
func cause(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	reason := lines[len(lines)-1]
	for _, text := range lines {
		if strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ") {
			reason = text
			break
		}
	}
	return reason[:min(len(reason), 200)]
}
