//go:build !unix

package codec

import "syscall"

// asks says that a connection cannot be asked whether there is something to read.
const asks = false

// readNow is not called.
func readNow(uintptr, []byte) (int, error) { return 0, syscall.EAGAIN }

// writeNow is not called.
func writeNow(uintptr, []byte) (int, error) { return 0, syscall.EAGAIN }
