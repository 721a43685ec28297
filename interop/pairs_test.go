package interop

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// pairs are the types that work together, Weir's first and then libzmq's, as "REQ-ROUTER". TestEveryPairIsThere holds them against roles.
var pairs = []string{
	"REQ-REP", "REQ-ROUTER",
	"REP-REQ", "REP-DEALER",
	"DEALER-REP", "DEALER-DEALER", "DEALER-ROUTER",
	"ROUTER-REQ", "ROUTER-DEALER", "ROUTER-ROUTER",
	"PUB-SUB", "PUB-XSUB",
	"XPUB-SUB", "XPUB-XSUB",
	"SUB-PUB", "SUB-XPUB",
	"XSUB-PUB", "XSUB-XPUB",
	"PUSH-PULL",
	"PULL-PUSH",
	"PAIR-PAIR",
}

// A role is what a socket type does, whichever side has it.
type role struct {
	// accepts are the types that it works with, as the RFCs of the patterns have them.
	accepts []string
	// mute and deaf are for types that applications do not send with, or do not receive with.
	mute, deaf bool
	// open makes Weir's socket of that type.
	open opener
}

// roles is the table of socket types that speak ZMTP.
var roles = map[string]role{
	"REQ":    {accepts: []string{"REP", "ROUTER"}, open: opening(socket.NewReq)},
	"REP":    {accepts: []string{"REQ", "DEALER"}, open: opening(socket.NewRep)},
	"DEALER": {accepts: []string{"REP", "DEALER", "ROUTER"}, open: opening(socket.NewDealer)},
	"ROUTER": {accepts: []string{"REQ", "DEALER", "ROUTER"}, open: opening(socket.NewRouter)},
	"PUB":    {accepts: []string{"SUB", "XSUB"}, open: opening(socket.NewPub), deaf: true},
	"XPUB":   {accepts: []string{"SUB", "XSUB"}, open: opening(socket.NewXPub)},
	"SUB":    {accepts: []string{"PUB", "XPUB"}, open: opening(socket.NewSub), mute: true},
	"XSUB":   {accepts: []string{"PUB", "XPUB"}, open: opening(socket.NewXSub)},
	"PUSH":   {accepts: []string{"PULL"}, open: opening(socket.NewPush), deaf: true},
	"PULL":   {accepts: []string{"PUSH"}, open: opening(socket.NewPull), mute: true},
	"PAIR":   {accepts: []string{"PAIR"}, open: opening(socket.NewPair)},
}

// pairForms are what goes from one side to the other, one after the other.
var pairForms = []shape{
	{"one frame", plain("hello"), socket.NewMessage("hello")},
	{"empty frames around", texts("", "body", "", ""), socket.NewMessage("", "body", "", "")},
	{"1 MB", "@1000000:5", socket.NewMessage(made(1_000_000, 5))},
	{"1 MB between others", "x61 @1000000:6 - x62", socket.NewMessage("a", made(1_000_000, 6), "", "b")},
	{"the last", plain("bye"), socket.NewMessage("bye")},
}

// pairKind is the row of a pair. Where somebody is a ROUTER both sides have a name, and it reports what it cannot route.
func pairKind(pair string) *kind {
	weir, partner, _ := strings.Cut(pair, "-")
	ours, theirs := roles[weir], roles[partner]
	k := &kind{weir: weir, partner: partner, sends: !ours.mute && !theirs.deaf, receives: !ours.deaf && !theirs.mute, open: ours.open}
	if partner == "ROUTER" {
		k.weirOpts = append(k.weirOpts, socket.RoutingID("weir"))
		k.peerOpts = append(k.peerOpts, "mandatory=1")
	}
	if weir == "ROUTER" {
		k.weirOpts = append(k.weirOpts, socket.RouterMandatory(true))
		k.peerOpts = append(k.peerOpts, "id=zmq")
	}
	return k
}

// pairHead is what a type has before the body of a message that it sends to another or receives from it: a ROUTER the other's name, and whoever works
// without an envelope of its own the delimiter that REQ and REP want.
func pairHead(own, other, name string) []string {
	var head []string
	if own == "ROUTER" {
		head = append(head, name)
	}
	if (own == "ROUTER" || own == "DEALER") && (other == "REQ" || other == "REP") {
		head = append(head, "")
	}
	return head
}

// led is a message in words, with frames before it.
func led(head []string, command string) string {
	return strings.TrimSpace(texts(head...) + " " + command)
}

// pairOut sends messages from Weir's side, all of them before the first is received.
func (s *scene) pairOut(forms ...shape) {
	s.Helper()
	for _, form := range forms {
		frames := pairHead(s.pair.weir, s.pair.partner, "zmq")
		for _, frame := range form.message.All() {
			frames = append(frames, string(frame))
		}
		s.says(frames...)
	}
	head := pairHead(s.pair.partner, s.pair.weir, "weir")
	for _, form := range forms {
		require.Equal(s, led(head, words(form.message)), s.peer.do(s.ctx, "recv", waitMS), "%s, from Weir", form.name)
	}
}

// pairIn is pairOut from libzmq's side.
func (s *scene) pairIn(forms ...shape) {
	s.Helper()
	for _, form := range forms {
		s.peer.do(s.ctx, "send", waitMS, led(pairHead(s.pair.partner, s.pair.weir, "weir"), form.command))
	}
	head := pairHead(s.pair.weir, s.pair.partner, "zmq")
	for _, form := range forms {
		require.Equal(s, led(head, words(form.message)), words(s.recv()), "%s, from libzmq", form.name)
	}
}

// pairTurns asks and answers, a message each way for each form.
func (s *scene) pairTurns(forms ...shape) {
	s.Helper()
	for _, form := range forms {
		if s.pair.weir == "REQ" || s.pair.partner == "REP" {
			s.pairOut(form)
			s.pairIn(form)
		} else {
			s.pairIn(form)
			s.pairOut(form)
		}
	}
}

// pairSubscribes subscribes to all, as the subscriber's type does it, and waits until the publisher knows.
func (s *scene) pairSubscribes() {
	s.Helper()
	switch w := s.weir.(type) {
	case *socket.Pub:
		s.asks(1, "")
		require.NoError(s, w.WaitSubscribers(s.ctx, 1))
	case *socket.XPub:
		s.asks(1, "")
		s.hears("\x01")
	case *socket.Sub:
		require.NoError(s, w.Subscribe(""))
		s.pairSubscribed()
	case *socket.XSub:
		s.says("\x01")
		s.pairSubscribed()
	}
}

// pairSubscribed waits until libzmq's publisher knows of the subscription: an XPUB says so, a PUB does not.
func (s *scene) pairSubscribed() {
	s.Helper()
	if s.pair.partner == "XPUB" {
		s.peerWants("\x01")
		return
	}
	pulse(s.ctx, s.peer, "pulse", s.receiver())
}

// pairMoves moves all forms in each direction that the pair has.
func (s *scene) pairMoves() {
	s.Helper()
	if turns := []string{"REQ", "REP"}; slices.Contains(turns, s.pair.weir) || slices.Contains(turns, s.pair.partner) {
		s.pairTurns(pairForms...)
		return
	}
	if s.pair.sends {
		s.pairOut(pairForms...)
	}
	if s.pair.receives {
		s.pairIn(pairForms...)
	}
}

// TestEveryPair moves messages of one frame, of several, and of 1 MB between each two types that work together, in each direction that the pair has:
// they arrive whole and in order, and tell who sent them. Ranges over every pair of compatible types × transport × who binds.
func TestEveryPair(t *testing.T) {
	var rows []*kind
	for _, pair := range pairs {
		rows = append(rows, pairKind(pair))
	}
	overKinds(t, rows, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, coloured())
		s.join()
		s.pairSubscribes()
		s.pairMoves()
		s.pairTells()
	})
}

// TestEveryPairIsThere holds the list of pairs against what each type accepts: no pair is missing, and none is there that does not work.
func TestEveryPairIsThere(t *testing.T) {
	var want []string
	for weir, r := range roles {
		for _, partner := range r.accepts {
			require.Contains(t, roles[partner].accepts, weir, "%s accepts %s, so it is the same the other way round", weir, partner)
			want = append(want, weir+"-"+partner)
		}
	}
	require.ElementsMatch(t, want, pairs)
}

// TestNotEveryPair brings each of Weir's types together with all of libzmq's types that it does not work with, each side dialing: neither side has a
// handshake that succeeds.
func TestNotEveryPair(t *testing.T) {
	for weir, r := range roles {
		for _, at := range places {
			t.Run(weir+"/"+at.name, func(t *testing.T) {
				t.Parallel()
				ctx := begin(t, libzmq)
				rt, events := newRuntime(t)
				ours, err := r.open(rt, socket.ReconnectInterval(reconnectIn))
				require.NoError(t, err)
				bound, err := ours.Bind(ctx, at.fresh())
				require.NoError(t, err)
				strangers := slices.DeleteFunc(slices.Sorted(maps.Keys(roles)), func(typ string) bool { return slices.Contains(r.accepts, typ) })
				for i, typ := range strangers {
					stranger := startPeer(ctx, t, libzmq, typ, "reconnect=-1")
					stranger.do(ctx, "connect", bound)
					wantMisfit(ctx, t, events, i+1, bound)
					stranger.do(ctx, "wait", "DISCONNECTED", 1, waitMS)
					dialed, err := ours.Connect(ctx, stranger.do(ctx, "bind", at.fresh()))
					require.NoError(t, err)
					wantMisfit(ctx, t, events, 1, dialed)
					stranger.do(ctx, "wait", "DISCONNECTED", 2, waitMS)
					require.NoError(t, dialed.Close(ctx))
					require.Equal(t, "0", stranger.do(ctx, "wait", "HANDSHAKE", 0, waitMS), "a %s of libzmq's thinks it is in", typ)
					stranger.kill()
				}
				require.Empty(t, events.of(socket.EventHandshakeSucceeded))
			})
		}
	}
}

// wantMisfit waits until n handshakes have failed at an endpoint of Weir's.
func wantMisfit(ctx context.Context, t *testing.T, events *eventLog, n int, at *socket.Endpoint) {
	t.Helper()
	failed := events.wait(ctx, t, n, func(e socket.Event) bool { return e.Kind == socket.EventHandshakeFailed && e.Endpoint == at.String() })
	require.Error(t, failed.Err)
}
