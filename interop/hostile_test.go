package interop

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// hostileHandshake is how long Weir's sockets let a handshake with an attacker take, so that silence ends soon.
const hostileHandshake = 150 * time.Millisecond

// hurry holds the endpoints to come to that time. The one that libzmq's peer has is not: on a busy machine it may take longer.
func (s *scene) hurry() {
	s.Helper()
	set := s.weir.(interface {
		Set(ctx context.Context, opts ...socket.Option) error
	})
	require.NoError(s, set.Set(s.ctx, socket.HandshakeInterval(hostileHandshake)))
}

// An attack is something that no peer should do: one row of the table.
type attack struct {
	name string
	// does attacks through a connection to a socket of Weir's, whose own type is given.
	does func(p *rawPeer, own string)
	// shaken says that the attack comes after a proper handshake.
	shaken bool
	// breach says that it breaks the protocol; else the connection just fails, and whoever dialed it tries again.
	breach bool
}

// run attacks a socket of that pairing through a connection.
func (a attack) run(raw *rawPeer, p pairing) {
	if !a.shaken || raw.handshake(p.partner) {
		a.does(raw, p.weir)
	}
}

// writes makes an attack of bytes.
func writes(parts ...[]byte) func(*rawPeer, string) {
	return func(p *rawPeer, _ string) { p.write(slices.Concat(parts...)) }
}

// ends makes an attack of bytes, and the end of the connection behind them.
func ends(parts ...[]byte) func(*rawPeer, string) {
	return func(p *rawPeer, _ string) {
		p.write(slices.Concat(parts...))
		_ = p.conn.Close() // the other side may have been first
	}
}

// resets makes an attack of bytes, and a reset of the connection behind them.
func resets(parts ...[]byte) func(*rawPeer, string) {
	return func(p *rawPeer, _ string) {
		p.write(slices.Concat(parts...))
		p.reset()
	}
}

// attacks is the table of attacks.
var attacks = []attack{
	{name: "text", breach: true, does: writes([]byte("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"))},
	{name: "noise", breach: true, does: writes([]byte(made(64<<10, 5)))},
	{name: "zeros", breach: true, does: writes(make([]byte, 4096))},
	{name: "a ZMTP 2.0 greeting, then silence", does: writes([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x07"))},
	{name: "another mechanism", breach: true, does: writes(greeting("PLAIN"))},
	{name: "no such mechanism", breach: true, does: writes(greeting("NONSENSE"))},
	{name: "unknown socket type", breach: true, does: writes(greeting("NULL"), ready("HOLE"))},
	{name: "socket type that does not fit", breach: true, does: func(p *rawPeer, own string) { p.write(hello(strangers[own][0])) }},
	{name: "metadata past its end", breach: true, does: writes(greeting("NULL"), frame(flagCommand, "\x05READY\x0bSocket-Type\x7f\xff\xff\xffPUSH"))},
	{name: "no READY", breach: true, does: writes(greeting("NULL"), frame(flagCommand, "\x04PING\x00\x00"))},
	{name: "ERROR", breach: true, does: writes(greeting("NULL"), frame(flagCommand, "\x05ERROR\x07go away"))},
	{name: "terabyte READY", breach: true, does: writes(greeting("NULL"), largeHeader(flagCommand, 1<<40), []byte("\x05READY"))},
	{name: "silence", does: writes()},
	{name: "half a greeting, then silence", does: writes(greeting("NULL")[:20])},
	{name: "half a READY, then silence", does: writes(greeting("NULL"), ready("PUSH")[:9])},
	{name: "half a greeting, then the end", does: ends(greeting("NULL")[:11])},
	{name: "half a greeting, then a reset", does: resets(greeting("NULL")[:11])},
	{name: "2^63 bytes", shaken: true, breach: true, does: writes(largeHeader(0, 1<<63))},
	{name: "2^64-1 bytes", shaken: true, breach: true, does: writes(largeHeader(flagMore, 1<<64-1), []byte("more"))},
	{name: "broken PING", shaken: true, breach: true, does: writes(frame(flagCommand, "\x04PING\x00"))},
	{name: "half a frame, then the end", shaken: true, does: ends(frame(flagMore, "first"), largeHeader(0, 1000), make([]byte, 500))},
	{name: "half a frame, then a reset", shaken: true, does: resets(frame(flagMore, "first"), largeHeader(0, 1000), make([]byte, 500))},
}

// isLoss matches the events of a connection that ended, or did not get as far as traffic.
func isLoss(e socket.Event) bool {
	return e.Kind == socket.EventHandshakeFailed || e.Kind == socket.EventDisconnected
}

// overAttacks runs a case for each cell of the table that is picked, and each attack. One connection of Weir's after the other is attacked, beside
// those of other cells.
func overAttacks(t *testing.T, picked pick, f func(t *testing.T, p pairing, a attack)) {
	overWide(t, picked, func(t *testing.T, p pairing) {
		for _, a := range attacks {
			t.Run(a.name, func(t *testing.T) { f(t, p, a) })
		}
	})
}

// TestHostilePeer attacks a bound socket of Weir's that a libzmq peer is connected to, at another door. The attacker loses its connection, the event has the reason,
// and the peer notices nothing.
func TestHostilePeer(t *testing.T) {
	overAttacks(t, crowds.binding(), func(t *testing.T, p pairing, a attack) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		p.moves.many(s, 0, 5, 20)

		s.hurry()
		door, err := s.weir.Bind(s.ctx, p.place.fresh())
		require.NoError(t, err)
		raw := dialRaw(s.ctx, t, door.String())
		a.run(raw, p)
		raw.wantEnded(s.ctx, t)
		lost := s.events.wait(s.ctx, t, 1, isLoss)
		wantReason(t, lost, a)
		if p.place.name == "tcp" {
			require.Equal(t, raw.conn.LocalAddr().String(), lost.Peer, "the event names the peer")
		}
		p.moves.many(s, 5, 50, 20)
		all, _ := s.events.look(isLoss)
		require.Len(t, all, 1, "only the attacker has lost its connection")
		require.Equal(t, "1", s.peer.do(s.ctx, "wait", "HANDSHAKE", 1, waitMS), "libzmq has not had to come back")
	})
}

// wantReason checks what the event of a loss says of an attack.
func wantReason(t *testing.T, lost socket.Event, a attack) {
	t.Helper()
	want := socket.EventHandshakeFailed
	if a.shaken {
		want = socket.EventDisconnected
	}
	require.Equal(t, want, lost.Kind, lost.String())
	require.Error(t, lost.Err)
	require.NotEmpty(t, lost.Peer, "the event names the peer")
	var breach *socket.ProtocolError
	require.Equal(t, a.breach, errors.As(lost.Err, &breach), "%v", lost.Err)
}
