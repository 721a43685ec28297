package transport

import (
	"net"

	"golang.org/x/sys/unix"
)

const hasCredentials = true

// PeerCredentials asks the system for the process on the other side of an ipc connection. It reports false where the
// system does not tell.
func PeerCredentials(conn net.Conn) (c Credentials, ok bool) {
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return c, false
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return c, false
	}
	err = onSocket(raw, func(fd uintptr) error {
		who, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err == nil {
			c = Credentials{PID: int(who.Pid), UID: int(who.Uid), GID: int(who.Gid)}
		}
		return err
	})
	return c, err == nil
}
