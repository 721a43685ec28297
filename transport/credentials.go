package transport

import (
	"fmt"
	"net"
)

// Credentials are the process on the other side of an ipc connection, as the system knows it: who it was when it
// connected, or bound.
type Credentials struct {
	// PID is the process, UID its user, GID its group.
	PID, UID, GID int
}

// HasCredentials says whether this system tells them.
const HasCredentials = hasCredentials

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
	err = onSocket(raw, func(fd uintptr) (err error) {
		c, err = credentialsOf(fd)
		return err
	})
	return c, err == nil
}

// credentials words the process on the other side as ":uid:gid:pid". Empty where the system does not tell.
func credentials(conn *net.UnixConn) string {
	who, ok := PeerCredentials(conn)
	if !ok {
		return ""
	}
	return fmt.Sprintf(":%d:%d:%d", who.UID, who.GID, who.PID)
}
