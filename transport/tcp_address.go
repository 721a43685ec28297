package transport

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// wildcard stands for every address, or for a port of the system's choice.
const wildcard = "*"

// A tcpAddress is one "host:port". The zero value is every address and a port of the system's choice.
type tcpAddress struct {
	ip   netip.Addr // the host, when it is an IP address, with an IPv4 address in IPv6 clothes undressed
	name string     // the host, when it is a name; with ip not valid and name empty, the host is the wildcard
	port uint16     // 0: the system chooses
}

// String is the address in the form of package net: a name as it is, the zero address as no host at all.
func (a tcpAddress) String() string {
	if a.name != "" {
		return net.JoinHostPort(a.name, strconv.Itoa(int(a.port)))
	}
	return join(a.ip, a.port)
}

// parseLocal takes apart an address of this machine: one to bind, or one to connect from.
func parseLocal(s string) (tcpAddress, error) {
	host, port, err := splitPort(s)
	if err != nil {
		return tcpAddress{}, err
	}
	if port == wildcard {
		port = "0"
	}
	a := tcpAddress{}
	if a.port, err = parsePort(port); err != nil {
		return tcpAddress{}, err
	}
	if host == wildcard {
		return a, nil
	}
	a.ip, a.name, err = parseHost(host, isLocalName)
	return a, err
}

// parseRemote takes apart an address to connect to, and the address to connect from in front of it; from is nil when
// there is none.
func parseRemote(s string) (from *tcpAddress, to tcpAddress, err error) {
	if source, rest, found := strings.Cut(s, ";"); found {
		a, err := parseLocal(source)
		if err != nil {
			return nil, tcpAddress{}, err
		}
		from, s = &a, rest
	}
	host, port, err := splitPort(s)
	if err != nil {
		return nil, tcpAddress{}, err
	}
	if to.port, err = parsePort(port); err != nil {
		return nil, tcpAddress{}, err
	}
	if to.port == 0 {
		return nil, tcpAddress{}, syntaxError("port 0 cannot be connected to")
	}
	to.ip, to.name, err = parseHost(host, isHostName)
	return from, to, err
}

// splitPort cuts at the last colon, as libzmq does: so an IPv6 address may stand without its brackets.
func splitPort(s string) (host, port string, err error) {
	i := strings.LastIndexByte(s, ':')
	switch {
	case i < 0 || i == len(s)-1:
		return "", "", syntaxError("no port")
	case i == 0:
		return "", "", syntaxError("no host")
	}
	return s[:i], s[i+1:], nil
}

// parsePort reads a decimal port, 0 to 65535. libzmq takes leading digits and the low 16 bits of anything.
func parsePort(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, syntaxError("port " + strconv.Quote(s))
	}
	return uint16(n), nil
}

// parseHost files a host that is not the wildcard under ip or under name; isName tells which names are allowed. As in libzmq, anything may stand in
// brackets.
func parseHost(host string, isName func(string) bool) (ip netip.Addr, name string, err error) {
	bare, open := strings.CutPrefix(host, "[")
	bare, shut := strings.CutSuffix(bare, "]")
	if ip, err := netip.ParseAddr(bare); err == nil && open == shut {
		return ip.Unmap(), "", nil
	}
	if open != shut || !isName(bare) {
		return netip.Addr{}, "", syntaxError("host " + strconv.Quote(host))
	}
	return netip.Addr{}, bare, nil
}

// isHostName reports whether s could be a host name to connect to: letters, digits, and inside also ".", "-", "_". A
// name in another script must be given in its ASCII form.
func isHostName(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && (i == 0 || !strings.ContainsRune(".-_", rune(s[i]))) {
			return false
		}
	}
	return s != ""
}

// isLocalName reports whether s could name something of this machine: a host name, or an interface, which on Windows
// has spaces inside.
func isLocalName(s string) bool {
	return isHostName(strings.ReplaceAll(s, " ", "_"))
}

// isAlphanumeric reports whether c is a letter or digit of ASCII.
func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
