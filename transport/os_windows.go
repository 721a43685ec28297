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

// Options of the socket level that setSocketOption takes.
const (
	optSendBuffer   = windows.SO_SNDBUF
	optRecvBuffer   = windows.SO_RCVBUF
	optReuseAddress = windows.SO_REUSEADDR
)

// setsockoptInt sets one integer option of the socket level.
func setsockoptInt(fd uintptr, option, value int) error {
	err := windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, option, value)
	return os.NewSyscallError("setsockopt", err)
}

// setBacklog does nothing: Windows ignores a second call of listen, and package net has made the first.
func setBacklog(syscall.Conn, int) error {
	return nil
}

// sameFile says yes: Windows cannot open a socket file to learn which one it is.
func sameFile(os.FileInfo, os.FileInfo) bool {
	return true
}
