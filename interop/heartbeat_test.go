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

// beating is the wide table with a DEALER beside a ROUTER that sends everything back: the pairs of libzmq's own test, and a few more.
var beating = append(slices.Clip(wideKinds), &kind{
	weir: "DEALER", partner: "ROUTER", sends: true, receives: true, moves: weirAsks{}, open: opening(socket.NewDealer),
})

// sealing makes a setup one over CURVE. Publishers are the servers, and else Weir is.
func (with setup) sealing(p pairing) setup {
	guard := curveGuards[0]
	if p.partner == "PUB" {
		guard = curveGuards[1]
	}
	with.weir = append(slices.Clip(with.weir), guard.weir...)
	with.peer = append(slices.Clip(with.peer), guard.peer...)
	with.runtime = guard.with().runtime
	return with
}

// TestHeartbeatElsewhere is TestHeartbeat, and TestOwnHeartbeat, over CURVE, for each pair, and over ipc, for three of them: there they are no different. In
// each case both go on at the same time, so that it takes the time of one.
func TestHeartbeatElsewhere(t *testing.T) {
	pingers := []setup{
		{weir: []socket.Option{socket.HeartbeatInterval(50 * time.Millisecond), socket.HeartbeatTimeout(time.Second)}},
		{peer: []string{"heartbeat=50", "timeout=1000"}},
	}
	elsewhere := func(p pairing) bool { return p.place.name == "tcp" || p.weir == "SUB" || p.weir == "DEALER" }
	overKinds(t, beating, pick(elsewhere).binding(), func(t *testing.T, p pairing) {
		ctx, sign, signs := begin(t, libzmq), pong, longerThanTimeout
		var scenes []*scene
		var relays []*relay
		for _, with := range pingers {
			if p.place.name == "tcp" {
				with, sign, signs = with.sealing(p), sealed, 2*longerThanTimeout
			}
			s := newScene(ctx, t, p, with)
			r := s.joinThrough(sign)
			p.moves.many(s, 0, 50, 20)
			r.forget()
			scenes, relays = append(scenes, s), append(relays, r)
		}
		for i, s := range scenes {
			relays[i].await(ctx, t, signs)
			p.moves.many(s, 50, 50, 20)
			require.Empty(t, s.events.of(socket.EventDisconnected))
		}
	})
}

// TestFrozenLine freezes the line between two sockets that both send PINGs, over CURVE: each sees a silent peer, and ends its connection by its own clock. When
// the line is there again so are they. One cell a pair will do: its time is all that it takes.
func TestFrozenLine(t *testing.T) {
	beats := setup{
		weir: []socket.Option{socket.HeartbeatInterval(200 * time.Millisecond), socket.HeartbeatTimeout(2 * time.Second)},
		peer: []string{"heartbeat=200", "timeout=2000"},
	}
	overKinds(t, beating, every.tcp().binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, beats.sealing(p))
		r := s.joinThrough(sealed)
		p.moves.many(s, 0, 50, 20)
		r.freeze()
		s.peer.do(s.ctx, "wait", "DISCONNECTED", 1, waitMS)
		require.ErrorIs(t, s.events.waitKind(s.ctx, t, 1, socket.EventDisconnected).Err, socket.ErrHeartbeatTimeout)
		s.peer.part(s.ctx)
		r.thaw()
		s.meet()
		p.moves.many(s, 50, 50, 20)
	})
}
