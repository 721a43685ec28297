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
