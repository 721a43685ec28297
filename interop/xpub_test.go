package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// Rows of types that only these tests range over: in the others a socket has one job, and these have two.
var (
	xpubs = []*kind{
		{weir: "XPUB", partner: "SUB", sends: true, receives: true, open: opening(socket.NewXPub)},
		{weir: "XPUB", partner: "XSUB", sends: true, receives: true, open: opening(socket.NewXPub)},
	}
	toXPubs = []*kind{{weir: "SUB", partner: "XPUB", receives: true, open: opening(socket.NewSub)}}
)

// asks subscribes libzmq's side, or takes a subscription back.
func (s *scene) asks(first byte, topic string) {
	s.Helper()
	switch {
	case s.pair.partner == "XSUB":
		s.peer.do(s.ctx, "send", waitMS, word([]byte(string(rune(first))+topic)))
	case first == 1:
		s.peer.do(s.ctx, "subscribe", plain(topic))
	default:
		s.peer.do(s.ctx, "unsubscribe", plain(topic))
	}
}

// hears wants Weir's socket to receive frames, a message each.
func (s *scene) hears(bodies ...string) {
	s.Helper()
	for _, body := range bodies {
		require.Equal(s, word([]byte(body)), words(s.recv()))
	}
}

// TestXPubHears wants an XPub of Weir's to hear of libzmq's subscriptions, to send what they match, and to hear of the end of a peer.
func TestXPubHears(t *testing.T) {
	overKinds(t, xpubs, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{noTopics: true})
		s.join()
		s.asks(1, "A")
		s.hears("\x01A")
		s.asks(1, "A")
		s.asks(1, "B")
		s.hears("\x01B")
		s.send(socket.NewMessage("A1"))
		require.Equal(t, plain("A1"), s.peer.do(s.ctx, "recv", waitMS))
		s.asks(0, "A")
		s.asks(0, "A")
		s.hears("\x00A")
		if p.partner == "XSUB" {
			s.peer.do(s.ctx, "send", waitMS, texts("user", "\x01message"))
			s.hears("\x01message")
			require.Equal(t, plain("user"), words(s.recv()))
		}
		if !p.weirBinds {
			return // a pipe that was connected outlives its connection, and so do its subscriptions
		}
		s.peer.kill()
		if p.partner == "XSUB" {
			s.hears("\x00B", "\x00message")
		} else {
			s.hears("\x00B")
		}
	})
}

// TestXPubManual welcomes libzmq's peer, and subscribes it to something else than what it asked for.
func TestXPubManual(t *testing.T) {
	overKinds(t, xpubs, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{noTopics: true, weir: []socket.Option{socket.XPubManual(true), socket.XPubWelcome("hello")}})
		if p.partner == "SUB" {
			s.asks(1, "hello") // it has a filter of its own
		}
		s.join()
		require.Equal(t, plain("hello"), s.peer.do(s.ctx, "recv", waitMS))
		if p.partner == "SUB" {
			s.hears("\x01hello")
		}
		s.asks(1, "A")
		s.asks(1, "B")
		s.hears("\x01A")
		require.NoError(t, s.weir.(*socket.XPub).Subscribe("B"))
		s.hears("\x01B")
		s.send(socket.NewMessage("A"))
		s.send(socket.NewMessage("B"))
		require.Equal(t, plain("B"), s.peer.do(s.ctx, "recv", waitMS))
	})
}

// TestLibzmqXPubHears wants libzmq's XPUB to hear of a Sub's subscriptions, and the Sub to receive what they match.
func TestLibzmqXPubHears(t *testing.T) {
	overKinds(t, toXPubs, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{noTopics: true, peer: []string{"verboser=1"}})
		s.join()
		sub := s.weir.(*socket.Sub)
		for range 2 {
			require.NoError(t, sub.Subscribe("A"))
			require.Equal(t, word([]byte("\x01A")), s.peer.do(s.ctx, "recv", waitMS))
		}
		s.peer.do(s.ctx, "send", waitMS, plain("A1"))
		s.hears("A1")
		require.NoError(t, sub.Unsubscribe("A"))
		require.NoError(t, sub.Unsubscribe("A"))
		require.Equal(t, word([]byte("\x00A")), s.peer.do(s.ctx, "recv", waitMS))
	})
}
