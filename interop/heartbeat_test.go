package interop

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// longerThanTimeout is how many heartbeats of 50 ms each take longer than the two seconds in which one must be answered: as long as nobody should stand still.
const longerThanTimeout = 45

// Heartbeats of Weir's, and of libzmq's.
var (
	beats = setup{weir: []socket.Option{
		socket.HeartbeatInterval(50 * time.Millisecond), socket.HeartbeatTimeout(2 * time.Second), socket.HeartbeatTTL(2 * time.Second),
	}}
	peerBeats = setup{peer: []string{"heartbeat=50", "timeout=2000", "ttl=2000"}}
)

// beating is the wide table with a DEALER beside a ROUTER that sends everything back: the pairs of libzmq's own test, and a few more.
var beating = append(slices.Clip(wideKinds), &kind{
	weir: "DEALER", partner: "ROUTER", sends: true, receives: true, moves: weirAsks{}, open: opening(socket.NewDealer),
})

// TestHeartbeat lets libzmq send PINGs over an idle connection for longer than it waits for an answer: Weir answers, so the connection stays.
func TestHeartbeat(t *testing.T) {
	overPatterns(t, beating, every, func(t *testing.T, of []pairing) {
		outlive(t, lineUps(t, of, pong, always(peerBeats)), longerThanTimeout)
	})
}

// outlive waits until so many signs have passed on each of the lines, and wants messages to move as before. A connection that was lost meanwhile may have been lost
// because somebody stood still: then it has to be made again, and to live longer. Where nobody answers, none ever does.
func outlive(t *testing.T, all []lined, signs int) {
	t.Helper()
	for try := 1; len(all) > 0; try++ {
		require.LessOrEqual(t, try, 3, "nobody stands still that often")
		var again []lined
		eachOf(t, all, func(l lined) {
			l.line.await(l.ctx, t, signs)
			if len(l.events.of(socket.EventDisconnected)) >= l.meetings {
				again = append(again, l)
				return
			}
			l.pair.moves.many(l.scene, 50, 50, 20)
		})
		eachOf(t, again, func(l lined) {
			lost := len(l.events.of(socket.EventDisconnected))
			l.meetings, l.peer.meetings = lost, lost
			l.meet()
			l.peer.part(l.ctx) // a PAIR may yet turn it away, which is one more loss
			l.line.forget()
		})
		all = again
	}
}

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

// TestHeartbeatCurve is TestHeartbeat, and TestOwnHeartbeat, over CURVE, where PINGs are sealed.
func TestHeartbeatCurve(t *testing.T) {
	overPatterns(t, beating, every, func(t *testing.T, of []pairing) {
		all := lineUps(t, of, sealed, func(p pairing) []setup { return []setup{beats.sealing(p), peerBeats.sealing(p)} })
		outlive(t, all, 2*longerThanTimeout)
	})
}

// TestFrozenLine freezes the line between two sockets that both send PINGs, over CURVE: each sees a silent peer, and ends its connection by its own clock. When
// the line is there again so are they.
func TestFrozenLine(t *testing.T) {
	both := setup{
		weir: []socket.Option{socket.HeartbeatInterval(200 * time.Millisecond), socket.HeartbeatTimeout(2 * time.Second)},
		peer: []string{"heartbeat=200", "timeout=2000"},
	}
	overPatterns(t, beating, every, func(t *testing.T, of []pairing) {
		all := lineUps(t, of, sealed, func(p pairing) []setup { return []setup{both.sealing(p)} })
		for _, l := range all {
			l.line.freeze()
		}
		eachOf(t, all, func(l lined) {
			require.ErrorIs(t, l.parted(), socket.ErrHeartbeatTimeout)
			l.peer.do(l.ctx, "wait", "DISCONNECTED", l.peer.meetings, waitMS)
			l.peer.part(l.ctx)
			l.line.thaw()
			l.meet()
			l.pair.moves.many(l.scene, 50, 50, 20)
		})
	})
}
