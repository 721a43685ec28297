package transport

import (
	"fmt"
	"slices"
	"strings"
)

// separator stands between the scheme and the address of an endpoint.
const separator = "://"

// An Endpoint is the two halves of an endpoint string. The zero value is no endpoint, and every function of this
// package refuses it. Endpoints are plain values: comparable, and safe to share.
type Endpoint struct {
	// Scheme is the part before "://", such as "tcp".
	Scheme string

	// Address is the part after "://". What it means is the scheme's business.
	Address string
}

// String puts the two halves together again: what Parse took apart comes back as it was. The zero value gives "".
func (e Endpoint) String() string {
	if e == (Endpoint{}) {
		return ""
	}
	return e.Scheme + separator + e.Address
}

// Parse splits an endpoint string. Both halves must be there, else the error is [ErrSyntax]; the scheme must be one of
// [Schemes], in lower case, else it is [ErrScheme]. The address is not looked at: see [CheckBind] and [CheckConnect].
func Parse(s string) (Endpoint, error) {
	scheme, address, found := strings.Cut(s, separator)
	switch {
	case !found:
		return Endpoint{}, at(s, syntaxError("no "+separator))
	case scheme == "":
		return Endpoint{}, at(s, syntaxError("no scheme"))
	case address == "":
		return Endpoint{}, at(s, syntaxError("no address"))
	}
	if !slices.Contains(Schemes(), scheme) {
		return Endpoint{}, at(s, schemeError(scheme))
	}
	return Endpoint{Scheme: scheme, Address: address}, nil
}

// at names the package and the endpoint in front of an error. It is put on once, by the exported functions.
func at(endpoint string, err error) error {
	return fmt.Errorf("transport: %q: %w", endpoint, err)
}

// syntaxError is ErrSyntax with the fault in words.
func syntaxError(fault string) error {
	return fmt.Errorf("%w: %s", ErrSyntax, fault)
}

// schemeError is ErrScheme with the scheme asked for and those there are.
func schemeError(scheme string) error {
	return fmt.Errorf("%w: %q (known: %s)", ErrScheme, scheme, strings.Join(Schemes(), ", "))
}
