package transport

import (
	"time"

	"golang.org/x/sys/unix"
)

// Where macOS keeps what Options can ask for.
var (
	sysTypeOfService     = sysOption{unix.IPPROTO_IP, unix.IP_TOS}
	sysTrafficClass      = sysOption{unix.IPPROTO_IPV6, unix.IPV6_TCLASS}
	sysKeepAliveIdle     = sysOption{unix.IPPROTO_TCP, unix.TCP_KEEPALIVE}
	sysKeepAliveInterval = sysOption{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL}
	sysKeepAliveCount    = sysOption{unix.IPPROTO_TCP, unix.TCP_KEEPCNT}
	sysMaxRetransmit     = sysOption{}
	sysPriority          = sysOption{}
)

const (
	maxRetransmitUnit = time.Millisecond // of nothing
	hasBothClasses    = false            // a socket of IPv6 refuses the type of service of IPv4
	hasDevice         = false
)
