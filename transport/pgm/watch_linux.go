package pgm

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openWatch makes a socket on which the kernel tells what becomes of interfaces.
func openWatch() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "netlink")
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK}); err != nil {
		_ = f.Close()
		return nil, os.NewSyscallError("bind", err)
	}
	return f, nil
}

// untilGone waits until the interface with that index has gone. It fails once the socket is closed.
func untilGone(f *os.File, index int) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := f.Read(buf)
		switch {
		case errors.Is(err, unix.ENOBUFS): // some of what was told is lost
			if !exists(index) {
				return nil
			}
		case err != nil:
			return err
		case tellsGone(buf[:n], index):
			return nil
		}
	}
}

// exists says whether there is an interface with that index.
func exists(index int) bool {
	_, err := net.InterfaceByIndex(index)
	return err == nil
}

// tellsGone says whether messages of the kernel's tell that an interface has gone. What a bridge says of its ports looks alike, and is of another family.
func tellsGone(b []byte, index int) bool {
	messages, err := syscall.ParseNetlinkMessage(b)
	if err != nil {
		return false
	}
	for _, m := range messages {
		if m.Header.Type == unix.RTM_DELLINK && len(m.Data) >= unix.SizeofIfInfomsg && m.Data[0] == unix.AF_UNSPEC &&
			int(int32(binary.NativeEndian.Uint32(m.Data[4:]))) == index {
			return true
		}
	}
	return false
}
