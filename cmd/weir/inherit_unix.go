//go:build unix

package main

import (
	"errors"

	"golang.org/x/sys/unix"
)

// listening says what is wrong with a descriptor that is no listening socket.
func listening(fd int) error {
	switch on, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); {
	case errors.Is(err, unix.EBADF):
		return errors.New("no such descriptor is open")
	case errors.Is(err, unix.ENOTSOCK):
		return errors.New("it is no socket")
	case err != nil:
		return err
	case on == 0:
		return errors.New("it is a socket that does not listen")
	}
	return nil
}
