package transport

// Canonical is the endpoint in the one spelling that it shares with all others of the same place: an IPv4 address and its
// image in IPv6 become one, an IPv6 address is shortened. Nothing is looked up. It reports false for what names no one
// place: wildcards, and what cannot be parsed.
func Canonical(ep Endpoint) (Endpoint, bool) {
	if ep.Scheme == Inproc {
		return ep, ep.Address != ""
	}
	t, err := lookup(ep.Scheme)
	if err != nil {
		return Endpoint{}, false
	}
	address, ok := t.canonical(ep.Address)
	return Endpoint{Scheme: ep.Scheme, Address: address}, ok
}

// canonicalTCP is tcp's: what begins with a source address stands for itself.
func canonicalTCP(address string) (string, bool) {
	a, err := parseLocal(address)
	if err != nil {
		_, _, err := parseRemote(address)
		return address, err == nil
	}
	everywhere := !a.ip.IsValid() && a.name == ""
	return a.String(), a.port != 0 && !everywhere
}

// canonicalPath is ipc's: a path stands for itself.
func canonicalPath(path string) (string, bool) {
	return path, checkPath(path) == nil
}
