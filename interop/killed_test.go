package interop

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A duel is a pairing in which both sides are processes of their own: a socket of Weir's that can be killed, and libzmq's. It belongs to the test's
// goroutine.
type duel struct {
	*testing.T
	// Set by newDuel, then read-only.
	ctx  context.Context
	pair pairing
	peer *peer // libzmq's

	// Changed by the case as processes come and go.
	weir     *peer
	endpoint string // resolved, once somebody has bound it
}

// newDuel starts both and joins them.
func newDuel(ctx context.Context, t *testing.T, p pairing) *duel {
	t.Helper()
	d := &duel{T: t, ctx: ctx, pair: p}
	d.peer = startPeer(ctx, t, libzmq, p.partner, append([]string{peerReconnectIn}, p.peerOpts...)...)
	if p.partner == "SUB" {
		d.peer.do(ctx, "subscribe", "-")
	}
	if !p.weirBinds {
		d.endpoint = d.peer.do(ctx, "bind", p.place.fresh())
	}
	d.openWeir()
	if p.weirBinds {
		d.peer.do(ctx, "connect", d.endpoint)
	}
	d.meet()
	return d
}

// openWeir starts a process of Weir's, in place of one that was killed too.
func (d *duel) openWeir() {
	d.Helper()
	d.weir = startPeer(d.ctx, d.T, weirApart, d.pair.weir)
	switch {
	case !d.pair.weirBinds:
		d.weir.do(d.ctx, "connect", d.endpoint)
	case d.endpoint == "":
		d.endpoint = d.weir.do(d.ctx, "bind", d.pair.place.fresh())
	default:
		d.weir.do(d.ctx, "bind", d.endpoint)
	}
}

// meet waits until both sides know of a new connection, and then until what is sent is sure to arrive.
func (d *duel) meet() {
	d.Helper()
	d.peer.meetings++
	d.peer.do(d.ctx, "wait", "HANDSHAKE", d.peer.meetings, waitMS)
	d.weir.do(d.ctx, "meet")
	if d.pair.partner != "PUB" {
		return
	}
	d.peer.order("pulse", plain("pulse")) // a publisher cannot tell when it knows of a subscription
	require.Equal(d, plain("pulse"), d.weir.do(d.ctx, "recv"))
	d.peer.order("send", waitMS, plain("over"))
	d.peer.okay(d.ctx) // the pulse's report
	d.peer.okay(d.ctx)
	for got := ""; got != plain("over"); {
		got = d.weir.do(d.ctx, "recv")
	}
}

// move moves numbered messages across, in the ways that the type has.
func (d *duel) move(first int) {
	d.Helper()
	switch d.pair.moves.(type) {
	case weirSends:
		d.order(d.weir, d.peer, "sendn", "recvn", first)
	case weirReceives:
		d.order(d.peer, d.weir, "sendn", "recvn", first)
	case weirAsks:
		d.order(d.weir, d.peer, "ask", "serve", first)
	case weirAnswers:
		d.order(d.peer, d.weir, "ask", "serve", first)
	case weirRoutes: // each comes back behind the name that it came with
		d.weir.order("serve", stint, waitMS)
		d.peer.do(d.ctx, "sendn", first, stint, 20, waitMS)
		d.peer.do(d.ctx, "recvn", first, stint, waitMS)
		d.weir.okay(d.ctx)
	default: // both ways
		d.order(d.weir, d.peer, "sendn", "recvn", first)
		d.order(d.peer, d.weir, "sendn", "recvn", first)
	}
}

// order has one side begin and the other answer, and waits for both.
func (d *duel) order(from, to *peer, begin, answer string, first int) {
	d.Helper()
	if answer == "serve" {
		to.order(answer, stint, waitMS)
	} else {
		to.order(answer, first, stint, waitMS)
	}
	from.do(d.ctx, begin, first, stint, 20, waitMS)
	to.okay(d.ctx)
}

// A libzmq socket is given partingTurns, of partingMS each, to take leave of a connection of which its monitor has told already. It needs two turns of its I/O thread,
// which on a busy machine may be far apart. A machine that stands still takes one of these with it, and not all.
const (
	partingTurns = 40
	partingMS    = 10
)

// part gives a libzmq PAIR that stays the time to take leave of a peer that is gone. libzmq tells its monitor before its socket, and a PAIR that has not
// heard of the end by then turns the next one away, with what it has sent.
func (p *peer) part(ctx context.Context) {
	if strings.HasSuffix(p.name, " PAIR") {
		for range partingTurns {
			p.do(ctx, "idle", partingMS)
		}
	}
}

// TestWeirKilled kills Weir's process with SIGKILL and starts another in its place, twice: libzmq's socket notices, the two meet again, and messages move
// as before.
func TestWeirKilled(t *testing.T) {
	overWide(t, every, func(t *testing.T, p pairing) {
		d := newDuel(begin(t, libzmq), t, p)
		d.move(0)
		for life := 1; life <= 2; life++ {
			d.weir.kill()
			d.peer.do(d.ctx, "wait", "DISCONNECTED", life, waitMS)
			d.peer.part(d.ctx)
			d.openWeir()
			d.meet()
			d.move(life * stint)
		}
	})
}
