//go:build unix

package codec

import "syscall"

// asks says that reading from a connection with nothing to read returns at once.
const asks = true

// readNow reads what there is; the error is EAGAIN where there is nothing.
func readNow(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), p)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// writeNow writes what the kernel takes of p; the error is EAGAIN where it takes nothing.
func writeNow(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Write(int(fd), p)
		if err != syscall.EINTR {
			return n, err
		}
	}
}
