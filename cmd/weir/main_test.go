package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain fails the package when a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		_ = os.RemoveAll(programDir) // "" is nothing
		os.Exit(status)
	}))
}

// nobody is an endpoint where nobody listens: a connection is refused at once.
const nobody = "tcp://127.0.0.1:1"

// anyPort is a wildcard endpoint.
const anyPort = "tcp://127.0.0.1:*"

// A command is a run of the program inside the test's process, with pipes for its standard streams.
type command struct {
	t      *testing.T
	stdin  *io.PipeWriter // nil where startWith was given another
	stdout chan string    // its lines; closed at the end
	bound  chan string    // endpoints of "bound" lines on standard error
	said   chan string    // the other lines of standard error; closed at the end
	signal func()         // as SIGTERM does

	done   sync.WaitGroup
	status int // once done
}

// start runs a command until its end, or the test's.
func start(t *testing.T, args ...string) *command {
	t.Helper()
	inR, inW := io.Pipe()
	c := startWith(t, inR, args...)
	c.stdin = inW
	t.Cleanup(func() { _ = inW.Close() }) // before the cleanup that waits
	return c
}

// startWith is start with a standard input that is there from the beginning.
func startWith(t *testing.T, stdin io.Reader, args ...string) *command {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	outR, outW := io.Pipe()
	errR, errW := io.Pipe()
	c := &command{t: t, stdout: make(chan string, 1<<16), signal: cancel}
	c.bound, c.said = make(chan string, 16), make(chan string, 1024)
	c.done.Go(func() {
		c.status = runContext(ctx, args, newStreams(stdin, outW, errW))
		_ = outW.Close()
		_ = errW.Close()
	})
	c.done.Go(func() {
		defer close(c.stdout)
		eachLine(outR, func(line string) { c.stdout <- line })
	})
	c.done.Go(func() {
		defer close(c.said)
		eachLine(errR, c.onError)
	})
	t.Cleanup(func() {
		cancel()
		c.done.Wait()
	})
	return c
}

// eachLine calls f for each line of r.
func eachLine(r io.Reader, f func(string)) {
	for b := bufio.NewReader(r); ; {
		line, err := b.ReadString('\n')
		if err != nil {
			return
		}
		f(strings.TrimSuffix(line, "\n"))
	}
}

// onError sorts a line of standard error.
func (c *command) onError(line string) {
	if ep, ok := strings.CutPrefix(line, "bound "); ok {
		c.bound <- ep
		return
	}
	c.said <- line
}

// write puts lines into standard input.
func (c *command) write(lines ...string) {
	c.t.Helper()
	for _, line := range lines {
		_, err := io.WriteString(c.stdin, line+"\n")
		require.NoError(c.t, err)
	}
}

// eof writes the last lines and closes standard input.
func (c *command) eof(lines ...string) *command {
	c.t.Helper()
	c.write(lines...)
	require.NoError(c.t, c.stdin.Close())
	return c
}

// read takes the next line of standard output.
func (c *command) read() string {
	c.t.Helper()
	line, ok := <-c.stdout
	require.True(c.t, ok, "no more output")
	return line
}

// hear waits for a line of standard error that has text.
func (c *command) hear(text string) {
	c.t.Helper()
	for line := range c.said {
		if strings.Contains(line, text) {
			return
		}
	}
	require.Fail(c.t, "it never said", text)
}

// wait waits for the end, wants that status, and returns what else stands on standard output and standard error.
func (c *command) wait(status int) (out []string, stderr string) {
	c.t.Helper()
	c.done.Wait()
	var lines []string
	for line := range c.said {
		lines = append(lines, line)
	}
	stderr = strings.Join(lines, "\n")
	require.Equal(c.t, status, c.status, "standard error: %s", stderr)
	for line := range c.stdout {
		out = append(out, line)
	}
	return out, stderr
}

// ipcEndpoint is a free endpoint with a path short enough for every system.
func ipcEndpoint(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir") //nolint:usetesting // shorter than the path of t.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return "ipc://" + filepath.ToSlash(filepath.Join(dir, "s"))
}
