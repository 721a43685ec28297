package socket

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/supervisor"
	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/wire"
)

// The delays are libzmq 4.3.4's: the interval, doubled at each failure in a row up to the maximum, and up to one interval more at random. A maximum
// below the interval is none.
func TestReconnectDelays(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		interval, most time.Duration
		base           []time.Duration // of the first, second … failure in a row
	}{
		{100 * ms, 0, []time.Duration{100 * ms, 100 * ms, 100 * ms}},
		{20 * ms, 200 * ms, []time.Duration{20 * ms, 40 * ms, 80 * ms, 160 * ms, 200 * ms, 200 * ms}},
		{100 * ms, 10 * ms, []time.Duration{100 * ms, 100 * ms}},
	} {
		o := options{reconnectInterval: c.interval, reconnectMax: c.most}
		for n, base := range c.base {
			for range 100 {
				v := o.reconnect().Decide(actor.History{Consecutive: n}, net.ErrClosed, time.Now())
				require.Equal(t, actor.Restart, v.Action)
				require.GreaterOrEqual(t, v.After, base)
				require.Less(t, v.After, base+c.interval)
			}
		}
	}
	never := options{}
	require.Equal(t, actor.Stop, never.reconnect().Decide(actor.History{}, net.ErrClosed, time.Now()).Action)
	often := options{reconnectInterval: ms}
	require.Equal(t, actor.Stop, often.reconnect().Decide(actor.History{}, &wire.ProtocolError{}, time.Now()).Action)
}

// A strategy that lets a panic escalate ends the endpoint too.
func TestEscalatedPanicEndsTheEndpoint(t *testing.T) {
	r := newDeathRig(t)
	push, err := NewPush(r.rt)
	require.NoError(t, err)
	once := supervisor.OneForOne{Backoff: supervisor.Backoff{Min: time.Millisecond, Factor: 1}, MaxRestarts: 1, Within: time.Minute}
	ep, err := push.Connect(r.ctx, r.bind.String(), Reconnect(once))
	require.NoError(t, err)
	for n := range 2 {
		r.await(push.String(), EventHandshakeSucceeded, n+1)
		require.NoError(t, actortest.Panic(*ep.link.codec.Load(), errInjected))
	}
	r.await(push.String(), EventEnded, 1)
	r.await(push.String(), EventClosed, 1)
	require.Equal(t, 2, r.count(push.String(), EventHandshakeSucceeded))
}

// A socket actor that dies while its socket lingers is succeeded by one that goes on lingering: nothing that was queued is dropped.
func TestDeathOfLingeringSocketActor(t *testing.T) {
	r := newDeathRig(t)
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := "tcp://" + probe.Addr().String()
	require.NoError(t, probe.Close())
	push, err := NewPush(r.rt, ReconnectInterval(time.Millisecond))
	require.NoError(t, err)
	ep, err := push.Connect(r.ctx, addr)
	require.NoError(t, err)
	for i := range 100 {
		require.NoError(t, push.Send(r.ctx, NewMessage(fmt.Sprint(i))))
	}
	ended, closed := make(chan error, 1), make(chan error, 1)
	go func() { ended <- ep.Close(r.ctx) }()
	go func() { closed <- push.Close(r.ctx) }()
	require.NoError(t, actortest.Panic(push.base.s.ref, errInjected))
	require.NoError(t, actortest.Panic(push.base.s.ref, errInjected))
	pull, err := NewPull(r.rt)
	require.NoError(t, err)
	_, err = pull.Bind(r.ctx, addr)
	require.NoError(t, err)
	for i := range 100 {
		m, err := pull.Recv(r.ctx)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(i), m.String())
	}
	require.NoError(t, <-ended)
	require.NoError(t, <-closed)
}

// A listener has so many handshakes going on at once, and closes what comes beyond. One that finishes makes room.
func TestHandshakesAreBounded(t *testing.T) {
	r := newDeathRig(t)
	two := func(o *options) error {
		o.maxHandshakes = 2
		return nil
	}
	pull, err := NewPull(r.rt, two)
	require.NoError(t, err)
	ep, err := pull.Bind(r.ctx, "tcp://127.0.0.1:*")
	require.NoError(t, err)
	addr, err := transport.Parse(ep.String())
	require.NoError(t, err)
	var conns []net.Conn
	for range 3 {
		conn, err := transport.Dial(r.ctx, addr, transport.Options{})
		require.NoError(t, err)
		conns = append(conns, conn)
	}
	r.await(pull.String(), EventRefused, 1)
	require.NoError(t, conns[0].Close())
	r.await(pull.String(), EventHandshakeFailed, 1)
	push, err := NewPush(r.rt, ReconnectInterval(time.Millisecond))
	require.NoError(t, err)
	_, err = push.Connect(r.ctx, ep.String())
	require.NoError(t, err)
	require.NoError(t, push.WaitPeers(r.ctx, 1))
	for _, conn := range conns {
		_ = conn.Close() // one of them is closed already
	}
}

// What two channels' pumps put back is in the order in which it was taken, whoever puts back first.
func TestPutBackKeepsTheOrderOfTaking(t *testing.T) {
	r := newDeathRig(t)
	for i := range 3 {
		require.NoError(t, r.push.Send(r.ctx, NewMessage(fmt.Sprint(i))))
	}
	s := r.pull.base.s
	var kept []held
	for len(kept) < 3 {
		h, err := s.hold(r.ctx)
		require.NoError(t, err)
		kept = append(kept, h)
	}
	for _, i := range []int{1, 2, 0} {
		s.inbox.putBack(kept[i])
	}
	for i := range 3 {
		m, err := r.pull.Recv(r.ctx)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(i), m.String())
	}
}

// Accepted connections are numbered, as those that were dialed are.
func TestAcceptedConnectionsAreNumbered(t *testing.T) {
	r := newDeathRig(t)
	var numbers atomic.Uint64
	for n := range 3 {
		r.conn.link.line.Cut(errors.New("next"))
		r.await(r.pull.String(), EventHandshakeSucceeded, n+2)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Socket == r.pull.String() && e.Kind == EventHandshakeSucceeded {
			require.Equal(t, numbers.Add(1), e.Attempt)
		}
	}
	require.Equal(t, uint64(4), numbers.Load())
}
