package transport_test

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
)

// A bare listener has no deadline.
type bare struct{ net.Listener }

// A timed listener is another's that has a deadline.
type timed struct{ *net.TCPListener }

// adoptions are listeners made elsewhere: the system's own, another's with a deadline, and one without.
func adoptions(t *testing.T) map[string]transport.Listener {
	t.Helper()
	all := map[string]transport.Listener{}
	for name, wrap := range map[string]func(net.Listener) net.Listener{
		"own": func(l net.Listener) net.Listener { return l }, "bare": func(l net.Listener) net.Listener { return bare{l} },
		"timed": func(l net.Listener) net.Listener { return timed{l.(*net.TCPListener)} },
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ln := transport.Adopt(wrap(l), transport.Options{})
		t.Cleanup(func() { _ = ln.Close() })
		require.Equal(t, "tcp://"+l.Addr().String(), ln.Endpoint())
		require.Equal(t, l.Addr(), ln.Addr())
		all[name] = ln
	}
	return all
}

// dialAddr connects to a listener.
func dialAddr(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestAdoptDeadline wakes a waiting Accept without closing; a connection that comes meanwhile is there for the next one.
func TestAdoptDeadline(t *testing.T) {
	for name, ln := range adoptions(t) {
		d := ln.(interface{ SetDeadline(t time.Time) error })
		for range 2 {
			done := make(chan error, 1)
			go func() {
				_, err := ln.Accept()
				done <- err
			}()
			require.NoError(t, d.SetDeadline(time.Unix(1, 0)))
			require.ErrorIs(t, <-done, os.ErrDeadlineExceeded, name)
			_, err := ln.Accept()
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			dialAddr(t, ln)
			require.NoError(t, d.SetDeadline(time.Time{}))
			conn, err := ln.Accept()
			require.NoError(t, err)
			require.NoError(t, conn.Close())
		}
		require.NoError(t, d.SetDeadline(time.Now().Add(5*time.Millisecond)))
		_, err := ln.Accept()
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	}
}

// TestAdoptClose wants Close to wake Accept, and to close what was accepted for nobody.
func TestAdoptClose(t *testing.T) {
	for name, ln := range adoptions(t) {
		done := make(chan error, 1)
		go func() {
			_, err := ln.Accept()
			done <- err
		}()
		require.NoError(t, ln.Close())
		require.ErrorIs(t, <-done, net.ErrClosed, name)
		require.ErrorIs(t, ln.Close(), net.ErrClosed)
		_, err := ln.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
	}
}

// TestAdoptLeavesNobody closes a bare listener that has accepted for an Accept which was woken: the connection closes with it.
func TestAdoptLeavesNobody(t *testing.T) {
	ln := adoptions(t)["bare"]
	d := ln.(interface{ SetDeadline(t time.Time) error })
	done := make(chan error, 1)
	go func() {
		_, err := ln.Accept()
		done <- err
	}()
	require.NoError(t, d.SetDeadline(time.Unix(1, 0)))
	require.ErrorIs(t, <-done, os.ErrDeadlineExceeded)
	conn := dialAddr(t, ln)
	require.NoError(t, ln.Close())
	_, err := conn.Read(make([]byte, 1))
	require.Error(t, err)
}

// TestEndpointOf words addresses of all kinds.
func TestEndpointOf(t *testing.T) {
	for want, a := range map[string]net.Addr{
		"tcp://127.0.0.1:5":   &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5},
		"tcp://[::1]:5":       &net.TCPAddr{IP: net.IPv6loopback, Port: 5},
		"ipc:///tmp/x":        &net.UnixAddr{Net: "unix", Name: "/tmp/x"},
		"ipc://unnamed":       &net.UnixAddr{Net: "unix"},
		"unknown://unnamed":   nil,
		"ip+net://10.0.0.0/8": &net.IPNet{IP: net.IPv4(10, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
	} {
		require.Equal(t, want, transport.EndpointOf(a).String())
	}
}

// TestCanonical wants one spelling for one place, and none for wildcards and for what is malformed.
func TestCanonical(t *testing.T) {
	for s, want := range map[string]string{
		"tcp://127.0.0.1:5": "tcp://127.0.0.1:5", "tcp://[::ffff:127.0.0.1]:5": "tcp://127.0.0.1:5", "tcp://127.0.0.1:05": "tcp://127.0.0.1:5",
		"tcp://[0:0::1]:5": "tcp://[::1]:5", "tcp://::1:5": "tcp://[::1]:5", "tcp://localhost:5": "tcp://localhost:5",
		"tcp://*:*;127.0.0.1:5": "tcp://*:*;127.0.0.1:5", "tcp://0.0.0.0:5": "tcp://0.0.0.0:5", "ipc:///tmp/a": "ipc:///tmp/a",
		"inproc://a": "inproc://a",
		"tcp://*:5":  "", "tcp://127.0.0.1:*": "", "tcp://127.0.0.1:0": "", "tcp://*:*": "", "ipc://*": "", "tcp://x": "", "ipc://@": "",
	} {
		ep, err := transport.Parse(s)
		require.NoError(t, err)
		got, ok := transport.Canonical(ep)
		require.Equal(t, want != "", ok, s)
		if ok {
			require.Equal(t, want, got.String())
			again, ok := transport.Canonical(got)
			require.True(t, ok)
			require.Equal(t, got, again)
		}
	}
}
