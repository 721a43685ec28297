package transporttest

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
)

// testRoundTrip sends bytes both ways, and then the end of the stream.
func testRoundTrip(t *testing.T, row transport.Transport) {
	dialed, accepted := Pair(t, row, transport.Options{})
	exchange(t, dialed, accepted)
	exchange(t, accepted, dialed)
	require.NoError(t, dialed.Close())
	_, err := accepted.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

// exchange writes at one end and reads at the other.
func exchange(t *testing.T, from, to net.Conn) {
	t.Helper()
	const text = "over the weir"
	_, err := io.WriteString(from, text)
	require.NoError(t, err)
	got := make([]byte, len(text))
	_, err = io.ReadFull(to, got)
	require.NoError(t, err)
	require.Equal(t, text, string(got))
}

// testBuffers asks for buffers of a size of its own.
func testBuffers(t *testing.T, row transport.Transport) {
	opts := transport.Options{SendBuffer: 64 << 10, RecvBuffer: 64 << 10}
	dialed, accepted := Pair(t, row, opts)
	exchange(t, dialed, accepted)
	exchange(t, accepted, dialed)
}

// testPlainConnections wants the connections to be types of package net: net.Buffers uses writev on those alone.
func testPlainConnections(t *testing.T, row transport.Transport) {
	dialed, accepted := Pair(t, row, transport.Options{})
	for _, conn := range []net.Conn{dialed, accepted} {
		switch conn.(type) {
		case *net.TCPConn, *net.UnixConn:
		default:
			require.Failf(t, "wrapped connection", "%T", conn)
		}
	}
}

// testWildcardTwice wants two binds of the wildcard to get places of their own, named by endpoints that parse.
func testWildcardTwice(t *testing.T, row transport.Transport) {
	a, b := Listen(t, row, transport.Options{}), Listen(t, row, transport.Options{})
	require.NotEqual(t, a.Endpoint(), b.Endpoint())
	for _, ln := range []transport.Listener{a, b} {
		ep, err := transport.Parse(ln.Endpoint())
		require.NoError(t, err)
		require.Equal(t, row.Scheme, ep.Scheme)
		require.NoError(t, transport.CheckBind(ep))
		require.NoError(t, transport.CheckConnect(ep))
		PairOn(t, ln, transport.Options{})
	}
}

// testDoubleBind wants a second bind to fail and the first to stay whole.
func testDoubleBind(t *testing.T, row transport.Transport) {
	ln := Listen(t, row, transport.Options{})
	ep, err := transport.Parse(ln.Endpoint())
	require.NoError(t, err)
	_, err = transport.Listen(t.Context(), ep, transport.Options{})
	require.ErrorIs(t, err, transport.ErrAddrInUse)
	require.ErrorContains(t, err, ep.String())
	var inner *net.OpError
	require.ErrorAs(t, err, &inner, "the system's own error must be there")

	// The failed bind may have knocked on the first listener: its call ends at once, so it is told from the real one.
	conn, err := Dial(t, ln.Endpoint(), transport.Options{})
	require.NoError(t, err)
	_, err = io.WriteString(conn, "x")
	require.NoError(t, err)
	for range 2 {
		accepted, err := ln.Accept()
		require.NoError(t, err)
		n, _ := accepted.Read(make([]byte, 1))
		require.NoError(t, accepted.Close())
		if n == 1 {
			return
		}
	}
	require.Fail(t, "the first listener has lost its place")
}

// testBindAgainAfterClose wants an endpoint to be free as soon as its listener is closed, though connections live on.
func testBindAgainAfterClose(t *testing.T, row transport.Transport) {
	place := row.Wildcard
	if newPlace := addresses()[row.Scheme].Place; newPlace != nil {
		place = newPlace(t)
	}
	first := ListenAt(t, endpoint(row, place).String(), transport.Options{})
	_, accepted := PairOn(t, first, transport.Options{})
	require.NoError(t, accepted.Close()) // the side that closes first keeps the address busy for a while
	require.NoError(t, first.Close())
	second := ListenAt(t, first.Endpoint(), transport.Options{})
	require.Equal(t, first.Endpoint(), second.Endpoint())
	PairOn(t, second, transport.Options{})
}

// testCloseUnblocksAccept closes a listener while Accept waits, or just before it does.
func testCloseUnblocksAccept(t *testing.T, row transport.Transport) {
	ln := Listen(t, row, transport.Options{})
	done := make(chan error, 1)
	entered := make(chan struct{})
	go func() {
		close(entered)
		_, err := ln.Accept()
		done <- err
	}()
	<-entered
	require.NoError(t, ln.Close())
	require.ErrorIs(t, <-done, net.ErrClosed)
}

// testAcceptDeadline wakes a waiting Accept without closing, and wants the connection that waits by then to stay for
// the next Accept.
func testAcceptDeadline(t *testing.T, row transport.Transport) {
	ln := Listen(t, row, transport.Options{})
	limited, ok := ln.(interface{ SetDeadline(t time.Time) error })
	require.True(t, ok)
	done := make(chan error, 1)
	go func() {
		_, err := ln.Accept()
		done <- err
	}()
	require.NoError(t, limited.SetDeadline(time.Unix(1, 0)))
	require.ErrorIs(t, <-done, os.ErrDeadlineExceeded)

	dialed, err := Dial(t, ln.Endpoint(), transport.Options{})
	require.NoError(t, err)
	_, err = ln.Accept()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, limited.SetDeadline(time.Time{}))
	accepted, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = accepted.Close() })
	exchange(t, dialed, accepted)
}

// testCloseTwice wants a second close to do nothing but say so.
func testCloseTwice(t *testing.T, row transport.Transport) {
	ln := Listen(t, row, transport.Options{})
	require.NoError(t, ln.Close())
	require.ErrorIs(t, ln.Close(), net.ErrClosed)
	_, err := ln.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

// testConnectionsOutliveListener uses a connection after its listener closed.
func testConnectionsOutliveListener(t *testing.T, row transport.Transport) {
	ln := Listen(t, row, transport.Options{})
	dialed, accepted := PairOn(t, ln, transport.Options{})
	require.NoError(t, ln.Close())
	exchange(t, dialed, accepted)
	exchange(t, accepted, dialed)
}

// testDialAfterClose wants an attempt to fail where nobody listens any more.
func testDialAfterClose(t *testing.T, row transport.Transport) {
	ln := Listen(t, row, transport.Options{})
	require.NoError(t, ln.Close())
	_, err := Dial(t, ln.Endpoint(), transport.Options{})
	require.Error(t, err)
	require.ErrorContains(t, err, ln.Endpoint())
}

// testDialCancelledBefore gives Dial contexts that have ended.
func testDialCancelledBefore(t *testing.T, row transport.Transport) {
	ln := Listen(t, row, transport.Options{})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := dial(t, cancelled, ln.Endpoint(), transport.Options{})
	require.ErrorIs(t, err, context.Canceled)

	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, err = dial(t, expired, ln.Endpoint(), transport.Options{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// testDialCancelledDuring starts more dials than a listener's queue has room for, so that some of them hang where the
// system lets them, and ends their context. Each must return: connected, refused, or with the context's error.
func testDialCancelledDuring(t *testing.T, row transport.Transport) {
	ln := Listen(t, row, transport.Options{Backlog: 1})
	ep, err := transport.Parse(ln.Endpoint())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const dials = 8
	returned := make(chan struct{}, dials)
	var all sync.WaitGroup
	for range dials {
		all.Go(func() {
			conn, err := transport.Dial(ctx, ep, transport.Options{})
			returned <- struct{}{}
			if err == nil {
				_ = conn.Close()
			}
		})
	}
	<-returned // the queue has room for one at least
	cancel()
	all.Wait()
}

// testManyDials connects from many goroutines at once and wants every one to be served.
func testManyDials(t *testing.T, row transport.Transport) {
	ln := Listen(t, row, transport.Options{})
	ep, err := transport.Parse(ln.Endpoint())
	require.NoError(t, err)
	const dials = 32
	results := make(chan error, dials)
	for range dials {
		go func() {
			conn, err := transport.Dial(t.Context(), ep, transport.Options{})
			if err == nil {
				_, err = io.ReadAll(conn) // until the other side closes
				_ = conn.Close()
			}
			results <- err
		}()
	}
	for range dials {
		conn, err := ln.Accept()
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	for range dials {
		require.NoError(t, <-results)
	}
}
