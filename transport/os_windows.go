package transport

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// errnos sorts error numbers under the sentinels. Read-only.
var errnos = []struct {
	errno    error // what the system says
	sentinel error // what it is called here
}{
	{windows.WSAEADDRINUSE, ErrAddrInUse},
	{windows.WSAEADDRNOTAVAIL, ErrAddrNotAvailable},
	{windows.WSAENAMETOOLONG, ErrNameTooLong},
	{windows.WSAECONNREFUSED, ErrRefused},
}

// Options of the socket level, which every system has.
var (
	sysSendBuffer   = sysOption{windows.SOL_SOCKET, windows.SO_SNDBUF}
	sysRecvBuffer   = sysOption{windows.SOL_SOCKET, windows.SO_RCVBUF}
	sysReuseAddress = sysOption{windows.SOL_SOCKET, windows.SO_REUSEADDR}
	sysKeepAlive    = sysOption{windows.SOL_SOCKET, windows.SO_KEEPALIVE}
)

// setsockoptInt sets one integer option of a socket.
func setsockoptInt(fd uintptr, o sysOption, value int) error {
	return os.NewSyscallError("setsockopt", windows.SetsockoptInt(windows.Handle(fd), o.level, o.name, value))
}

// setBacklog does nothing: Windows ignores a second call of listen, and package net has made the first.
func setBacklog(syscall.Conn, int) error {
	return nil
}

// sameFile says yes: Windows cannot open a socket file to learn which one it is.
func sameFile(os.FileInfo, os.FileInfo) bool {
	return true
}
