package transport

import (
	"net"
	"testing"
)

// SetResolver has names looked up by r until the test ends.
func SetResolver(t *testing.T, r *net.Resolver) {
	before := resolver
	resolver = r
	t.Cleanup(func() { resolver = before })
}

// FirstDirectory shows tests what a wildcard falls back on.
var FirstDirectory = firstDirectory
