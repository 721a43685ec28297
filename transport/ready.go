package transport

import "syscall"

// A Descriptor is something with a file descriptor, and what is asked of it. Poll writes the answers.
type Descriptor struct {
	// Raw is the descriptor. It stays open while Poll goes on, whoever closes it meanwhile.
	Raw syscall.RawConn
	// In and Out ask whether it can be read, or written, without waiting.
	In, Out bool

	// CanRead and CanWrite answer In and Out; Broken says that it is closed, or has an error, or that the other side is gone where In does not ask. With
	// In, an end of file can be read.
	CanRead, CanWrite, Broken bool
}
