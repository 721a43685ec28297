package socket

import (
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
)

// A starvedListener cannot accept for a while: the process has no file descriptor left.
type starvedListener struct {
	net.Listener
	failures chan error
}

// Endpoint is the bound address.
func (l *starvedListener) Endpoint() string { return "tcp://" + l.Addr().String() }

// Accept fails as often as it was told to, and then accepts.
func (l *starvedListener) Accept() (net.Conn, error) {
	select {
	case err := <-l.failures:
		return nil, err
	default:
		return l.Listener.Accept()
	}
}

// A listener that cannot accept backs off, with growing delays, and goes on: neither it nor its connections restart.
func TestListenerBacksOffWhenStarved(t *testing.T) {
	r := newDeathRig(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	starved := &starvedListener{Listener: l, failures: make(chan error, 3)}
	for range 3 {
		starved.failures <- &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	addr, err := transport.Parse(starved.Endpoint())
	require.NoError(t, err)
	e := newEndpoint(r.pull.base.s, addr, starved.Endpoint(), true)
	require.NoError(t, e.sock.bind(r.ctx, e, starved))

	_, err = r.push.Connect(r.ctx, e.String())
	require.NoError(t, err)
	require.NoError(t, r.push.WaitPeers(r.ctx, 2))
	r.mu.Lock()
	defer r.mu.Unlock()
	var delays []time.Duration
	for _, ev := range r.events {
		if ev.Kind == EventAcceptFailed {
			require.ErrorIs(t, ev.Err, syscall.EMFILE)
			delays = append(delays, ev.Delay)
		}
	}
	require.Equal(t, []time.Duration{acceptBackoff, 2 * acceptBackoff, 4 * acceptBackoff}, delays)
}
