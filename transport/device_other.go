//go:build !linux

package transport

import "syscall"

// bindToDevice refuses: only Linux has such an option by the name of an interface.
func bindToDevice(syscall.RawConn, string) error { return unsupported("Device") }
