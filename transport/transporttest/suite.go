package transporttest

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
)

// Run checks every row of the table.
func Run(t *testing.T) {
	for _, row := range transport.Transports() {
		t.Run(row.Scheme, func(t *testing.T) { RunRow(t, row) })
	}
}

// RunRow checks one row.
func RunRow(t *testing.T, row transport.Transport) {
	checks := []struct {
		name string
		run  func(*testing.T, transport.Transport)
	}{
		{"Syntax", testSyntax},
		{"RoundTrip", testRoundTrip},
		{"Buffers", testBuffers},
		{"PlainConnections", testPlainConnections},
		{"WildcardTwice", testWildcardTwice},
		{"DoubleBind", testDoubleBind},
		{"BindAgainAfterClose", testBindAgainAfterClose},
		{"CloseUnblocksAccept", testCloseUnblocksAccept},
		{"CloseTwice", testCloseTwice},
		{"AcceptDeadline", testAcceptDeadline},
		{"ConnectionsOutliveListener", testConnectionsOutliveListener},
		{"DialAfterClose", testDialAfterClose},
		{"DialCancelledBefore", testDialCancelledBefore},
		{"DialCancelledDuring", testDialCancelledDuring},
		{"ManyDials", testManyDials},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.run(t, row) })
	}
}

// Listen binds the wildcard of a row and closes the listener when the test ends.
func Listen(t testing.TB, row transport.Transport, opts transport.Options) transport.Listener {
	t.Helper()
	return ListenAt(t, endpoint(row, row.Wildcard).String(), opts)
}

// ListenAt binds an endpoint and closes the listener when the test ends.
func ListenAt(t testing.TB, at string, opts transport.Options) transport.Listener {
	t.Helper()
	ep, err := transport.Parse(at)
	require.NoError(t, err)
	ln, err := transport.Listen(t.Context(), ep, opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// Dial makes one attempt to connect to an endpoint and closes the connection when the test ends.
func Dial(t testing.TB, to string, opts transport.Options) (net.Conn, error) {
	t.Helper()
	return dial(t, t.Context(), to, opts)
}

// dial is Dial with a context of its own.
func dial(t testing.TB, ctx context.Context, to string, opts transport.Options) (net.Conn, error) {
	t.Helper()
	ep, err := transport.Parse(to)
	require.NoError(t, err)
	conn, err := transport.Dial(ctx, ep, opts)
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, err
}

// Pair binds the wildcard of a row, dials what it became and returns both ends; the listener stays open. All close when
// the test ends.
func Pair(t testing.TB, row transport.Transport, opts transport.Options) (dialed, accepted net.Conn) {
	t.Helper()
	return PairOn(t, Listen(t, row, opts), opts)
}

// PairOn dials an open listener, on which nobody else accepts, and returns both ends, which close when the test ends.
func PairOn(t testing.TB, ln transport.Listener, opts transport.Options) (dialed, accepted net.Conn) {
	t.Helper()
	dialed, err := Dial(t, ln.Endpoint(), opts)
	require.NoError(t, err)
	accepted, err = ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = accepted.Close() })
	return dialed, accepted
}
