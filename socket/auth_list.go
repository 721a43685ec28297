package socket

import (
	"context"
	"crypto/subtle"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/weirmq/weir/wire"
)

// AnyDomain stands for every ZapDomain that an AccessList has no entry of its own for.
const AnyDomain = "*"

// An AccessList is an Authenticator that goes by lists: of addresses, of user names with their passwords, and of CURVE keys. What pyzmq's
// ThreadAuthenticator and czmq's zauth are to users of libzmq, but that whoever is on no list stays out.
//
// The address is looked at first: one that is denied, or not among those that are allowed where any are, keeps a peer out whatever it knows. Over NULL that
// is all. Over PLAIN the peer must know a password, over CURVE its key must be listed, for the socket's ZapDomain or else for AnyDomain; where there is
// neither, nobody comes in. The User-Id of a peer is its user name, or its public key in Z85; what its certificate says of it comes with each of its
// messages as properties. Over NULL nobody is asked unless the socket has a ZapDomain.
//
// The lists may change at any time, for peers to come. The zero value is empty. It must not be copied, and is safe for concurrent use.
type AccessList struct {
	mu        sync.RWMutex
	allowed   []netip.Prefix                  // guarded by mu; none allows all
	denied    []netip.Prefix                  // guarded by mu
	passwords map[string]map[string]string    // guarded by mu: by domain and user name; the inner maps never change
	keys      map[string]map[CurveKey]listing // guarded by mu: by domain; the inner maps never change
	anyKey    map[string]bool                 // guarded by mu: domains whose clients may have any key
}

// A listing is what is known of the owner of a key.
type listing struct{ metadata wire.Metadata }

// Allow lets in peers from these addresses alone, and from those that were allowed before: IP addresses ("192.0.2.7") and networks ("192.0.2.0/24").
// Peers that have no IP address, those of ipc, are then kept out. Without a call all addresses are allowed.
func (l *AccessList) Allow(addresses ...string) error {
	return l.extend(&l.allowed, addresses)
}

// Deny keeps out peers from these addresses, those that are allowed too.
func (l *AccessList) Deny(addresses ...string) error { return l.extend(&l.denied, addresses) }

// extend adds addresses to a list: all of them, or none where one is malformed.
func (l *AccessList) extend(list *[]netip.Prefix, addresses []string) error {
	more := make([]netip.Prefix, 0, len(addresses))
	for _, text := range addresses {
		p, err := parsePrefix(text)
		if err != nil {
			return fmt.Errorf("%w: %q is neither an address nor a network", ErrBadOption, text)
		}
		more = append(more, p)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	*list = append(*list, more...)
	return nil
}

// SetPasswords lets in the PLAIN clients that know one of these passwords, by user name: for sockets of a domain, or of AnyDomain. It takes the place of
// what was set for the domain before; the map is copied.
func (l *AccessList) SetPasswords(domain string, passwords map[string]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.passwords == nil {
		l.passwords = map[string]map[string]string{}
	}
	l.passwords[domain] = maps.Clone(passwords)
}

// LoadPasswords is SetPasswords from a file as czmq's zauth reads it: a line for each user, a name, "=" and a password; lines that begin with # are comments.
func (l *AccessList) LoadPasswords(domain, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	passwords := map[string]string{}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, password, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("%s: line %d is not a name, \"=\" and a password", path, n)
		}
		passwords[strings.TrimSpace(name)] = strings.TrimSpace(password)
	}
	l.SetPasswords(domain, passwords)
	return nil
}

// SetKeys lets in the CURVE clients that have one of these certificates: for sockets of a domain, or of AnyDomain. It takes the place of what was set for the
// domain before. Metadata whose names cannot be a property's is ErrBadOption.
func (l *AccessList) SetKeys(domain string, certificates ...Certificate) error {
	keys := make(map[CurveKey]listing, len(certificates))
	for _, c := range certificates {
		var m wire.Metadata
		for _, name := range slices.Sorted(maps.Keys(c.Metadata)) {
			m = append(m, wire.Property{Name: name, Value: c.Metadata[name]})
		}
		if err := m.Validate(); err != nil {
			return fmt.Errorf("%w: the certificate of %s: %w", ErrBadOption, c.Public, err)
		}
		keys[c.Public] = listing{m}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys == nil {
		l.keys = map[string]map[CurveKey]listing{}
	}
	l.keys[domain] = keys
	delete(l.anyKey, domain)
	return nil
}

// LoadCertificates is SetKeys from a directory of files that czmq, pyzmq or Certificate.Save have written. Secret certificates ("…_secret") and files whose
// names begin with a dot are passed over; any other that is none is an error, and then nothing has changed. It reads the directory once: call it again
// when it has changed.
func (l *AccessList) LoadCertificates(domain, dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var all []Certificate
	for _, f := range files {
		if f.IsDir() || strings.HasSuffix(f.Name(), secretSuffix) || strings.HasPrefix(f.Name(), ".") {
			continue
		}
		c, err := LoadCertificate(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	return l.SetKeys(domain, all...)
}

// AllowAnyKey lets in every CURVE client, which then is known by its key: for sockets of a domain, or of AnyDomain. (CURVE_ALLOW_ANY)
func (l *AccessList) AllowAnyKey(domain string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.anyKey == nil {
		l.anyKey = map[string]bool{}
	}
	l.anyKey[domain] = true
	delete(l.keys, domain)
}

// Authenticate answers from the lists: see WithAuthenticator.
func (l *AccessList) Authenticate(_ context.Context, r AuthRequest) (AuthReply, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if !l.admits(r.Address) {
		return Deny("address " + r.Address), nil
	}
	switch r.Mechanism {
	case wire.MechanismNull:
		return Allow(""), nil
	case wire.MechanismPlain:
		return l.judgePassword(r), nil
	case wire.MechanismCurve:
		return l.judgeKey(r), nil
	}
	return Deny("mechanism " + r.Mechanism), nil
}

// admits says whether a peer may come from that address.
func (l *AccessList) admits(address string) bool {
	if len(l.allowed)+len(l.denied) == 0 {
		return true
	}
	a, err := netip.ParseAddr(address)
	a = a.Unmap().WithZone("")
	has := func(p netip.Prefix) bool { return p.Contains(a) }
	if err != nil {
		return len(l.allowed) == 0
	}
	return !slices.ContainsFunc(l.denied, has) && (len(l.allowed) == 0 || slices.ContainsFunc(l.allowed, has))
}

// judgePassword answers for a PLAIN client. It takes as long for a wrong password as for a right one.
func (l *AccessList) judgePassword(r AuthRequest) AuthReply {
	passwords, ok := l.passwords[r.Domain]
	if !ok {
		passwords = l.passwords[AnyDomain]
	}
	want, known := passwords[r.Username()]
	same := subtle.ConstantTimeCompare([]byte(want), []byte(r.Password())) == 1
	if !known || !same {
		return Deny("user name or password")
	}
	return Allow(r.Username())
}

// judgeKey answers for a CURVE client.
func (l *AccessList) judgeKey(r AuthRequest) AuthReply {
	domain := r.Domain
	if _, ok := l.keys[domain]; !ok && !l.anyKey[domain] {
		domain = AnyDomain
	}
	key := r.PublicKey()
	owner, ok := l.keys[domain][key]
	if !ok && !l.anyKey[domain] {
		return Deny("key " + key.String())
	}
	reply := Allow(key.String())
	reply.Metadata = owner.metadata
	return reply
}
