package transport

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestTCPListeningSocket reads the length of the queue and the protocol from the kernel. For a listening socket Linux
// shows the length in the field "sacked" of tcp_info.
func TestTCPListeningSocket(t *testing.T) {
	for asked, want := range map[int]uint32{-1: DefaultBacklog, 0: DefaultBacklog, 1: 1, 7: 7} {
		ln, err := listenTCP(t.Context(), "127.0.0.1:*", Options{Backlog: asked})
		require.NoError(t, err)
		raw, err := ln.(*listener).Listener.(*net.TCPListener).SyscallConn()
		require.NoError(t, err)
		require.NoError(t, raw.Control(func(fd uintptr) {
			info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
			require.NoError(t, err)
			require.Equal(t, want, info.Sacked)
			protocol, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PROTOCOL)
			require.NoError(t, err)
			require.Equal(t, unix.IPPROTO_TCP, protocol, "package net would make it multipath")
		}))
		require.NoError(t, ln.Close())
	}
}
