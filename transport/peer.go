package transport

import "net"

// PeerName names the other side of a connection: its address, or, for an accepted ipc connection, whose process has none, the credentials that the
// system knows, as ":uid:gid:pid" (the form of libzmq's Peer-Address). Where the system tells nothing it is "unnamed".
func PeerName(conn net.Conn) string {
	if a := conn.RemoteAddr(); a != nil && a.String() != "" && a.String() != "@" {
		return a.String()
	}
	if u, ok := conn.(*net.UnixConn); ok {
		if name := credentials(u); name != "" {
			return name
		}
	}
	return "unnamed"
}
