package pgm

import (
	"encoding/binary"
	"net/netip"
)

// The address families that an NLA may have.
const (
	afi4 = 1 // IPv4
	afi6 = 2 // IPv6
)

// cutNLA cuts a network-layer address from the beginning of p: two octets of family, two reserved, and the address.
func cutNLA(p []byte) (a netip.Addr, rest []byte, ok bool) {
	if len(p) < 4 {
		return a, nil, false
	}
	family, p := binary.BigEndian.Uint16(p), p[4:]
	switch {
	case family == afi4 && len(p) >= 4:
		return netip.AddrFrom4([4]byte(p)), p[4:], true
	case family == afi6 && len(p) >= 16:
		return netip.AddrFrom16([16]byte(p)), p[16:], true
	}
	return a, nil, false
}

// oneHost reports whether a can be the address of one host: NAKs go there.
func oneHost(a netip.Addr) bool {
	return !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// appendNLA appends a network-layer address. An address that is neither of the two is left out: it does not parse.
func appendNLA(dst []byte, a netip.Addr) []byte {
	a = a.Unmap()
	switch {
	case a.Is4():
		v := a.As4()
		return append(append(dst, 0, afi4, 0, 0), v[:]...)
	case a.Is6():
		v := a.As16()
		return append(append(dst, 0, afi6, 0, 0), v[:]...)
	}
	return dst
}
