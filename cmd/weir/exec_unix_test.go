//go:build unix

package main

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSignals sends real signals to the program: it ends in good order.
func TestSignals(t *testing.T) {
	path := build(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		rep := launch(t, path, "rep", "-b", anyPort)
		status, out, errs := execute(t, path, "a\n", "req", "-c", rep.bound())
		require.Equal(t, statusDone, status, errs)
		require.Equal(t, "a\n", out)
		require.NoError(t, rep.cmd.Process.Signal(signal))
		status, out = rep.wait()
		require.Equal(t, statusDone, status, signal)
		require.Empty(t, out)

		pull := launch(t, path, "pull", "-b", anyPort, "-n", "5")
		require.NotEmpty(t, pull.bound())
		require.NoError(t, pull.cmd.Process.Signal(signal))
		status, _ = pull.wait()
		require.Equal(t, statusFailed, status, "5 messages were wanted")
	}
}
