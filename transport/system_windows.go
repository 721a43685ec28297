package transport

import (
	"time"

	"golang.org/x/sys/windows"
)

// Where Windows keeps what Options can ask for. It takes IP_TOS and does nothing with it, so that is not here.
var (
	sysTypeOfService     = sysOption{}
	sysTrafficClass      = sysOption{}
	sysKeepAliveIdle     = sysOption{windows.IPPROTO_TCP, windows.TCP_KEEPIDLE}
	sysKeepAliveInterval = sysOption{windows.IPPROTO_TCP, windows.TCP_KEEPINTVL}
	sysKeepAliveCount    = sysOption{windows.IPPROTO_TCP, windows.TCP_KEEPCNT}
	sysMaxRetransmit     = sysOption{windows.IPPROTO_TCP, windows.TCP_MAXRT}
	sysPriority          = sysOption{}
)

const (
	maxRetransmitUnit = time.Second // of TCP_MAXRT
	hasBothClasses    = false
	hasDevice         = false
)
