//go:build unix && !linux && !darwin

package transport

import (
	"time"

	"golang.org/x/sys/unix"
)

// Where other kinds of Unix keep what Options can ask for: what nobody has tried there counts as lacking.
var (
	sysTypeOfService     = sysOption{unix.IPPROTO_IP, unix.IP_TOS}
	sysTrafficClass      = sysOption{}
	sysKeepAliveIdle     = sysOption{}
	sysKeepAliveInterval = sysOption{}
	sysKeepAliveCount    = sysOption{}
	sysMaxRetransmit     = sysOption{}
	sysPriority          = sysOption{}
)

const (
	maxRetransmitUnit = time.Millisecond // of nothing
	hasBothClasses    = false
	hasDevice         = false
)
