package pgm

import (
	"os"

	"golang.org/x/sys/unix"
)

// onlyOwnGroups keeps out what comes for groups that others on this host have joined, on other interfaces.
func onlyOwnGroups(fd int, v6 bool) error {
	if v6 {
		return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0))
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0))
}
