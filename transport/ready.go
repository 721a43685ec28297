package transport

import "syscall"

// A Descriptor is something with a file descriptor, and what is asked of it. Poll writes the answers.
type Descriptor struct {
	// Raw is the descriptor. It must stay open while Poll goes on.
	Raw syscall.RawConn
	// In and Out ask whether it can be read, or written, without waiting.
	In, Out bool

	// CanRead and CanWrite answer In and Out; Broken says that it is closed, or has an error. An end of file can be read.
	CanRead, CanWrite, Broken bool
}
