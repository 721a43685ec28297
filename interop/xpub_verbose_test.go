package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// A loudness is how much an XPUB hears of subscriptions, of either side: one row of the table.
type loudness struct {
	name       string
	weir       []socket.Option
	peer       []string
	subs, ends bool // it hears of each subscription, and of each end of one; else of the first and the last for a topic
}

// loudnesses is the table.
var loudnesses = []loudness{
	{name: "plain"},
	{name: "VERBOSE", weir: []socket.Option{socket.XPubVerbose(true)}, peer: []string{"verbose=1"}, subs: true},
	{name: "VERBOSER", weir: []socket.Option{socket.XPubVerboser(true)}, peer: []string{"verboser=1"}, subs: true, ends: true},
}

// tells subscribes a socket of Weir's, or takes a subscription back.
func (s *scene) tells(w weirSocket, first byte, topic string) {
	s.Helper()
	var err error
	switch w := w.(type) {
	case *socket.XSub:
		err = w.Send(s.ctx, socket.NewMessage(string(rune(first))+topic))
	case *socket.Sub:
		if first == 1 {
			err = w.Subscribe(topic)
		} else {
			err = w.Unsubscribe(topic)
		}
	}
	require.NoError(s, err)
}

// script has two subscribers come and go at one XPUB. tell speaks for one of them; hear wants what the XPUB receives next. What is told once is a topic
// that nobody else has: what was to be heard before it has been.
func (l loudness) script(tell func(second bool, first byte, topic string), hear func(body string)) {
	tell(false, 1, "A")
	hear("\x01A")
	tell(true, 1, "A")
	if l.subs {
		hear("\x01A")
	}
	tell(true, 1, "B")
	hear("\x01B")
	tell(false, 0, "A")
	if l.ends {
		hear("\x00A")
	}
	tell(false, 1, "C")
	hear("\x01C")
	tell(true, 0, "A")
	hear("\x00A")
}

// TestXPubVerbose has two subscribers of libzmq's at an XPub of Weir's, in each loudness.
func TestXPubVerbose(t *testing.T) {
	for _, l := range loudnesses {
		t.Run(l.name, func(t *testing.T) {
			overKinds(t, xpubs, every, func(t *testing.T, p pairing) {
				s := newScene(begin(t, libzmq), t, p, setup{noTopics: true, weir: l.weir})
				s.join()
				first := s.anotherPeer()
				s.meet()
				both := map[bool]*peer{false: first, true: s.peer}
				l.script(func(second bool, octet byte, topic string) {
					s.peer = both[second]
					s.asks(octet, topic)
				}, func(body string) { s.hears(body) })
			})
		})
	}
}

// TestLibzmqXPubVerbose has two subscribers of Weir's at an XPUB of libzmq's, in each loudness.
func TestLibzmqXPubVerbose(t *testing.T) {
	for _, l := range loudnesses {
		t.Run(l.name, func(t *testing.T) {
			overKinds(t, append(toXPubs, xsubs...), every, func(t *testing.T, p pairing) {
				s := newScene(begin(t, libzmq), t, p, setup{noTopics: true, peer: l.peer})
				s.join()
				first := s.anotherWeir()
				s.meet()
				both := map[bool]weirSocket{false: first, true: s.weir}
				l.script(func(second bool, octet byte, topic string) { s.tells(both[second], octet, topic) },
					func(body string) { s.peerWants(body) })
			})
		})
	}
}

// TestLibzmqXPubManual has libzmq's XPUB welcome a subscriber of Weir's, and give it less than it asks for: of two topics only the second, and that in
// answer to the first.
func TestLibzmqXPubManual(t *testing.T) {
	overKinds(t, append(toXPubs, xsubs...), every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{noTopics: true, peer: []string{"manual=1", "welcome=hello"}})
		s.tells(s.weir, 1, "hello")
		s.join()
		s.hears("hello")
		s.peerWants("\x01hello")
		s.tells(s.weir, 1, "A")
		s.tells(s.weir, 1, "B")
		s.peerWants("\x01A")
		s.peer.do(s.ctx, "subscribe", plain("B"))
		s.peerWants("\x01B")
		s.peerSays("A")
		s.peerSays("B")
		s.hears("B")
		s.tells(s.weir, 0, "A")
		s.peerWants("\x00A")
		s.peer.do(s.ctx, "unsubscribe", plain("B"))
		s.peer.do(s.ctx, "subscribe", plain("A"))
		s.tells(s.weir, 1, "A")
		s.peerWants("\x01A")
		s.peerSays("B")
		s.peerSays("A")
		s.hears("A")
	})
}
