package interop

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// pubs are a PUB, Weir's or libzmq's, and who subscribes to it.
var pubs = []*kind{
	{weir: "PUB", partner: "SUB", sends: true, open: opening(socket.NewPub)},
	{weir: "PUB", partner: "XSUB", sends: true, open: opening(socket.NewPub)},
	{weir: "SUB", partner: "PUB", receives: true, open: opening(socket.NewSub)},
	{weir: "XSUB", partner: "PUB", receives: true, open: opening(socket.NewXSub)},
}

// inverted is the setup of a case: an XSUB filters nothing, and Weir's has no such option.
func inverted(p pairing) setup {
	with := setup{noTopics: true, peer: []string{"invert=1"}}
	if p.weir != "XSUB" {
		with.weir = []socket.Option{socket.InvertMatching(true)}
	}
	return with
}

// TestInvertMatching wants the peer to receive what its subscription does not match, whichever side is Weir.
func TestInvertMatching(t *testing.T) {
	overKinds(t, slices.Concat(xpubs, toLibzmqXPub()), every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, inverted(p))
		s.join()
		if p.partner == "XPUB" {
			s.tells(s.weir, 1, "A")
			s.peerWants("\x01A")
			s.peerSays("A")
			s.peerSays("B")
			s.hears("B")
			return
		}
		s.asks(1, "A")
		s.hears("\x01A")
		s.says("A")
		s.says("B")
		s.peerWants("B")
	})
}

// TestInvertMatchingOfPub is the same with a PUB, which does not say when it knows of a subscription; and of two, either is enough for a message to stay
// away. It does not even cross the wire.
func TestInvertMatchingOfPub(t *testing.T) {
	overKinds(t, pubs, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, inverted(p))
		if p.sends {
			s.asks(1, "A")
			s.asks(1, "C")
			s.join()
			s.events.waitKind(s.ctx, t, 2, socket.EventSubscribed)
			for _, text := range []string{"A", "C", "B"} {
				s.says(text)
			}
			s.peerWants("B")
			require.EqualValues(t, 1, s.weir.Stats().Out.Accepted)
			return
		}
		s.tells(s.weir, 1, "A")
		s.tells(s.weir, 1, "C")
		s.join()
		for crossed := uint64(0); crossed != 1; { // until the PUB knows of both
			before := s.weir.Stats().In.Accepted
			for _, text := range []string{"A", "C", "B"} {
				s.peerSays(text)
			}
			for m := s.recv(); m.String() != "B"; m = s.recv() {
				require.Equal(t, "XSUB", p.weir, "a SUB filters by itself")
			}
			crossed = s.weir.Stats().In.Accepted - before
			require.NoError(t, s.ctx.Err())
		}
	})
}

// TestPubWelcome has a PUB, Weir's and then libzmq's, welcome two subscribers. It does so whatever they want: who filters by himself receives it where he
// has subscribed to it.
func TestPubWelcome(t *testing.T) {
	overKinds(t, pubs, every, func(t *testing.T, p pairing) {
		with := setup{noTopics: true}
		if p.sends {
			with.weir = []socket.Option{socket.XPubWelcome("hello")}
		} else {
			with.peer = []string{"welcome=hello"}
		}
		s := newScene(begin(t, libzmq), t, p, with)
		if pub, ok := s.weir.(*socket.Pub); ok {
			s.asks(1, "hello")
			s.join()
			s.peerWants("hello")
			s.anotherPeer()
			s.asks(1, "other")
			s.meet()
			require.NoError(t, pub.WaitSubscribers(s.ctx, 2))
			s.says("other")
			if p.partner == "XSUB" {
				s.peerWants("hello")
			}
			s.peerWants("other")
			return
		}
		s.tells(s.weir, 1, "hello")
		s.join()
		s.hears("hello")
		s.anotherWeir()
		s.tells(s.weir, 1, "other")
		s.meet()
		if p.weir == "XSUB" {
			s.hears("hello")
		}
		pulse(s.ctx, s.peer, "other", s.receiver())
	})
}
