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
		who, err := unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		if err != nil {
			return err
		}
		pid, err := unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
		c = Credentials{PID: pid, UID: int(who.Uid)}
		if who.Ngroups > 0 {
			c.GID = int(who.Groups[0])
		}
		return err
	})
	return c, err == nil
}
