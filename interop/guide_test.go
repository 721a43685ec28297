package interop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The programs of examples/guide, each in the place of its twin among programs of pyzmq that do what the guide's do.

// A member is one program in a cast.
type member struct {
	weir string // the program, with its flags; {x} is an endpoint of the case, {} a directory
	twin string // the same for the program in peer/guide.py
	ends bool   // its work comes to an end
	says string // what it prints, a regular expression; empty for anything
	only string // the side that plays it always, where the other has no such program, or where another cast has it: "twin"
}

// A cast is programs that work together.
type cast struct {
	name    string
	members []member
}

// guideTwins is what starts a program of peer/guide.py.
func guideTwins() []string { return []string{pyzmq.command[0], filepath.Join("peer", "guide.py")} }

// buildGuide builds the programs and the command, once, and returns the folder that has them.
var buildGuide = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), pipelineTime)
	defer cancel()
	dir := filepath.Join(scratch, "programs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", dir, "./examples/guide", "./examples/wuproxy", "./cmd/weir")
	cmd.Dir = ".." // what the command needs is no business of this module
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the programs do not build: %w\n%s", err, out)
	}
	return dir, nil
})

// TestGuide has each program work with libzmq twins of all others of its cast.
func TestGuide(t *testing.T) {
	if pyzmq.missing == "" {
		_, err := buildGuide()
		require.NoError(t, err)
	}
	for _, c := range casts {
		for i, star := range c.members {
			if star.only == "twin" {
				continue
			}
			name, _, _ := strings.Cut(star.weir, " ")
			t.Run(fmt.Sprintf("%s/%d %s", c.name, i, name), func(t *testing.T) {
				t.Parallel()
				c.play(begin(t, pyzmq), t, i)
			})
		}
	}
}

// TestGuideIsWhole wants each of the programs in a cast.
func TestGuideIsWhole(t *testing.T) {
	bin, err := buildGuide()
	require.NoError(t, err)
	list, err := exec.CommandContext(t.Context(), filepath.Join(bin, "guide")).CombinedOutput()
	require.Error(t, err, "it has nothing to do")
	_, names, found := strings.Cut(string(list), "programs: ")
	require.True(t, found, "%s", list)
	var cast []string
	for _, c := range casts {
		for _, m := range c.members {
			name, _, _ := strings.Cut(m.weir, " ")
			cast = append(cast, name)
		}
	}
	require.Subset(t, cast, strings.Fields(names))
}

// play has one role played by Weir, all others by twins.
func (c *cast) play(ctx context.Context, t *testing.T, star int) {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "g")
	require.NoError(t, err)
	words := func(line string) []string {
		line = regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(line, "ipc://"+dir+"/$1")
		return strings.Fields(strings.ReplaceAll(line, "{}", dir+"/"))
	}
	var actors []*actor
	for i, r := range c.members {
		command := append(guideTwins(), words(r.twin)...)
		if i == star {
			command = words(r.weir)
			bin, err := buildGuide()
			require.NoError(t, err)
			if command[0] != "wuproxy" {
				command = append([]string{"guide"}, command...)
			}
			command[0] = filepath.Join(bin, command[0])
		}
		actors = append(actors, startActor(t, r, command))
	}
	for _, a := range actors {
		a.plays(ctx)
	}
	if actors[star].ends || runtime.GOOS == "windows" {
		return
	}
	require.NoError(t, actors[star].cmd.Process.Signal(os.Interrupt))
	actors[star].waits(ctx) // with status 0
}

// An actor is a process that plays a role.
type actor struct {
	member
	// Set by startActor, then read-only.
	t     *testing.T
	cmd   *exec.Cmd
	ended chan error // gets how it ended, and gets it back from whoever looks

	mu      sync.Mutex
	said    bytes.Buffer  // guarded by mu: both its outputs
	changed chan struct{} // guarded by mu: closed, and made anew, when it says something
}

// startActor starts a process, which ends with the test at the latest.
func startActor(t *testing.T, r member, command []string) *actor {
	t.Helper()
	a := &actor{member: r, t: t, cmd: exec.Command(command[0], command[1:]...), ended: make(chan error, 1), changed: make(chan struct{})}
	a.cmd.Stdout, a.cmd.Stderr = a, a
	starting.Lock()
	err := a.cmd.Start()
	starting.Unlock()
	require.NoError(t, err)
	go func() { a.ended <- a.cmd.Wait() }()
	t.Cleanup(func() {
		_ = a.cmd.Process.Kill() // fails only where it has ended by itself
		<-a.ended                //nolint:errcheck // killed
		if t.Failed() {
			said, _ := a.read()
			t.Logf("%v:\n%s", a.cmd.Args[1:], said)
		}
	})
	return a
}

// Write takes what the process says.
func (a *actor) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.changed)
	a.changed = make(chan struct{})
	return a.said.Write(p)
}

// read is all that it has said, and a channel that is closed when there is more.
func (a *actor) read() (string, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.said.String(), a.changed
}

// plays waits until the actor has done what its role asks for.
func (a *actor) plays(ctx context.Context) {
	a.t.Helper()
	if a.ends {
		a.waits(ctx)
		said, _ := a.read()
		require.Regexp(a.t, a.says, said)
		return
	}
	for want := regexp.MustCompile(a.says); ; {
		said, changed := a.read()
		if want.MatchString(said) {
			return
		}
		select {
		case <-changed:
		case err := <-a.ended:
			a.ended <- err
			require.Fail(a.t, "a program has ended too early", "%v: %v", a.cmd.Args, err)
		case <-ctx.Done():
			require.NoError(a.t, ctx.Err(), "%v", a.cmd.Args)
		}
	}
}

// waits waits until the process has ended well.
func (a *actor) waits(ctx context.Context) {
	a.t.Helper()
	select {
	case err := <-a.ended:
		a.ended <- err
		require.NoError(a.t, err, "%v", a.cmd.Args)
	case <-ctx.Done():
		require.NoError(a.t, ctx.Err(), "%v does not end", a.cmd.Args)
	}
}
