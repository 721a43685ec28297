package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/weirmq/weir/socket"
)

// TestMain fails the run where a program leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTime bounds a test: one needs a fraction of a second, and this is for a machine that is busy with something else.
const testTime = time.Minute

// A running is a program at work, in this process. It belongs to the test's goroutine.
type running struct {
	// Set by start, then read-only.
	t    *testing.T
	ctx  context.Context // of the test
	name string
	stop context.CancelFunc
	out  *printed
	done chan error // gets what the program returns
}

// start starts a program. It is stopped with the test at the latest.
func start(t *testing.T, name string, args ...string) *running {
	t.Helper()
	require.Contains(t, programs, name)
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	t.Cleanup(cancel)
	playing, stop := context.WithCancel(ctx)
	r := &running{t: t, ctx: ctx, name: name, stop: stop, out: &printed{changed: make(chan struct{})}, done: make(chan error, 1)}
	go func() { r.done <- programs[name](playing, args, r.out) }()
	t.Cleanup(func() {
		stop()
		<-r.done //nolint:errcheck // nil, or that it was stopped
	})
	return r
}

// says waits until the program has printed so many times what is wanted.
func (r *running) says(text string, times int) {
	r.t.Helper()
	r.until(func(said string) bool { return strings.Count(said, text) >= times })
}

// until waits until what the program has printed is enough.
func (r *running) until(enough func(said string) bool) {
	r.t.Helper()
	for {
		so, changed := r.out.read()
		if enough(so) {
			return
		}
		select {
		case <-changed:
		case err := <-r.done:
			r.done <- err
			so, _ = r.out.read()
			require.True(r.t, enough(so), "%s has ended: %v; it said:\n%s", r.name, err, so)
			return
		case <-r.ctx.Done():
			require.NoError(r.t, r.ctx.Err(), "%s has only said:\n%s", r.name, so)
		}
	}
}

// ends waits until the program has done its work, and returns what it printed.
func (r *running) ends() string {
	r.t.Helper()
	select {
	case err := <-r.done:
		r.done <- err
		require.NoError(r.t, err, "%s", r.name)
	case <-r.ctx.Done():
		require.NoError(r.t, r.ctx.Err(), "%s does not end", r.name)
	}
	said, _ := r.out.read()
	return said
}

// A printed is what a program printed. Safe for concurrent use.
type printed struct {
	mu      sync.Mutex
	said    bytes.Buffer  // guarded by mu
	changed chan struct{} // guarded by mu: closed, and made anew, at each Write
}

var _ io.Writer = (*printed)(nil)

// Write adds to it.
func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.changed)
	p.changed = make(chan struct{})
	return p.said.Write(b)
}

// read is all of it, and a channel that is closed when there is more.
func (p *printed) read() (string, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String(), p.changed
}

// A place makes endpoints that are the test's own.
type place string

// newPlace makes a place.
func newPlace(t *testing.T) place {
	t.Helper()
	dir, err := os.MkdirTemp("", "guide") //nolint:usetesting // shorter than the path of t.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return place(dir)
}

// at is the endpoint of a name.
func (p place) at(name string) string { return "ipc://" + filepath.Join(string(p), name) }

// newRuntime makes a runtime for a test that plays a part itself.
func newRuntime(t *testing.T) (context.Context, *socket.Runtime) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	t.Cleanup(cancel)
	rt, err := socket.NewRuntime()
	require.NoError(t, err)
	t.Cleanup(func() {
		over, cancel := context.WithCancel(context.WithoutCancel(ctx))
		cancel() // nothing of what is queued is needed
		_ = rt.Shutdown(over)
	})
	return ctx, rt
}
