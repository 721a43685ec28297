package socket_test

import (
	"strconv"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/weirmq/weir/socket"
)

// systemRows are the options that the system's own sockets have: each is read from the one that listens.
func systemRows() map[string]setRow {
	alive := func(more ...socket.Option) []socket.Option { return append(all(socket.TCPKeepAlive(true)), more...) }
	rows := map[string]setRow{
		"SendBuffer":           {opts: all(socket.SendBuffer(40_000)), look: has(unix.SOL_SOCKET, unix.SO_SNDBUF)},
		"RecvBuffer":           {opts: all(socket.RecvBuffer(30_000)), look: has(unix.SOL_SOCKET, unix.SO_RCVBUF)},
		"TypeOfService":        {opts: all(socket.TypeOfService(0x58)), look: has(unix.IPPROTO_IP, unix.IP_TOS)},
		"Priority":             {opts: all(socket.Priority(5)), look: has(unix.SOL_SOCKET, unix.SO_PRIORITY)},
		"TCPKeepAlive":         {opts: alive(), look: has(unix.SOL_SOCKET, unix.SO_KEEPALIVE)},
		"TCPKeepAliveIdle":     {opts: alive(socket.TCPKeepAliveIdle(90 * time.Second)), look: has(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE)},
		"TCPKeepAliveInterval": {opts: alive(socket.TCPKeepAliveInterval(9 * time.Second)), look: has(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL)},
		"TCPKeepAliveCount":    {opts: alive(socket.TCPKeepAliveCount(5)), look: has(unix.IPPROTO_TCP, unix.TCP_KEEPCNT)},
		"TCPMaxRetransmit":     {opts: all(socket.TCPMaxRetransmit(3 * time.Second)), look: has(unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)},
		"BindToDevice":         {opts: all(socket.BindToDevice("lo")), look: device},
		"Backlog":              {opts: all(socket.Backlog(7)), look: backlog},
	}
	for name, row := range rows {
		row.typ = "PULL"
		rows[name] = row
	}
	for _, name := range []string{"Rate", "RecoveryInterval", "MulticastHops", "MulticastMaxTPDU", "MulticastLoop"} {
		rows[name] = setRow{test: "TestSetGroup"}
	}
	return allLater(rows)
}

// listening is the system's socket that listens at a place.
func (c *setScene) listening(p *setPlace) int {
	c.t.Helper()
	fds := descriptorsAt(c.t, p.ep.String())
	require.Len(c.t, fds, 1)
	return fds[0]
}

// has sees a number.
func has(level, name int) func(*setScene, *setPlace) string {
	return func(c *setScene, p *setPlace) string {
		n, err := unix.GetsockoptInt(c.listening(p), level, name)
		require.NoError(c.t, err)
		return strconv.Itoa(n)
	}
}

// device sees the interface.
func device(c *setScene, p *setPlace) string {
	name, err := unix.GetsockoptString(c.listening(p), unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
	require.NoError(c.t, err)
	return name
}

// backlog sees how many connections may wait, which Linux tells of a socket that listens where it tells of selective acknowledgements else.
func backlog(c *setScene, p *setPlace) string {
	info, err := unix.GetsockoptTCPInfo(c.listening(p), unix.IPPROTO_TCP, unix.TCP_INFO)
	require.NoError(c.t, err)
	return strconv.Itoa(int(info.Sacked))
}
