package main

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIPv6 wants an endpoint with a host in brackets to work as the manual shows it, bound, connected and measured.
func TestIPv6(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("this machine has no IPv6: ", err)
	} else {
		require.NoError(t, l.Close())
	}
	out, stderr := start(t, "perf", "thr", "tcp://[::1]:*", "10", "100").wait(statusDone)
	require.Empty(t, stderr)
	require.Len(t, out, 1)
	start(t, "pull", "-b", "tcp://[::1]:*", "-t", "1ms").wait(statusTimedOut) // and not statusFailed
}
