//go:build unix

package main

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// listenAt makes a listening socket, and returns its endpoint.
func listenAt(t *testing.T, scheme string) (f *os.File, ep string) {
	t.Helper()
	address := "127.0.0.1:0"
	if scheme == "ipc" {
		address = strings.TrimPrefix(ipcEndpoint(t), "ipc://")
	}
	l, err := net.Listen(streamSchemes[scheme], address)
	require.NoError(t, err)
	f, err = l.(interface{ File() (*os.File, error) }).File()
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() }) // the second time it is closed
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	require.NoError(t, l.Close())
	return f, scheme + "://" + l.Addr().String()
}

// TestUseFD starts the program with a listening socket, as a service manager does: whoever has connected before is served, and a socket's file stays
// where it was, as in libzmq. (libzmq: test_use_fd)
func TestUseFD(t *testing.T) {
	path := build(t)
	for scheme := range streamSchemes {
		f, ep := listenAt(t, scheme)
		push := start(t, "push", "-c", ep)
		push.write("a")
		pull := launchWith(t, []*os.File{f}, path, "pull", "-b", scheme+"://*", "-n", "2", "-o", "use_fd=3")
		require.NoError(t, f.Close())
		require.Equal(t, ep, pull.bound())
		push.eof("b").wait(statusDone)
		status, out := pull.wait()
		require.Equal(t, statusDone, status)
		require.Equal(t, "a\nb\n", out)
		if scheme == "ipc" {
			require.FileExists(t, strings.TrimPrefix(ep, "ipc://"))
		}
	}
}

// TestNoUseFD takes the option back by its default.
func TestNoUseFD(t *testing.T) {
	pull := start(t, "pull", "-b", anyPort, "-n", "1", "-o", "use_fd=3", "-o", "use_fd=-1")
	start(t, "push", "-c", <-pull.bound).eof("a").wait(statusDone)
	out, _ := pull.wait(statusDone)
	require.Equal(t, []string{"a"}, out)
}

// TestBadUseFD wants status 2 and a reason for a descriptor that is no listener for the one --bind there is.
func TestBadUseFD(t *testing.T) {
	file, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	idle, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Close(idle)) }()
	elsewhere, _ := listenAt(t, "ipc")
	given, err := unix.FcntlInt(elsewhere.Fd(), unix.F_DUPFD_CLOEXEC, 0) // it is taken over, and closed
	require.NoError(t, err)
	for reason, c := range map[string]struct {
		fd   int
		args []string
	}{
		"no such descriptor is open":        {1 << 20, []string{"-b", anyPort}},
		"it is no socket":                   {int(file.Fd()), []string{"-b", anyPort}},
		"it is a socket that does not list": {idle, []string{"-b", anyPort}},
		"no place for " + anyPort:           {given, []string{"-b", anyPort}},
		"and there are 2":                   {idle, []string{"-b", anyPort, "-b", "ipc://*"}},
		"and there are 0":                   {idle, []string{"-b", "inproc://a"}},
	} {
		args := append([]string{"pull", "-o", "use_fd=" + strconv.Itoa(c.fd)}, c.args...)
		out, stderr := start(t, args...).wait(statusUsage)
		require.Empty(t, out, reason)
		require.Contains(t, stderr, reason)
		require.Contains(t, stderr, "\n  rcvhwm=N\n", reason)
	}
}
