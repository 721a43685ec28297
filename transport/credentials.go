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

// credentials words the process on the other side as ":uid:gid:pid". Empty where the system does not tell.
func credentials(conn *net.UnixConn) string {
	who, ok := PeerCredentials(conn)
	if !ok {
		return ""
	}
	return fmt.Sprintf(":%d:%d:%d", who.UID, who.GID, who.PID)
}
