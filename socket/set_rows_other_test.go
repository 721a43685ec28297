//go:build !linux

package socket_test

// systemRows are the options that the system's own sockets have: shown on Linux alone.
func systemRows() map[string]setRow {
	rows := map[string]setRow{}
	for _, name := range []string{
		"SendBuffer", "RecvBuffer", "TypeOfService", "Priority", "TCPKeepAlive", "TCPKeepAliveIdle", "TCPKeepAliveInterval", "TCPKeepAliveCount",
		"TCPMaxRetransmit", "BindToDevice", "Backlog", "Rate", "RecoveryInterval", "MulticastHops", "MulticastMaxTPDU", "MulticastLoop",
	} {
		rows[name] = setRow{}
	}
	return allLater(rows)
}
