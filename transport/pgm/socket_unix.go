//go:build linux || darwin

package pgm

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/weirmq/weir/transport"
)

// ipprotoPGM is the number of the protocol.
const ipprotoPGM = 113

// socket makes a socket bound to an address, for which package net has no way: it binds the wildcard where it is told to
// bind a group. Port 0 is any. Buffers are sizes asked of the kernel; 0 leaves them to it.
func (c *Conn) socket(bind netip.Addr, port uint16, sendBuffer, recvBuffer int) (net.PacketConn, error) {
	family, kind, proto := unix.AF_INET, unix.SOCK_DGRAM, 0
	if bind.Is6() {
		family = unix.AF_INET6
	}
	if c.opts.Raw {
		kind, proto, port = unix.SOCK_RAW, ipprotoPGM, 0
	}
	fd, err := openSocket(family, kind, proto)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "pgm")
	defer func() { _ = f.Close() }() // FilePacketConn has one of its own
	if err := c.prepare(fd, bind, port, sendBuffer, recvBuffer); err != nil {
		return nil, err
	}
	return net.FilePacketConn(f)
}

// openSocket makes a socket that no child process inherits, one that another goroutine starts meanwhile included.
func openSocket(family, kind, proto int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(family, kind, proto)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	return fd, err
}

// prepare sets the options of a socket and binds it.
func (c *Conn) prepare(fd int, bind netip.Addr, port uint16, sendBuffer, recvBuffer int) error {
	set := func(level, option, value int) error {
		return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, option, value))
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return os.NewSyscallError("setnonblock", err)
	}
	if sendBuffer > 0 {
		if err := set(unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer); err != nil {
			return err
		}
	}
	if recvBuffer > 0 {
		if err := set(unix.SOL_SOCKET, unix.SO_RCVBUF, recvBuffer); err != nil {
			return err
		}
	}
	if port != 0 {
		if err := set(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return err
		}
	}
	if bind.Is6() {
		if err := set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil && !c.opts.Raw {
			return err
		}
	}
	if bind.IsMulticast() {
		if err := onlyOwnGroups(fd, bind.Is6()); err != nil {
			return err
		}
	}
	return os.NewSyscallError("bind", unix.Bind(fd, c.sockaddr(bind, port)))
}

// sockaddr is an address as the kernel wants it.
func (c *Conn) sockaddr(a netip.Addr, port uint16) unix.Sockaddr {
	if a.Is4() {
		return &unix.SockaddrInet4{Port: int(port), Addr: a.As4()}
	}
	s := &unix.SockaddrInet6{Port: int(port), Addr: a.As16()}
	if a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() {
		s.ZoneId = uint32(c.here.ifi.Index)
	}
	return s
}

// explain says what to do about an error of Open.
func explain(err error, o Options) error {
	switch {
	case errors.Is(err, fs.ErrPermission) && o.Raw:
		return fmt.Errorf("%w: pgm needs the right to open raw sockets (on Linux CAP_NET_RAW: run as root, or `setcap cap_net_raw+ep` the program); epgm needs none", err)
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("%w: %w: a program has the port and does not share it, or is another user's: end it, run as its user, or take another port", transport.ErrAddrInUse, err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("%w: %w", transport.ErrAddrNotAvailable, err)
	}
	return err
}

// cutOffs are what a packet is refused with where the interface, or its address, has gone, or the interface is down.
var cutOffs = []error{unix.ENODEV, unix.ENXIO, unix.ENETDOWN, unix.ENETUNREACH, unix.EADDRNOTAVAIL}

// cutOff says whether a packet was refused with one of them.
func cutOff(err error) bool {
	return slices.ContainsFunc(cutOffs, func(e error) bool { return errors.Is(err, e) })
}

// tooLarge says whether a packet was refused for its size.
func tooLarge(err error) bool { return errors.Is(err, unix.EMSGSIZE) }
