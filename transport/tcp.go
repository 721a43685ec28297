package transport

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// tcp is the row of TCP. To bind: "*", an IP address (IPv6 in brackets, a zone after %), the name of a network
// interface or a host name, then a colon and a port, where "*" and 0 let the system choose. To connect: an IP address or
// host name and a port; before it, with a semicolon between, there may stand where to connect from, written as for bind.
func tcp() Transport {
	return Transport{
		Scheme:       "tcp",
		Wildcard:     "127.0.0.1:*",
		checkBind:    func(s string) error { _, err := parseLocal(s); return err },
		checkConnect: func(s string) error { _, _, err := parseRemote(s); return err },
		canonical:    canonicalTCP,
		dial:         dialTCP,
		listen:       listenTCP,
	}
}

// listenTCP binds an address. The listening socket has one address family: that of the address, or both for "*".
func listenTCP(ctx context.Context, address string, opts Options) (Listener, error) {
	a, err := parseLocal(address)
	if err != nil {
		return nil, err
	}
	ip, err := a.local(ctx, opts.IPv6)
	if err != nil {
		return nil, err
	}
	network := "tcp4"
	if ip.Is6() || (!ip.IsValid() && opts.IPv6) {
		network = "tcp" // for "::" that is both families, where "tcp6" would be one
	}
	bound, err := opts.listenConfig().Listen(ctx, network, join(ip, a.port))
	if err != nil {
		return nil, err
	}
	ln := bound.(*net.TCPListener)
	if err := setBacklog(ln, opts.backlog()); err != nil {
		_ = ln.Close()
		return nil, err
	}
	mapped := opts.IPv6 && ip.Is4()
	family := "tcp4"
	if network == "tcp" {
		family = "tcp6"
	}
	return &listener{Listener: ln, endpoint: lastEndpoint(ln, mapped), network: family, opts: opts}, nil
}

// lastEndpoint is what a bound listener calls itself. With IPv6 on, libzmq binds an IPv4 address by its image in IPv6
// and says so; mapped asks for that spelling. Both spellings can be dialed.
func lastEndpoint(ln *net.TCPListener, mapped bool) string {
	bound := ln.Addr().(*net.TCPAddr).AddrPort()
	ip := bound.Addr()
	if mapped {
		ip = netip.AddrFrom16(ip.As16())
	}
	return "tcp" + separator + join(ip, bound.Port())
}

// dialTCP makes one attempt to connect, which tries all addresses of a name, or leaves that to a proxy.
func dialTCP(ctx context.Context, address string, opts Options) (net.Conn, error) {
	from, to, err := parseRemote(address)
	if err != nil {
		return nil, err
	}
	network := "tcp4"
	if opts.IPv6 {
		network = "tcp"
	}
	d := opts.dialer(nil)
	if from != nil {
		if d, err = dialerFrom(ctx, *from, opts); err != nil {
			return nil, err
		}
	}
	if opts.Proxy.Address != "" {
		return opts.Proxy.dial(ctx, d, network, to.String())
	}
	if to.ip.IsValid() {
		if _, err := allowed(to.ip, opts.IPv6); err != nil {
			return nil, err
		}
	}
	return d.DialContext(ctx, network, to.String())
}

// dialerFrom is a dialer whose connections start at a given address. A port given may be in use by a connection to
// somewhere else: SO_REUSEADDR lets several connections start there, as in libzmq.
func dialerFrom(ctx context.Context, from tcpAddress, opts Options) (*net.Dialer, error) {
	ip, err := from.local(ctx, opts.IPv6)
	if err != nil {
		return nil, err
	}
	d := opts.dialer(&net.TCPAddr{IP: ip.AsSlice(), Port: int(from.port), Zone: ip.Zone()})
	if from.port != 0 {
		d.Control = func(network, address string, raw syscall.RawConn) error {
			if err := (setting{at: sysReuseAddress, value: 1}).set(raw); err != nil {
				return err
			}
			return opts.control(network, address, raw)
		}
	}
	return d, nil
}

// join writes an address and a port in the form of package net. The zero address stands for all of them.
func join(ip netip.Addr, port uint16) string {
	host := ""
	if ip.IsValid() {
		host = ip.String()
	}
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
