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

// Options of the socket level, which every system has.
var (
	sysSendBuffer   = sysOption{unix.SOL_SOCKET, unix.SO_SNDBUF}
	sysRecvBuffer   = sysOption{unix.SOL_SOCKET, unix.SO_RCVBUF}
	sysReuseAddress = sysOption{unix.SOL_SOCKET, unix.SO_REUSEADDR}
	sysKeepAlive    = sysOption{unix.SOL_SOCKET, unix.SO_KEEPALIVE}
)

// setsockoptInt sets one integer option of a socket.
func setsockoptInt(fd uintptr, o sysOption, value int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), o.level, o.name, value))
}

// setBacklog changes the length of a listening socket's queue. Package net always asks for the system's maximum, and a
// second listen(2) is how Unix changes it.
func setBacklog(ln syscall.Conn, n int) error {
	raw, err := ln.SyscallConn()
	if err != nil {
		return err
	}
	return onSocket(raw, func(fd uintptr) error { return os.NewSyscallError("listen", unix.Listen(int(fd), n)) })
}

// sameFile reports whether two looks at a path saw one and the same file.
func sameFile(a, b os.FileInfo) bool {
	return os.SameFile(a, b)
}
