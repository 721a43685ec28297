package transport

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// local resolves an address of this machine: an IP address stands for itself, a name is that of an interface first and
// of a host second. The zero address stands for all of them. Whether the machine has the address shows in the bind.
func (a tcpAddress) local(ctx context.Context, ipv6 bool) (netip.Addr, error) {
	if a.ip.IsValid() {
		return allowed(a.ip, ipv6)
	}
	if a.name == "" {
		return netip.Addr{}, nil
	}
	found, err := interfaceAddresses(a.name)
	if err != nil {
		found, err = hostAddresses(ctx, a.name, ipv6)
	}
	if err != nil {
		return netip.Addr{}, err
	}
	ip, ok := choose(found, ipv6)
	if !ok {
		return netip.Addr{}, fmt.Errorf("%w: %q has no address of the families in use", ErrNoDevice, a.name)
	}
	return ip, nil
}

// allowed lets an IPv6 address pass only where IPv6 is on.
func allowed(ip netip.Addr, ipv6 bool) (netip.Addr, error) {
	if ip.Is6() && !ipv6 {
		return netip.Addr{}, fmt.Errorf("%w: %s is an IPv6 address and IPv6 is off", ErrNoDevice, ip)
	}
	return ip, nil
}

// choose takes the first IPv6 address where IPv6 is on, and else the first of IPv4: libzmq's order.
func choose(from []netip.Addr, ipv6 bool) (netip.Addr, bool) {
	if i := slices.IndexFunc(from, netip.Addr.Is6); ipv6 && i >= 0 {
		return from[i], true
	}
	if i := slices.IndexFunc(from, netip.Addr.Is4); i >= 0 {
		return from[i], true
	}
	return netip.Addr{}, false
}

// interfaceAddresses lists the addresses of a network interface, in the system's order; those that mean something on
// one link alone come with their zone.
func interfaceAddresses(name string) ([]netip.Addr, error) {
	nic, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}
	all, err := nic.Addrs()
	if err != nil {
		return nil, err
	}
	var out []netip.Addr
	for _, a := range all {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue // not an IP address
		}
		ip := prefix.Addr().Unmap()
		if ip.IsLinkLocalUnicast() && ip.Is6() {
			ip = ip.WithZone(name)
		}
		out = append(out, ip)
	}
	return out, nil
}

// resolver looks host names up, at each attempt anew: it keeps nothing. Tests put their own here.
var resolver = net.DefaultResolver

// hostAddresses looks a host name up. A name that does not resolve is ErrNoDevice, since at a bind it may as well have
// been meant for an interface; an ended ctx gives ctx's error.
func hostAddresses(ctx context.Context, name string, ipv6 bool) ([]netip.Addr, error) {
	network := "ip4"
	if ipv6 {
		network = "ip"
	}
	found, err := resolver.LookupNetIP(ctx, network, name)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: no interface %q, and %w", ErrNoDevice, name, err)
	}
	for i, ip := range found {
		found[i] = ip.Unmap()
	}
	return found, nil
}
