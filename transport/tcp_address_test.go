package transport

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTCPAddresses takes addresses apart, to bind and to connect: what each becomes, or "" where it is refused. (libzmq: unittest_ip_resolver)
func TestTCPAddresses(t *testing.T) {
	const longest = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:1"
	for text, want := range map[string]struct{ bind, connect string }{
		"*:*":          {":0", ""},
		"*:0":          {":0", ""},
		"*:1234":       {":1234", ""},
		"127.0.0.1:*":  {"127.0.0.1:0", ""},
		"127.0.0.1:0":  {"127.0.0.1:0", ""},
		"[1234::1]:*":  {"[1234::1]:0", ""},
		"lo:1234":      {"lo:1234", "lo:1234"},
		"ip.some.org:": {"", ""}, "ip.some.org": {"", ""}, ":1234": {"", ""}, ":": {"", ""},

		"1.2.128.129:123": {"1.2.128.129:123", "1.2.128.129:123"}, "0.0.0.0:1": {"0.0.0.0:1", "0.0.0.0:1"},
		"255.255.255.255:65535": {"255.255.255.255:65535", "255.255.255.255:65535"},
		"1.2.3.4:567bad":        {"", ""}, "1.2.3.4:bad": {"", ""}, "1.2.3.4:-1": {"", ""}, "1.2.3.4:65536": {"", ""}, "1.2.3.4:+1": {"", ""},
		"[192.168.1.1]:5555": {"192.168.1.1:5555", "192.168.1.1:5555"},
		"1.2.128.129]:1":     {"", ""}, "[1.2.128.129:1": {"", ""}, "[1.2.128].129:1": {"", ""},
		"[192.168.1.1:]5555": {"", ""}, "[192.168.1.1:5555]": {"", ""}, "[192.168.1.1:*]": {"", ""},

		"::1:80": {"[::1]:80", "[::1]:80"}, "[::1]:80": {"[::1]:80", "[::1]:80"}, "[::]:80": {"[::]:80", "[::]:80"},
		"abcd:1234::1:0:234:123": {"[abcd:1234::1:0:234]:123", "[abcd:1234::1:0:234]:123"}, longest: {longest, longest},
		"::1]:80": {"", ""}, "[::1:80": {"", ""}, "[abcd:1234::1:]0:234": {"", ""}, "[abcd:1234::1:]:0:234": {"", ""},
		"[::ffff:11.22.33.44]:55": {"11.22.33.44:55", "11.22.33.44:55"},

		"3000:4:5::1:234%2:1111": {"[3000:4:5::1:234%2]:1111", "[3000:4:5::1:234%2]:1111"},
		"[fe80::1%eth0]:8080":    {"[fe80::1%eth0]:8080", "[fe80::1%eth0]:8080"}, "[fe80::1%]:8080": {"", ""},

		"ip.some.org:1234": {"ip.some.org:1234", "ip.some.org:1234"}, "[ip.some].org:1": {"", ""}, "[ip.some.org:22]": {"", ""}, "[ip.some.org]:22": {"ip.some.org:22", "ip.some.org:22"}, "[*]:1": {"", ""},
		"in valid:1": {"in valid:1", ""}, " some.org:1": {"", ""}, "1.2.3.4:*;some.org:5": {"", "some.org:5"}, "some.org:5;": {"", ""},
	} {
		a, err := parseLocal(text)
		require.Equal(t, want.bind, spelt(t, a, err), "bind %q", text)
		_, a, err = parseRemote(text)
		require.Equal(t, want.connect, spelt(t, a, err), "connect %q", text)
	}
}

// spelt is an address that was taken apart, or nothing where it was refused.
func spelt(t *testing.T, a tcpAddress, err error) string {
	t.Helper()
	if err != nil {
		require.ErrorIs(t, err, ErrSyntax)
		return ""
	}
	return a.String()
}
