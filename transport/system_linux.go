package transport

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Where Linux keeps what Options can ask for.
var (
	sysTypeOfService     = sysOption{unix.IPPROTO_IP, unix.IP_TOS}
	sysTrafficClass      = sysOption{unix.IPPROTO_IPV6, unix.IPV6_TCLASS}
	sysKeepAliveIdle     = sysOption{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}
	sysKeepAliveInterval = sysOption{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL}
	sysKeepAliveCount    = sysOption{unix.IPPROTO_TCP, unix.TCP_KEEPCNT}
	sysMaxRetransmit     = sysOption{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT}
	sysPriority          = sysOption{unix.SOL_SOCKET, unix.SO_PRIORITY}
)

const (
	maxRetransmitUnit = time.Millisecond // of TCP_USER_TIMEOUT
	hasBothClasses    = true             // a socket of IPv6 takes the type of service of IPv4 too
	hasDevice         = true             // SO_BINDTODEVICE
)

// bindToDevice ties a socket to a network interface.
func bindToDevice(raw syscall.RawConn, device string) error {
	return onSocket(raw, func(fd uintptr) error {
		return os.NewSyscallError("setsockopt", unix.BindToDevice(int(fd), device))
	})
}
