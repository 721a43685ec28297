package pgm

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
)

// TestParseAddress reads every form.
func TestParseAddress(t *testing.T) {
	g := func(groups ...string) (all []netip.Addr) {
		for _, s := range groups {
			all = append(all, netip.MustParseAddr(s))
		}
		return all
	}
	for s, want := range map[string]Address{
		"eth0;239.192.1.1:5555":                      {"eth0", g("239.192.1.1"), g("239.192.1.1")[0], 5555},
		"10.0.0.1;239.192.1.1:5555":                  {"10.0.0.1", g("239.192.1.1"), g("239.192.1.1")[0], 5555},
		"10.0.0.0/8;239.192.1.1:5555":                {"10.0.0.0/8", g("239.192.1.1"), g("239.192.1.1")[0], 5555},
		";239.192.1.1:1":                             {"", g("239.192.1.1"), g("239.192.1.1")[0], 1},
		"239.192.1.1:65535":                          {"", g("239.192.1.1"), g("239.192.1.1")[0], 65535},
		"e;239.192.1.7,239.192.1.8;239.192.1.9:5555": {"e", g("239.192.1.7", "239.192.1.8"), g("239.192.1.9")[0], 5555},
		"fd99::1;[ff15::99]:5555":                    {"fd99::1", g("ff15::99"), g("ff15::99")[0], 5555},
		"[fd99::1];ff15::99:5555":                    {"fd99::1", g("ff15::99"), g("ff15::99")[0], 5555},
		"eth0;[ff15::98],[ff15::99];[ff15::9a]:5555": {"eth0", g("ff15::98", "ff15::99"), g("ff15::9a")[0], 5555},
	} {
		got, err := ParseAddress(s)
		require.NoError(t, err, s)
		require.Equal(t, want, got, s)
	}
	for _, s := range []string{
		"", ":", "x", "239.192.1.1", "239.192.1.1:", "239.192.1.1:0", "239.192.1.1:65536", "239.192.1.1:+1", "eth0;10.0.0.1:5", "eth0;:5", "a;b;c;d:5",
		"eth0;239.192.1.1,:5", "eth0;239.192.1.1;ff15::1:5", "eth0;[ff15::1%lo]:5", "eth0;name.example:5",
	} {
		_, err := ParseAddress(s)
		require.ErrorIs(t, err, transport.ErrSyntax, s)
	}
}

// FuzzAddress reads any text.
func FuzzAddress(f *testing.F) {
	f.Add("eth0;239.192.1.1,239.192.1.2;239.192.1.3:5555")
	f.Add("[fe80::1];[ff15::99]:1")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		require.NotZero(t, a.Port)
		require.True(t, a.Send.IsMulticast())
		require.NotEmpty(t, a.Receive)
	})
}

// TestNoDevice says which interface is missing.
func TestNoDevice(t *testing.T) {
	for _, name := range []string{"no-such-interface", "203.0.113.77", "203.0.113.0/24", "::1"} {
		_, err := Open(Address{Interface: name, Receive: []netip.Addr{group1}, Send: group1, Port: 5555}, Options{})
		require.ErrorIs(t, err, transport.ErrNoDevice, name)
		require.ErrorContains(t, err, name)
	}
}

// TestMaxTSDU wants libzmq's sizes.
func TestMaxTSDU(t *testing.T) {
	require.Equal(t, 1428, Options{}.MaxTSDU(group1))
	require.Equal(t, 1436, Options{Raw: true}.MaxTSDU(group1))
	require.Equal(t, 1408, Options{}.MaxTSDU(netip.MustParseAddr("ff15::1")))
	require.Equal(t, 528, Options{MaxTPDU: 600}.MaxTSDU(group1))
}
