package interop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A program is something that plays the other side: a command that speaks the protocol of peer/peer.c.
type program struct {
	// Set by TestMain, then read-only.
	name    string   // how messages name it
	command []string // what starts it, before the socket type
	missing string   // why it is not there; empty when it is
}

// buildTime bounds one run of the compiler, and one look whether something is installed.
const buildTime = time.Minute

var (
	// libzmq is the peer in C.
	libzmq = &program{name: "libzmq"}
	// castzmq is the one that multicasts, of its own protocol: see peer/multicast.c. It is there where libzmq is.
	castzmq = &program{name: "libzmq"}
	// pyzmq is the peer in Python.
	pyzmq = &program{name: "pyzmq"}
)

// prepare finds out what is installed and builds what has to be built. Its error is a failure: something is there and does not work.
func prepare(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), buildTime)
	defer cancel()
	pyzmq.missing = findPython(ctx)
	drafts.missing = findDrafts(ctx)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	weirApart.command = []string{self, playWeir}
	libzmq.missing, err = buildPeer(ctx, dir)
	castzmq.missing = libzmq.missing
	sayMissing()
	return err
}

// sayMissing says loudly what is not there.
func sayMissing() {
	for _, p := range []*program{libzmq, pyzmq, drafts} {
		if p.missing != "" {
			fmt.Printf("\n*** MISSING: %s: its cases are SKIPPED: %s\n\n", p.name, p.missing)
		}
	}
	if why := labs(); why != "" {
		fmt.Printf("\n*** MISSING: network namespaces: pgm and epgm are NOT TESTED against libzmq: %s\ninterop: multicast did not run: %s\n\n", why, why)
	}
}

// findPython looks for a Python that has pyzmq: the system's own first, since Debian's package belongs to it.
func findPython(ctx context.Context) (missing string) {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.CommandContext(ctx, python, "-c", "import zmq").Run() == nil {
			pyzmq.command = []string{python, filepath.Join("peer", "peer.py")}
			return ""
		}
	}
	return "no python3 can import zmq (Debian: python3-zmq)"
}

// buildPeer compiles peer/peer.c and peer/multicast.c. Without a compiler or libzmq's header it says so; that they do not compile where both are is an error.
func buildPeer(ctx context.Context, dir string) (missing string, err error) {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if path, _ := exec.LookPath(cc); path == "" {
		return fmt.Sprintf("no C compiler: there is no %q to run", cc), nil
	}
	flags := libzmqFlags(ctx)
	probe := filepath.Join(dir, "probe.c")
	if err := os.WriteFile(probe, []byte("#include <zmq.h>\nint main(void) { return zmq_ctx_new() == 0; }\n"), 0o600); err != nil {
		return "", err
	}
	if out, absent := compile(ctx, cc, filepath.Join(dir, "probe"), probe, flags); absent != nil {
		return fmt.Sprintf("no libzmq to compile against (Debian: libzmq3-dev): %v: %s", absent, firstLine(out)), nil
	}
	for p, name := range map[*program]string{libzmq: "peer", castzmq: "multicast"} {
		source := filepath.Join("peer", name+".c")
		p.command = []string{filepath.Join(dir, name)}
		if out, err := compile(ctx, cc, p.command[0], source, flags); err != nil {
			return "", fmt.Errorf("%s does not compile: %w\n%s", source, err, out)
		}
	}
	return "", nil
}

// libzmqFlags asks pkg-config how to link libzmq, and falls back on the usual.
func libzmqFlags(ctx context.Context) []string {
	out, err := exec.CommandContext(ctx, "pkg-config", "--cflags", "--libs", "libzmq").Output()
	if err != nil {
		return []string{"-lzmq"}
	}
	return strings.Fields(string(out))
}

// compile makes one C file a program.
func compile(ctx context.Context, cc, to, from string, flags []string) ([]byte, error) {
	args := append([]string{"-std=gnu11", "-O2", "-pthread", "-Wall", "-Wextra", "-o", to, from}, flags...)
	return exec.CommandContext(ctx, cc, args...).CombinedOutput()
}

// firstLine is the first line of a program's output.
func firstLine(out []byte) string {
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}
