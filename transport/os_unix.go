//go:build unix

package transport

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// errnos sorts error numbers under the sentinels. Read-only.
var errnos = []struct {
	errno    error // what the system says
	sentinel error // what it is called here
}{
	{unix.EADDRINUSE, ErrAddrInUse},
	{unix.EADDRNOTAVAIL, ErrAddrNotAvailable},
	{unix.ENODEV, ErrNoDevice},
	{unix.ENAMETOOLONG, ErrNameTooLong},
	{unix.ECONNREFUSED, ErrRefused},
}

// Options of the socket level that setSocketOption takes.
const (
	optSendBuffer   = unix.SO_SNDBUF
	optRecvBuffer   = unix.SO_RCVBUF
	optReuseAddress = unix.SO_REUSEADDR
)

// setsockoptInt sets one integer option of the socket level.
func setsockoptInt(fd uintptr, option, value int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, value))
}

// setBacklog changes the length of a listening socket's queue. Package net always asks for the system's maximum, and a
// second listen(2) is how Unix changes it.
func setBacklog(ln syscall.Conn, n int) error {
	raw, err := ln.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := raw.Control(func(fd uintptr) { set = unix.Listen(int(fd), n) }); err != nil {
		return err
	}
	return os.NewSyscallError("listen", set)
}

// sameFile reports whether two looks at a path saw one and the same file.
func sameFile(a, b os.FileInfo) bool {
	return os.SameFile(a, b)
}
