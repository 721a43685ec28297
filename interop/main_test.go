package interop

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

const (
	// caseTime bounds one case. A case needs a second or so; this is for a machine that is busy with something else.
	caseTime = 60 * time.Second
	// endTime bounds what a case leaves behind: closing sockets, ending processes.
	endTime = 20 * time.Second
)

var (
	// scratch is the directory of this run: the compiled peer and the sockets of ipc. Set by TestMain, then read-only.
	scratch string
	// ran, skipped and without count the cases; without are those that would need network namespaces. Atomic: written at the end of each case, read
	// by TestMain at its own.
	ran, skipped, without atomic.Int64
)

// TestMain plays a peer where the process was started for one. Else it builds the peer, runs the tests, and closes with the count of cases. Whatever is missing is said before and after; it is no failure.
func TestMain(m *testing.M) {
	if words := os.Getenv(multicastEnv); words != "" {
		os.Exit(multicastMain(strings.Fields(words)))
	}
	os.Exit(runAll(m))
}

// runAll is TestMain with a status to return, so that what it defers is done.
func runAll(m *testing.M) int {
	if typ, yes := playing(); yes {
		if err := playPeer(typ, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "weir:", err)
			return 1
		}
		return 0
	}
	dir, err := os.MkdirTemp("", "weir-io-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is in the directory for temporary files
	scratch = dir
	if err := prepare(dir); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		return 1
	}
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "interop:", err)
			code = 1
		}
	}
	sayMissing()
	fmt.Printf("interop: %d ran, %d skipped", ran.Load(), skipped.Load())
	if n := without.Load(); n > 0 {
		fmt.Printf(", and %d more for want of network namespaces", n)
	}
	fmt.Println()
	return code
}

// begin opens a case: it counts it, skips it when the program it needs is not there, and returns the context that bounds it.
func begin(t *testing.T, needs *program) context.Context {
	t.Helper()
	count(t, &skipped)
	if needs.missing != "" {
		t.Skip(needs.missing)
	}
	return bounded(t)
}

// count enters a case as one that ran, or, where it is skipped, wherever that happens, in the other account.
func count(t *testing.T, otherwise *atomic.Int64) {
	t.Cleanup(func() {
		if t.Skipped() {
			otherwise.Add(1)
		} else {
			ran.Add(1)
		}
	})
}

// bounded is a context that ends when a case has taken too long.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), caseTime)
	t.Cleanup(cancel)
	return ctx
}

// ending is the context for what a case cleans up: that of the case is over by then.
func ending(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), endTime)
	t.Cleanup(cancel)
	return ctx
}
