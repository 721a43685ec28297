package transport_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/transport/transporttest"
)

// unrouted is an address that no machine has: it is reserved for documents (RFC 5737).
const unrouted = "198.51.100.1"

// endpointOf binds an endpoint and returns what the listener calls itself, with the port cut off.
func endpointOf(t *testing.T, at string, opts transport.Options) string {
	t.Helper()
	got := transporttest.ListenAt(t, at, opts).Endpoint()
	i := strings.LastIndexByte(got, ':')
	require.Positive(t, i)
	require.NotEqual(t, "0", got[i+1:])
	return got[:i]
}

// loopback returns the name of the loopback interface.
func loopback(t *testing.T) string {
	t.Helper()
	all, err := net.Interfaces()
	require.NoError(t, err)
	for _, nic := range all {
		if nic.Flags&net.FlagLoopback != 0 && nic.Flags&net.FlagUp != 0 {
			return nic.Name
		}
	}
	require.Fail(t, "no loopback interface")
	return ""
}

// needIPv6 skips a test on a machine without IPv6. Any other trouble fails it.
func needIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Skip("this machine has no IPv6: ", err)
	}
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

// TestTCPEndpoint wants the spelling of ZMQ_LAST_ENDPOINT, with IPv6 off.
func TestTCPEndpoint(t *testing.T) {
	nic := loopback(t)
	for at, want := range map[string]string{
		"tcp://*:*":                     "tcp://0.0.0.0",
		"tcp://*:0":                     "tcp://0.0.0.0",
		"tcp://0.0.0.0:*":               "tcp://0.0.0.0",
		"tcp://127.0.0.1:*":             "tcp://127.0.0.1",
		"tcp://[::ffff:127.0.0.1]:*":    "tcp://127.0.0.1",
		"tcp://[127.0.0.1]:0":           "tcp://127.0.0.1",
		"tcp://localhost:*":             "tcp://127.0.0.1",
		"tcp://" + nic + ":*":           "tcp://127.0.0.1",
		"tcp://" + nic + ":0000000":     "tcp://127.0.0.1",
		"tcp://[::ffff:0.0.0.0]:000000": "tcp://0.0.0.0",
	} {
		require.Equal(t, want, endpointOf(t, at, transport.Options{}), at)
	}
}

// TestTCPEndpointIPv6 wants the same with IPv6 on, where libzmq spells an IPv4 address by its image in IPv6.
func TestTCPEndpointIPv6(t *testing.T) {
	needIPv6(t)
	nic := loopback(t)
	for at, want := range map[string]string{
		"tcp://*:*":                  "tcp://[::]",
		"tcp://[::]:*":               "tcp://[::]",
		"tcp://:::*":                 "tcp://[::]",
		"tcp://[::1]:*":              "tcp://[::1]",
		"tcp://::1:*":                "tcp://[::1]",
		"tcp://127.0.0.1:*":          "tcp://[::ffff:127.0.0.1]",
		"tcp://[::ffff:127.0.0.1]:*": "tcp://[::ffff:127.0.0.1]",
		"tcp://0.0.0.0:*":            "tcp://[::ffff:0.0.0.0]",
		"tcp://" + nic + ":*":        "tcp://[::1]",
	} {
		require.Equal(t, want, endpointOf(t, at, transport.Options{IPv6: true}), at)
	}
}

// TestTCPDualStack wants a bind to "*" to take both families with IPv6 on, and IPv4 alone with IPv6 off.
func TestTCPDualStack(t *testing.T) {
	needIPv6(t)
	six := transport.Options{IPv6: true}
	dual := transporttest.ListenAt(t, "tcp://*:*", six)
	port := dual.Endpoint()[strings.LastIndexByte(dual.Endpoint(), ':'):]
	for _, host := range []string{"[::1]", "127.0.0.1", "[::ffff:127.0.0.1]", "localhost"} {
		conn, err := transporttest.Dial(t, "tcp://"+host+port, six)
		require.NoError(t, err, host)
		accepted, err := dual.Accept()
		require.NoError(t, err)
		require.NoError(t, accepted.Close())
		require.NoError(t, conn.Close())
	}

	single := transporttest.ListenAt(t, "tcp://*:*", transport.Options{})
	port = single.Endpoint()[strings.LastIndexByte(single.Endpoint(), ':'):]
	_, err := transporttest.Dial(t, "tcp://[::1]"+port, six)
	require.ErrorIs(t, err, transport.ErrRefused)
}

// TestTCPv4OnlyWithIPv6On wants an IPv4 address to bind IPv4 alone, and its mapped spelling to be dialable by all.
func TestTCPv4OnlyWithIPv6On(t *testing.T) {
	needIPv6(t)
	ln := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{IPv6: true})
	transporttest.PairOn(t, ln, transport.Options{IPv6: true})
	transporttest.PairOn(t, ln, transport.Options{})
}

// TestTCPIPv6Off wants IPv6 addresses to be refused when used, not when checked.
func TestTCPIPv6Off(t *testing.T) {
	ep, err := transport.Parse("tcp://[::1]:5555")
	require.NoError(t, err)
	require.NoError(t, transport.CheckBind(ep))
	require.NoError(t, transport.CheckConnect(ep))
	_, err = transport.Listen(t.Context(), ep, transport.Options{})
	require.ErrorIs(t, err, transport.ErrNoDevice)
	require.EqualError(t, err,
		"transport: listen tcp://[::1]:5555: no such device: ::1 is an IPv6 address and IPv6 is off")
	_, err = transport.Dial(t.Context(), ep, transport.Options{})
	require.ErrorIs(t, err, transport.ErrNoDevice)
}

// TestTCPBindErrors wants each failure of a bind under its sentinel.
func TestTCPBindErrors(t *testing.T) {
	for at, want := range map[string]error{
		"tcp://" + unrouted + ":*":     transport.ErrAddrNotAvailable,
		"tcp://no-such-nic.invalid:*":  transport.ErrNoDevice,
		"tcp://no-such-nic.invalid:80": transport.ErrNoDevice,
	} {
		ep, err := transport.Parse(at)
		require.NoError(t, err)
		_, err = transport.Listen(t.Context(), ep, transport.Options{})
		require.ErrorIs(t, err, want, at)
		require.ErrorContains(t, err, "transport: listen "+at+": ")
	}
}

// TestTCPListenCancelled wants the resolving of a name to end with its context.
func TestTCPListenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := transport.Listen(ctx, transport.Endpoint{Scheme: "tcp", Address: "some-host.invalid:*"}, transport.Options{})
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, transport.ErrNoDevice, "the name may well exist")
}

// TestTCPDialErrors wants each failure of a dial to be told apart.
func TestTCPDialErrors(t *testing.T) {
	ln := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	require.NoError(t, ln.Close())
	_, err := transporttest.Dial(t, ln.Endpoint(), transport.Options{})
	require.ErrorIs(t, err, transport.ErrRefused)

	_, err = transporttest.Dial(t, "tcp://no-such-host.invalid:5555", transport.Options{})
	var unresolved *net.DNSError
	require.ErrorAs(t, err, &unresolved)

	_, err = transporttest.Dial(t, "tcp://"+unrouted+":*;127.0.0.1:5555", transport.Options{})
	require.ErrorIs(t, err, transport.ErrAddrNotAvailable)
	_, err = transporttest.Dial(t, "tcp://no-such-nic.invalid:*;127.0.0.1:5555", transport.Options{})
	require.ErrorIs(t, err, transport.ErrNoDevice)
}

// TestTCPDialByName resolves a host name.
func TestTCPDialByName(t *testing.T) {
	ln := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	named := strings.Replace(ln.Endpoint(), "127.0.0.1", "localhost", 1)
	conn, err := transporttest.Dial(t, named, transport.Options{})
	require.NoError(t, err)
	require.Equal(t, ln.Addr().String(), conn.RemoteAddr().String())
}

// TestTCPSource connects from addresses of the caller's choice, several times from one port.
func TestTCPSource(t *testing.T) {
	nic := loopback(t)
	a := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	b := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	to := func(ln transport.Listener, from string) *net.TCPAddr {
		address := strings.TrimPrefix(ln.Endpoint(), "tcp://")
		conn, err := transporttest.Dial(t, "tcp://"+from+";"+address, transport.Options{})
		require.NoError(t, err, from)
		return conn.LocalAddr().(*net.TCPAddr)
	}
	for _, from := range []string{"127.0.0.1:*", "127.0.0.1:0", nic + ":*", "*:*", "*:0", "localhost:*"} {
		require.Equal(t, "127.0.0.1", to(a, from).IP.String())
	}
	// A port that was free a moment ago: only a listener can tell, and it must be gone again.
	free := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	require.NoError(t, free.Close())
	source := free.Addr().(*net.TCPAddr)
	require.Equal(t, source.String(), to(a, source.String()).String())
	require.Equal(t, source.String(), to(b, source.String()).String())
}
