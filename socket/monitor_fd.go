package socket

import "syscall"

// fdOf is the descriptor behind a connection or a listener, which libzmq's monitor events carry; 0 where there is none, or it is closed. It is a number
// to compare, not to use: who it belongs to may close it at any time.
func fdOf(v any) (fd int) {
	c, ok := v.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(f uintptr) { fd = int(f) }) // of one that is closed there is none
	return fd
}
