package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/weirmq/weir/benchmarks/rig"
)

// roleEnv tells a child process of these tests what kind of peer to be.
const roleEnv = "WEIR_TEST_PEER"

// TestMain is a peer where a test has started it as one.
func TestMain(m *testing.M) {
	switch role := os.Getenv(roleEnv); role {
	case "":
		goleak.VerifyTestMain(m)
	case "hangs":
		hang()
	case "fails":
		fmt.Fprintln(os.Stderr, "panic: the reason\n\ngoroutine 1 [running]:\nmain.main()")
		os.Exit(2)
	case "plays nothing":
		os.Exit(rig.StatusNotPlayed)
	case "silent":
	default:
		play(role, os.Args[1:])
	}
}

// play is a peer that answers with the count it was asked for, as role says.
func play(role string, args []string) {
	r, err := rig.ParseRun("fake", args)
	if err != nil {
		panic(err)
	}
	if r.Role == rig.Receiving {
		fmt.Println("ready endpoint=fake://here")
	}
	fmt.Printf("peer=fake count=%d seconds=%g msgs_per_s=100 cpu_s_per_m=1 lost=0\n", r.Count, float64(r.Count)/1e6)
	if r.Role != rig.Both {
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
	if role == "lingers" {
		hang()
	}
}

// hang waits until somebody kills the process. One that waits for signals too is no deadlock to the runtime, with cgo and without.
func hang() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	select {}
}

// fake is a peer of that role.
func fake(t *testing.T, role string) *peer {
	t.Helper()
	t.Setenv(roleEnv, role)
	bin, err := os.Executable()
	require.NoError(t, err)
	return &peer{name: "fake", modes: socketModes, bin: bin}
}

// newBench is a bench that has little patience.
func newBench(t *testing.T, limit time.Duration) *bench {
	return &bench{dir: t.TempDir(), seconds: 0.01, limit: limit, runs: 2}
}

// patience is a limit that no healthy child reaches.
const patience = time.Minute

// TestChildHangs ends a child that does not end by itself, whether it says nothing or does not go, and says so.
func TestChildHangs(t *testing.T) {
	for _, role := range []string{"hangs", "lingers"} {
		_, err := newBench(t, 0).once(t.Context(), scenario{mode: "thr", transport: "tcp"}, fake(t, role), 10)
		require.ErrorContains(t, err, "fake: no end within 200ms", role)
	}
}

// TestChildFails tells what a child said, and apart from that what is no failure.
func TestChildFails(t *testing.T) {
	b := newBench(t, patience)
	s := scenario{mode: "thr", transport: "tcp"}
	_, err := b.once(t.Context(), s, fake(t, "fails"), 10)
	require.ErrorContains(t, err, "exit status 2: panic: the reason")
	_, err = b.once(t.Context(), s, fake(t, "plays nothing"), 10)
	require.ErrorIs(t, err, errNotPlayed)
	_, err = b.once(t.Context(), s, fake(t, "silent"), 10)
	require.ErrorContains(t, err, "ended without a word")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = b.once(ctx, s, fake(t, "plays"), 10)
	require.ErrorIs(t, err, context.Canceled)
}

// TestOnce has one process, and two, measure.
func TestOnce(t *testing.T) {
	b := newBench(t, patience)
	p := fake(t, "plays")
	l, err := b.once(t.Context(), scenario{mode: "thr", transport: "tcp"}, p, 10)
	require.NoError(t, err)
	require.Equal(t, line{"count": 10, "seconds": 1e-5, "msgs_per_s": 100, "cpu_s_per_m": 1, "lost": 0}, l)
	l, err = b.once(t.Context(), scenario{mode: "thr", transport: "ipc", way: apart}, p, 10)
	require.NoError(t, err)
	require.Equal(t, line{"count": 10, "seconds": 1e-5, "msgs_per_s": 100, "cpu_s_per_m": 2, "lost": 0}, l)
}

// TestSize finds the number of messages that fills the time: at a million a second, 10,000 for 10 ms.
func TestSize(t *testing.T) {
	b := newBench(t, patience)
	n, err := b.size(t.Context(), scenario{mode: "lat", transport: "tcp", size: 100}, fake(t, "plays"))
	require.NoError(t, err)
	require.InDelta(t, 10_000, n, 1)
	n, err = b.size(t.Context(), scenario{mode: "lat", count: 7}, fake(t, "plays"))
	require.NoError(t, err)
	require.Equal(t, 7, n)
	n, err = b.size(t.Context(), scenario{mode: "fan", transport: "tcp", size: 100, links: 1000, topics: 10}, fake(t, "plays"))
	require.NoError(t, err)
	require.Equal(t, 10*eachFewest, n)
}

// TestFewest has each subscriber receive its mark, unless that takes too long.
func TestFewest(t *testing.T) {
	require.Equal(t, eachFewest, scenario{mode: "fan"}.fewest(400))
	require.Equal(t, 13*overtime, scenario{mode: "fan"}.fewest(13))
	require.Equal(t, 108*overtime, scenario{mode: "fan", topics: 10}.fewest(108))
	require.Equal(t, fewest, scenario{mode: "fan"}.fewest(0))
	require.Equal(t, fewest, scenario{mode: "thr"}.fewest(400))
}

// TestCompare takes turns, and goes on without those that fail.
func TestCompare(t *testing.T) {
	good := fake(t, "plays")
	bad := &peer{name: "bad", modes: socketModes, bin: "/nowhere/at/all"}
	other := *good
	other.name = "other"
	r := &results{}
	s := scenario{mode: "thr", transport: "tcp", size: 10}
	require.NoError(t, newBench(t, patience).compare(t.Context(), s, []*peer{good, bad, &other}, r))
	var turns []string
	for _, rec := range r.records {
		turns = append(turns, fmt.Sprintf("%s %d %v", rec.peer, rec.round, rec.failure == ""))
	}
	require.Equal(t, "bad 0 false, fake 0 true, other 0 true, fake 1 true, other 1 true", strings.Join(turns, ", "))
}
