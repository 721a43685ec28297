package main

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIPv6 wants an endpoint with a host in brackets to work as the manual shows it, bound, connected and measured.
func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Skip("this machine has no IPv6: ", err)
	}
	require.NoError(t, err)
	require.NoError(t, l.Close())
	out, stderr := start(t, "perf", "thr", "tcp://[::1]:*", "10", "100").wait(statusDone)
	require.Empty(t, stderr)
	require.Len(t, out, 1)
	start(t, "pull", "-b", "tcp://[::1]:*", "-t", "1ms").wait(statusTimedOut) // and not statusFailed
}
