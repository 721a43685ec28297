package transporttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
)

// Addresses are samples of one scheme's syntax, without the scheme.
type Addresses struct {
	Bind       []string // may be bound
	Connect    []string // may be dialed
	BadBind    []string // must be refused for bind with ErrSyntax
	BadConnect []string // must be refused for connect with ErrSyntax

	// Place makes an address that stays good when its listener has closed. Nil: the wildcard resolves to one.
	Place func(t testing.TB) string
}

// addresses lists the samples of each scheme. What libzmq says of them is in the comments where it differs.
func addresses() map[string]Addresses {
	return map[string]Addresses{
		"tcp": {
			Bind: []string{
				"*:*", "*:0", "*:5555", "127.0.0.1:*", "127.0.0.1:1", "127.0.0.1:65535", "[127.0.0.1]:5555", "eth0:5555",
				"eth0.100:5555", "localhost:5555", "[::1]:5555", "[::]:*", "[fe80::1%eth0]:5555", "::1:5555", ":::5555",
				"[::ffff:127.0.0.1]:*", "Ethernet 2:5555", "[localhost]:5555",
			},
			Connect: []string{
				"127.0.0.1:5555", "localhost:5555", "[localhost]:5555", "a.b-c_d.example:65535", "[::1]:5555", "::1:5555",
				"[fe80::1%eth0]:5555", "127.0.0.1:0;127.0.0.1:5555", "127.0.0.1:*;127.0.0.1:5555", "eth0:*;localhost:5555",
				"eth0:7777;[::1]:5555", "[::1]:*;[::1]:5555",
				"*:7777;127.0.0.1:5555", // libzmq: EINVAL, though its manual allows it
			},
			BadBind: []string{
				"127.0.0.1", "localhost", "127.0.0.1:", "*", ":", "*:*:*", "*:http", "*:-1", "*:+1", "*: 1",
				"*:12x", "*:70000", "*:65536", "*:1%", // libzmq reads leading digits, low 16 bits, of all but 65536
				":5555", "-a:5555", "a/b:5555", "[*]:5555", "[localhost:5555", "[::1:5555", "::1]:5555", "[]:5555",
				"a;b:5555", "127.0.0.1:*;127.0.0.1:*", "fe80::x:5555", "é:5555", " :5555", "a\x00:5555", "a\n:5555",
			},
			BadConnect: []string{
				"127.0.0.1", "localhost", "127.0.0.1:", "localhost:invalid", "*:*", "*:5555", "127.0.0.1:*",
				"127.0.0.1:0", "host:1x", "host:65536", "host:70000", "host:-1", // libzmq: accepted, never works
				"in val id:1234", ":5", "_a:5", "-a:5", "a/b:5", "é:5", "[::1:5", "::1]:5", "[*]:5", "a:b:5",
				"127.0.0.1;127.0.0.1:5555", "a:1;b:2;c:3", ";127.0.0.1:5555", "127.0.0.1:1;", "a\x00:5",
			},
		},
		"ipc": {
			Bind:       []string{"*", "/tmp/a", "a", "a/b c", "é", "./*", strings.Repeat("x", 103)},
			Connect:    []string{"/tmp/a", "a", "a/b c", "é", "./*", strings.Repeat("x", 103)},
			BadBind:    []string{"@", "a\x00b", "\x00"},
			BadConnect: []string{"@", "a\x00b", "\x00", "*"},
			Place:      func(t testing.TB) string { return filepath.Join(ShortDir(t), "place") },
		},
	}
}

// testSyntax checks the samples of a row.
func testSyntax(t *testing.T, row transport.Transport) {
	samples, found := addresses()[row.Scheme]
	require.True(t, found, "transporttest/addresses.go has no samples of %s", row.Scheme)
	wrongType := "the error must be ErrSyntax"
	for _, a := range append(samples.Bind, row.Wildcard) {
		require.NoError(t, transport.CheckBind(endpoint(row, a)))
	}
	for _, a := range samples.Connect {
		require.NoError(t, transport.CheckConnect(endpoint(row, a)))
	}
	for _, a := range append(samples.BadBind, "") {
		ep := endpoint(row, a)
		require.ErrorIs(t, transport.CheckBind(ep), transport.ErrSyntax, "bind %q", a)
		_, err := transport.Listen(t.Context(), ep, transport.Options{})
		require.ErrorIs(t, err, transport.ErrSyntax, wrongType)
	}
	for _, a := range append(samples.BadConnect, "", row.Wildcard) {
		ep := endpoint(row, a)
		require.ErrorIs(t, transport.CheckConnect(ep), transport.ErrSyntax, "connect %q", a)
		_, err := transport.Dial(t.Context(), ep, transport.Options{})
		require.ErrorIs(t, err, transport.ErrSyntax, wrongType)
	}
}

// ShortDir makes a directory for the time of a test. Unlike that of t.TempDir its name is short: the path of a socket
// must fit into about a hundred bytes.
func ShortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir-test-") //nolint:usetesting // t.TempDir puts the test's name into the path
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// endpoint is an address with the scheme of its row.
func endpoint(row transport.Transport, address string) transport.Endpoint {
	return transport.Endpoint{Scheme: row.Scheme, Address: address}
}
