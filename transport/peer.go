package transport

import (
	"net"
	"net/netip"
)

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

// PeerAddress is where the other side of a connection is, as libzmq's Peer-Address words it: the numeric IP address without a port, an IPv4 one in its
// own form; or, for an ipc connection, "localhost:uid:gid:pid" of the process there. Empty where the system tells nothing.
func PeerAddress(conn net.Conn) string {
	if u, ok := conn.(*net.UnixConn); ok {
		if name := credentials(u); name != "" {
			return "localhost" + name
		}
		return ""
	}
	a := conn.RemoteAddr()
	if a == nil {
		return ""
	}
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return ""
	}
	return at.Addr().Unmap().String()
}
