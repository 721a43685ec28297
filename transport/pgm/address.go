package pgm

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/weirmq/weir/transport"
)

// An Address is what stands behind "pgm://" or "epgm://": INTERFACE;GROUPS[;SENDGROUP]:PORT, where the interface may be
// left out.
type Address struct {
	// Interface is the name of a network interface, one of its addresses, or a network in which it has one ("10.0.0.0/8").
	// Empty is the first interface that has multicast and an address of the groups' family.
	Interface string
	// Receive are the groups that a receiver listens to; there is at least one.
	Receive []netip.Addr
	// Send is the group that a source sends to.
	Send netip.Addr
	// Port is the data-destination port; within UDP it is the UDP port too.
	Port uint16
}

// ParseAddress reads an address. The error is transport.ErrSyntax.
func ParseAddress(s string) (Address, error) {
	var a Address
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return a, bad(s, "no port")
	}
	port, err := strconv.ParseUint(s[i+1:], 10, 16)
	if err != nil || port == 0 {
		return a, bad(s, "the port is not 1 to 65535")
	}
	a.Port = uint16(port)
	parts := strings.Split(s[:i], ";")
	switch len(parts) {
	case 1:
		parts = []string{"", parts[0], parts[0]}
	case 2:
		parts = append(parts, parts[1])
	case 3:
	default:
		return a, bad(s, "more than an interface, groups and a group to send to")
	}
	a.Interface = strings.Trim(parts[0], "[]")
	if a.Receive, err = parseGroups(parts[1]); err != nil {
		return a, bad(s, err.Error())
	}
	send, err := parseGroups(parts[2])
	if err != nil {
		return a, bad(s, err.Error())
	}
	a.Send = send[len(send)-1]
	for _, g := range append(a.Receive, a.Send) {
		if g.Is4() != a.Send.Is4() {
			return a, bad(s, "groups of IPv4 and of IPv6")
		}
	}
	return a, nil
}

// parseGroups reads a list of groups.
func parseGroups(list string) (groups []netip.Addr, err error) {
	for g := range strings.SplitSeq(list, ",") {
		g = strings.TrimSpace(g)
		if strings.HasPrefix(g, "[") && strings.HasSuffix(g, "]") {
			g = g[1 : len(g)-1]
		}
		addr, err := netip.ParseAddr(g)
		if err != nil || addr.Zone() != "" || !addr.Unmap().IsMulticast() {
			return nil, fmt.Errorf("%q is not a multicast group", g)
		}
		groups = append(groups, addr.Unmap())
	}
	return groups, nil
}

// bad is a syntax error.
func bad(s, fault string) error { return fmt.Errorf("%w: %q: %s", transport.ErrSyntax, s, fault) }
