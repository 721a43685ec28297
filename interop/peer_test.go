package interop

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// waitMS is how long a peer is told to wait for anything, in milliseconds: as long as a case may take.
const waitMS = int(caseTime / 1e6)

// A peer is a process with one socket that is not Weir's. Its methods are called by the test's goroutine and fail the test themselves.
type peer struct {
	// Set by startPeer, then read-only.
	t       *testing.T
	name    string // of the socket type, for failures
	cmd     *exec.Cmd
	in      io.WriteCloser
	reports chan string // its lines; closed after the last

	// Owned by the test's goroutine.
	dead     bool
	meetings int // how many connections it has had
}

// starting is held while a process begins, and shared by those who close what must be closed when they are done: see closeWeir.
var starting sync.RWMutex

// startPeer starts a process with a socket of that type and waits until it is ready. It ends with the test.
func startPeer(ctx context.Context, t *testing.T, prog *program, typ string, opts ...string) *peer {
	t.Helper()
	args := append(append(prog.command[1:len(prog.command):len(prog.command)], typ), opts...)
	cmd := exec.Command(prog.command[0], args...) // not bound to ctx: a peer outlives it until the cleanup has looked at it
	p := &peer{t: t, name: prog.name + " " + typ, cmd: cmd, reports: make(chan string, 64)}
	var err error
	p.in, err = cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var said bytes.Buffer
	cmd.Stderr = &said
	starting.Lock()
	err = cmd.Start()
	starting.Unlock()
	require.NoError(t, err)
	go p.reportLoop(out)
	t.Cleanup(func() {
		p.kill()
		if said.Len() > 0 {
			t.Errorf("%s said on stderr: %s", p.name, said.String())
		}
	})
	require.Contains(t, p.next(ctx), "ready ", "%s did not start", p.name)
	return p
}

// reportLoop passes on the lines of the process until its output ends. Its end is awaited by kill and quit, through the closed channel.
func (p *peer) reportLoop(out io.Reader) {
	defer close(p.reports)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		p.reports <- lines.Text()
	}
}

// next is the next report.
func (p *peer) next(ctx context.Context) string {
	p.t.Helper()
	select {
	case line, ok := <-p.reports:
		require.True(p.t, ok, "%s has ended", p.name)
		return line
	case <-ctx.Done():
		require.NoError(p.t, ctx.Err(), "%s does not report", p.name)
		return ""
	}
}

// order writes a command; its report is for the caller to take, in turn.
func (p *peer) order(command ...any) {
	p.t.Helper()
	_, err := fmt.Fprintln(p.in, command...)
	require.NoError(p.t, err, "%s takes no orders", p.name)
}

// okay takes the next report, which must be "ok", and returns the rest of it.
func (p *peer) okay(ctx context.Context) string {
	p.t.Helper()
	report := p.next(ctx)
	rest, ok := strings.CutPrefix(report, "ok")
	require.True(p.t, ok, "%s reports: %s", p.name, report)
	return strings.TrimSpace(rest)
}

// do gives a command and takes its report.
func (p *peer) do(ctx context.Context, command ...any) string {
	p.t.Helper()
	p.order(command...)
	return p.okay(ctx)
}

// wantCount wants an event of the monitor to have come so many times by now.
func (p *peer) wantCount(ctx context.Context, event string, n int) {
	p.t.Helper()
	p.order("wait", event, n+1, 0)
	require.Equal(p.t, fmt.Sprintf("err %s came %d times", event, n), p.next(ctx))
}

// signal sends the process a signal.
func (p *peer) signal(sig os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(sig))
}

// kill ends the process with SIGKILL, as a crash would. Killing twice does no harm.
func (p *peer) kill() {
	if p.dead {
		return
	}
	p.dead = true
	_ = p.cmd.Process.Kill() // fails only where it has ended by itself
	for range p.reports {    // nobody wants the rest; reportLoop ends with the process
	}
	_ = p.cmd.Wait() // its status is that of the signal
}

// quit lets the process close its socket in order, within its linger, and end.
func (p *peer) quit(ctx context.Context) {
	p.t.Helper()
	p.order("quit")
	p.gone(ctx)
}

// gone waits until a process that was told to quit has.
func (p *peer) gone(ctx context.Context) {
	p.t.Helper()
	p.okay(ctx)
	for range p.reports { // ends with the process
	}
	p.dead = true
	require.NoError(p.t, p.cmd.Wait())
}
