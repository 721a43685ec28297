package codec

import "syscall"

// ferries says that a connection can be written to without waiting, and told that more comes.
const ferries = true

// sendNow writes what the kernel takes of p, which is not empty; the error is EAGAIN where it takes nothing. Where more follows at once, it goes into the
// same segment.
func sendNow(fd uintptr, p []byte, more bool) (int, error) {
	flags := syscall.MSG_NOSIGNAL
	if more {
		flags |= syscall.MSG_MORE
	}
	for {
		n, err := syscall.SendmsgN(int(fd), p, nil, nil, flags)
		if err != syscall.EINTR {
			return n, err
		}
	}
}
