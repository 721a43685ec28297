package interop

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// toLibzmqXPub are the rows of Weir's subscribers at libzmq's XPUB.
func toLibzmqXPub() []*kind { return slices.Concat(toXPubs, xsubs) }

// goings are the loudnesses that differ when somebody leaves: VERBOSE is about those who come.
var goings = []loudness{loudnesses[0], loudnesses[2]}

// departures are how a subscriber of libzmq's leaves.
var departures = map[string]func(s *scene, p *peer){
	"closes": func(s *scene, p *peer) { p.quit(s.ctx) },
	"disconnects": func(s *scene, p *peer) {
		p.do(s.ctx, "disconnect", s.endpoint)
		p.order("idle", waitMS) // libzmq takes a connection down while its socket is being asked for something
	},
	"dies": func(_ *scene, p *peer) { p.kill() },
}

// weirDepartures are how one of Weir's does.
var weirDepartures = map[string]func(s *scene, w weirSocket, at *socket.Endpoint){
	"closes":      func(s *scene, w weirSocket, _ *socket.Endpoint) { require.NoError(s, w.Close(s.ctx)) },
	"disconnects": func(s *scene, _ weirSocket, at *socket.Endpoint) { require.NoError(s, at.Close(s.ctx)) },
}

// leavingScript has two subscribers at one XPUB, of which the first leaves: the XPUB hears the end of what the other does not want, and of the rest where
// it hears of each end. tell speaks for one of them; hear wants what the XPUB receives next.
func (l loudness) leavingScript(tell func(second bool, first byte, topic string), leave func(), hear func(body string)) {
	tell(false, 1, "A")
	hear("\x01A")
	tell(false, 1, "B")
	hear("\x01B")
	tell(true, 1, "B")
	if l.subs {
		hear("\x01B")
	}
	tell(true, 1, "C") // told in any loudness: B is there too
	hear("\x01C")
	leave()
	hear("\x00A")
	if l.ends {
		hear("\x00B")
	}
	tell(true, 0, "C")
	hear("\x00C")
	tell(true, 0, "B")
	hear("\x00B")
}

// TestXPubHearsOfLeaving has a subscriber of libzmq's leave an XPub of Weir's, in each way.
func TestXPubHearsOfLeaving(t *testing.T) {
	for name, leave := range departures {
		for _, l := range goings {
			t.Run(name+"/"+l.name, func(t *testing.T) {
				overKinds(t, xpubs, every.binding(), func(t *testing.T, p pairing) {
					s := newScene(begin(t, libzmq), t, p, setup{noTopics: true, weir: l.weir})
					s.join()
					first := s.anotherPeer()
					s.meet()
					both := map[bool]*peer{false: first, true: s.peer}
					l.leavingScript(func(second bool, octet byte, topic string) {
						s.peer = both[second]
						s.asks(octet, topic)
					}, func() { leave(s, first) }, func(body string) { s.hears(body) })
				})
			})
		}
	}
}

// TestLibzmqXPubHearsOfLeaving has a subscriber of Weir's leave an XPUB of libzmq's, in each way.
func TestLibzmqXPubHearsOfLeaving(t *testing.T) {
	for name, leave := range weirDepartures {
		for _, l := range goings {
			t.Run(name+"/"+l.name, func(t *testing.T) {
				overKinds(t, toLibzmqXPub(), every.dialing(), func(t *testing.T, p pairing) {
					s := newScene(begin(t, libzmq), t, p, setup{noTopics: true, peer: l.peer})
					s.join()
					at := s.ours
					first := s.anotherWeir()
					s.meet()
					both := map[bool]weirSocket{false: first, true: s.weir}
					l.leavingScript(func(second bool, octet byte, topic string) { s.tells(both[second], octet, topic) },
						func() { leave(s, first, at) }, func(body string) { s.peerWants(body) })
				})
			})
		}
	}
}

// TestXPubLeaves closes the endpoint of an XPUB, Weir's and then libzmq's, bound or connected: it hears the end of what came in over it.
func TestXPubLeaves(t *testing.T) {
	overKinds(t, xpubs, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{noTopics: true})
		s.join()
		s.asks(1, "A")
		s.hears("\x01A")
		require.NoError(t, s.ours.Close(s.ctx))
		s.hears("\x00A")
	})
	overKinds(t, toLibzmqXPub(), every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{noTopics: true})
		s.join()
		s.tells(s.weir, 1, "A")
		s.peerWants("\x01A")
		verb := "unbind"
		if p.weirBinds {
			verb = "disconnect"
		}
		s.peer.do(s.ctx, verb, s.endpoint)
		s.peerWants("\x00A")
	})
}

// TestXPubOutlivesItsConnection loses the peer of an XPUB that connected, Weir's and then libzmq's: nothing is heard of that, since the queue, and what came
// in over it, wait for the next connection. Who is there then subscribes to the same, which is no news, and to something else.
func TestXPubOutlivesItsConnection(t *testing.T) {
	overKinds(t, xpubs, every.dialing(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{noTopics: true})
		s.join()
		s.asks(1, "A")
		s.hears("\x01A")
		s.killPeer(1)
		s.openPeer()
		s.placePeer()
		s.meet()
		s.asks(1, "A")
		s.asks(1, "C")
		s.hears("\x01C")
	})
	overKinds(t, toLibzmqXPub(), every.binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{noTopics: true})
		s.join()
		s.tells(s.weir, 1, "A")
		s.peerWants("\x01A")
		s.closeWeir()
		s.peer.do(s.ctx, "wait", "DISCONNECTED", 1, waitMS)
		s.openWeir()
		s.placeWeir()
		s.meet()
		s.tells(s.weir, 1, "A")
		s.tells(s.weir, 1, "C")
		s.peerWants("\x01C")
	})
}
