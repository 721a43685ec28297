package pgm

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/weirmq/weir/transport"
)

// A place is a network interface and the address on it that others reach this host by.
type place struct {
	ifi  *net.Interface
	addr netip.Addr
}

// findPlace finds the interface that an address speaks of. Names of hosts are not looked up: what is meant is an
// interface of this machine. The error is transport.ErrNoDevice.
func findPlace(a Address) (place, error) {
	all, err := net.Interfaces()
	if err != nil {
		return place{}, err
	}
	for i := range all {
		p := place{ifi: &all[i]}
		if p.matches(a) {
			return p, nil
		}
	}
	if a.Interface == "" {
		return place{}, fmt.Errorf("%w: no interface that is up has multicast and an address of %s's family; name one", transport.ErrNoDevice, a.Send)
	}
	return place{}, fmt.Errorf("%w: no interface is called %q, or has that address, and one of %s's family", transport.ErrNoDevice, a.Interface, a.Send)
}

// matches reports whether the interface is the one meant, and finds its address.
func (p *place) matches(a Address) bool {
	if p.ifi.Flags&net.FlagUp == 0 {
		return false
	}
	if a.Interface == "" && (p.ifi.Flags&net.FlagMulticast == 0 || p.ifi.Flags&net.FlagLoopback != 0) {
		return false
	}
	named := a.Interface == "" || p.ifi.Name == a.Interface
	want, _ := netip.ParseAddr(a.Interface)
	within, _ := netip.ParsePrefix(a.Interface)
	addrs, err := p.ifi.Addrs()
	if err != nil {
		return false
	}
	for _, x := range addrs {
		n, ok := x.(*net.IPNet)
		if !ok {
			continue
		}
		addr, _ := netip.AddrFromSlice(n.IP)
		addr = addr.Unmap()
		if addr.Is4() != a.Send.Is4() {
			continue
		}
		if named || want.Unmap().WithZone("") == addr || within.IsValid() && within.Contains(addr) {
			p.addr = addr
			return true
		}
	}
	return false
}
