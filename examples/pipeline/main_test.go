package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/weirmq/weir/socket"
)

// playVar makes the test binary play the program, in the process that has it in its environment.
const playVar = "PIPELINE_TEST_PLAY"

// TestMain plays a part where the process was started for one, as a worker or as the program; else it runs the tests, and
// fails them when one leaves a goroutine behind.
func TestMain(m *testing.M) {
	if os.Getenv(playVar) != "" || len(os.Args) > 1 && os.Args[1] == "worker" {
		main()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// small are flags for a short run: few messages, so large that the kernel's buffers hold only some of them.
func small(flags ...string) []string {
	return append([]string{"-n", "450", "-size", "262144", "-timeout", "3m"}, flags...)
}

// playApart runs the program in a process of its own and returns what it printed, and its exit status.
func playApart(t *testing.T, flags []string) (printed string, status int) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], flags...)
	cmd.Env = append(os.Environ(), playVar+"=1")
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // the status says it
	t.Log(out.String())
	return out.String(), cmd.ProcessState.ExitCode()
}

// TestPipeline runs the demonstration over each transport. What it claims holds, and it leaves nothing running.
func TestPipeline(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		t.Run(transport, func(t *testing.T) {
			o, err := parse(small("-transport", transport))
			require.NoError(t, err)
			var out bytes.Buffer
			err = run(t.Context(), o, &out)
			t.Log(out.String())
			require.NoError(t, err)
			require.Contains(t, out.String(), "       1  restarts\n       1  reconnects\n")
			require.NotContains(t, out.String(), "FAIL")
		})
	}
}

// TestExitStatus runs the program as its users do.
func TestExitStatus(t *testing.T) {
	printed, status := playApart(t, small())
	require.Zero(t, status)
	require.Contains(t, printed, "ok    every missing number had left for the killed worker")
}

// TestBrokenHandOver lets queues die with their connections: what was queued for the killed worker is lost, and the run
// has to notice.
func TestBrokenHandOver(t *testing.T) {
	printed, status := playApart(t, small("-immediate"))
	require.Equal(t, 1, status)
	require.Contains(t, printed, "FAIL  every missing number had left for the killed worker (but ")
	require.Contains(t, printed, "FAIL  missing ")
	require.Contains(t, printed, "ok    nothing arrived twice")
}

// TestSwallowed lets the restarted worker lose one of the messages that had been queued for it: a single one is noticed.
func TestSwallowed(t *testing.T) {
	printed, status := playApart(t, small("-swallow"))
	require.Equal(t, 1, status)
	require.Contains(t, printed, "FAIL  every missing number had left for the killed worker (but 1: ")
	require.Contains(t, printed, "FAIL  missing ")
}

// TestGivesUp has workers that end at once: their supervisor gives up, and the run ends with the reason.
func TestGivesUp(t *testing.T) {
	printed, status := playApart(t, small("-worker", os.Args[0]+" -no-such-flag"))
	require.Equal(t, 1, status)
	require.Contains(t, printed, "escalate")
	require.Contains(t, printed, "pipeline: pipeline failed: worker-")
}

// TestFlags refuses what makes no sense.
func TestFlags(t *testing.T) {
	for _, flags := range []string{"-n 0", "-size -1", "-worker=", "surplus", "-no-such-flag", "-worker /no/such/program"} {
		_, err := parse(strings.Fields(flags))
		require.Error(t, err, flags)
	}
	o, err := parse([]string{"-transport", "pigeon"})
	require.NoError(t, err)
	require.ErrorContains(t, run(t.Context(), o, io.Discard), "pigeon")
}

// TestWorkerEndsWithItsParent ends the worker's standard input, which its parent holds, while it waits for work.
func TestWorkerEndsWithItsParent(t *testing.T) {
	rt, err := socket.NewRuntime()
	require.NoError(t, err)
	sink, err := socket.NewPull(rt)
	require.NoError(t, err)
	at, err := sink.Bind(t.Context(), "tcp://127.0.0.1:*")
	require.NoError(t, err)
	stdin, parent := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- work(t.Context(), "w", "tcp://127.0.0.1:*", at.String(), stdin) }()
	require.NoError(t, sink.WaitPeers(t.Context(), 1))
	require.NoError(t, parent.Close())
	require.Error(t, <-done, "it has not seen the end")
	require.NoError(t, rt.Shutdown(t.Context()))
}
