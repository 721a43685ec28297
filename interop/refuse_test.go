package interop

import (
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// strangers are for each of Weir's types the types of libzmq's that it must not talk to.
var strangers = map[string][]string{
	"PUSH": {"PUSH", "PUB", "SUB", "REP", "PAIR"},
	"PULL": {"PULL", "PUB", "DEALER"},
	"PUB":  {"PUB", "PULL", "REQ"},
	"SUB":  {"SUB", "PUSH", "ROUTER"},
	"REQ":  {"REQ", "DEALER", "PULL"},
	"REP":  {"REP", "ROUTER", "PUSH"},

	"DEALER": {"REQ", "PUSH", "PAIR"},
	"PAIR":   {"PUSH", "DEALER"},
	"ROUTER": {"REP", "PULL", "PAIR"},
	"XPUB":   {"XPUB", "PUB", "DEALER"},
	"XSUB":   {"XSUB", "SUB", "PULL"},
}

// TestStranger brings a libzmq socket of a type that does not fit to one of Weir's that has a proper partner. The stranger gets no further than the
// handshake, the event says why, and the partner notices nothing. Whichever side reads the other's READY first hangs up: when it is Weir, the reason
// is a breach of the protocol, and an endpoint that it dialed is given up.
func TestStranger(t *testing.T) {
	overWide(t, every, func(t *testing.T, p pairing) {
		for _, typ := range strangers[p.weir] {
			t.Run(typ, func(t *testing.T) {
				s := newScene(begin(t, libzmq), t, p, setup{})
				s.join()
				p.moves.many(s, 0, 5, 20)
				stranger := startPeer(s.ctx, t, libzmq, typ, peerReconnectIn)
				if p.weirBinds {
					stranger.do(s.ctx, "connect", s.endpoint)
					s.wantStranger(s.endpoint)
				} else {
					ep, err := s.weir.Connect(s.ctx, stranger.do(s.ctx, "bind", p.place.fresh()))
					require.NoError(t, err)
					if s.wantStranger(ep.String()) {
						require.Equal(t, ep.String(), s.events.waitKind(s.ctx, t, 1, socket.EventEnded).Endpoint)
					}
					require.NoError(t, ep.Close(s.ctx))
				}
				p.moves.many(s, 5, 50, 20)
				require.Empty(t, s.events.of(socket.EventDisconnected))
			})
		}
	})
}

// wantStranger waits for the failure of a handshake at an endpoint, and reports whether it was Weir that called it a breach.
func (s *scene) wantStranger(endpoint string) bool {
	s.Helper()
	failed := s.events.waitKind(s.ctx, s.T, 1, socket.EventHandshakeFailed)
	require.Equal(s, endpoint, failed.Endpoint)
	require.Error(s, failed.Err)
	require.NotEmpty(s, failed.Peer)
	if breach, ok := errors.AsType[*socket.ProtocolError](failed.Err); ok {
		require.Contains(s, breach.Error(), s.pair.weir, "the reason names the types")
		return true
	}
	require.ErrorIs(s, failed.Err, io.ErrUnexpectedEOF)
	return false
}

// limit is the size of the largest frame that one side accepts, in bytes.
const limit = 1000

// relaxed lets a REQ, of either side, ask again where its peer has gone with the request.
func (with setup) relaxed(p pairing) setup {
	if p.weir == "REQ" {
		with.weir = append(slices.Clip(with.weir), socket.ReqRelaxed(true))
	}
	if p.partner == "REQ" {
		with.peer = append(slices.Clip(with.peer), "relaxed=1")
	}
	return with
}

// weirsWord moves a word from Weir to libzmq.
func (s *scene) weirsWord() {
	s.Helper()
	s.send(socket.NewMessage("word"))
	require.Equal(s, plain("word"), s.peer.do(s.ctx, "recv", waitMS))
}

// peersWord moves a word from libzmq to Weir.
func (s *scene) peersWord() {
	s.Helper()
	s.peer.do(s.ctx, "send", waitMS, plain("word"))
	require.Equal(s, "word", s.recv().String())
}

// turns picks the types of which nobody sends two messages in a row.
var turns = only("REQ", "REP")

// TestPeerTooLarge has libzmq send what Weir's limit allows, and then a byte more: the first arrives, the second costs the connection, and the event
// says why. A libzmq socket that connects comes back, and its next message arrives; an endpoint that Weir dialed is given up.
func TestPeerTooLarge(t *testing.T) {
	overWide(t, only("PULL", "SUB", "XSUB", "REQ", "REP", "DEALER", "PAIR", "ROUTER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{weir: []socket.Option{socket.MaxMsgSize(limit)}}.relaxed(p))
		s.join()
		if p.weir == "REQ" {
			s.weirsWord()
		}
		s.peer.do(s.ctx, "send", waitMS, "@1000:1")
		require.Equal(t, limit, s.unnamed(s.recv()).Size())
		if turns(p) {
			s.weirsWord()
		}
		s.peer.do(s.ctx, "send", waitMS, "x61", "@1001:1")
		lost := s.events.waitKind(s.ctx, t, 1, socket.EventDisconnected)
		var breach *socket.ProtocolError
		require.ErrorAs(t, lost.Err, &breach)
		if !p.weirBinds {
			s.events.waitKind(s.ctx, t, 1, socket.EventEnded)
			return
		}
		s.meet()
		p.moves.many(s, 0, 50, 20)
	})
}

// TestWeirTooLarge has Weir send a byte more than libzmq's limit allows: libzmq cuts the connection. It gives up an endpoint that it dialed; a Weir
// socket that connects comes back, and its next message arrives. (Not a PAIR: that of libzmq's turns away who comes before its application has taken note
// of the end.)
func TestWeirTooLarge(t *testing.T) {
	overWide(t, only("PUSH", "PUB", "XPUB", "REQ", "REP", "DEALER", "ROUTER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{peer: []string{"maxmsgsize=1000"}}.relaxed(p))
		s.join()
		if p.weir == "REP" {
			s.peersWord()
		}
		s.send(s.named(socket.NewMessage(made(limit, 1))))
		s.peer.do(s.ctx, "recv", waitMS)
		if turns(p) {
			s.peersWord()
		}
		s.send(s.named(socket.NewMessage(made(limit+1, 1))))
		s.events.waitKind(s.ctx, t, 1, socket.EventDisconnected)
		if p.weirBinds {
			s.openPeer()
			s.placePeer()
		}
		s.meet()
		p.moves.many(s, 0, 50, 20)
	})
}
