package transport

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// credentials asks the system for the process on the other side. Empty where it does not tell.
func credentials(conn *net.UnixConn) string {
	raw, err := conn.SyscallConn()
	if err != nil {
		return ""
	}
	var cred *unix.Ucred
	var asked error
	if err := raw.Control(func(fd uintptr) { cred, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil || asked != nil {
		return ""
	}
	return fmt.Sprintf(":%d:%d:%d", cred.Uid, cred.Gid, cred.Pid)
}
