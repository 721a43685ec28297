package interop

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// longerThanTimeout is how many heartbeats of 50 ms each take longer than the second in which one must be answered.
const longerThanTimeout = 30

// TestHeartbeat lets libzmq send PINGs over an idle connection for longer than it waits for an answer: Weir answers, so the connection stays. One cell a
// type will do: PINGs are the same everywhere, and each case takes its time.
func TestHeartbeat(t *testing.T) {
	overWide(t, every.tcp().binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{peer: []string{"heartbeat=50", "timeout=1000"}})
		r := s.joinThroughRelay()
		p.moves.many(s, 0, 50, 20)
		r.await(s.ctx, t, longerThanTimeout)
		p.moves.many(s, 50, 50, 20)
		require.Empty(t, s.events.of(socket.EventDisconnected))
	})
}

// TestHeartbeatElsewhere is TestHeartbeat, and TestOwnHeartbeat, over ipc, and over CURVE.
func TestHeartbeatElsewhere(t *testing.T) {
	pingers := map[string]setup{
		"Weir's":   {weir: []socket.Option{socket.HeartbeatInterval(50 * time.Millisecond), socket.HeartbeatTimeout(time.Second)}},
		"libzmq's": {peer: []string{"heartbeat=50", "timeout=1000"}},
	}
	for pinger, beats := range pingers {
		t.Run(pinger, func(t *testing.T) {
			overTable(t, only("DEALER", "SUB").binding(), func(t *testing.T, p pairing) {
				with, sign, signs := beats, pong, longerThanTimeout
				if p.place.name == "tcp" {
					sealing := curveGuards[0] // Weir is the server
					if p.weir == "SUB" {
						sealing = curveGuards[1]
					}
					with.weir = append(slices.Clip(with.weir), sealing.weir...)
					with.peer = append(slices.Clip(with.peer), sealing.peer...)
					with.runtime = sealing.with().runtime
					sign, signs = sealed, 2*longerThanTimeout
				}
				s := newScene(begin(t, libzmq), t, p, with)
				r := s.joinThrough(sign)
				p.moves.many(s, 0, 50, 20)
				r.forget()
				r.await(s.ctx, t, signs)
				p.moves.many(s, 50, 50, 20)
				require.Empty(t, s.events.of(socket.EventDisconnected))
			})
		})
	}
}
