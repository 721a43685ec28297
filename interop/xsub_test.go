package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// xsubs are the rows of an XSub of Weir's.
var xsubs = []*kind{
	{weir: "XSUB", partner: "XPUB", sends: true, receives: true, open: opening(socket.NewXSub)},
}

// TestXSubTells wants libzmq's XPUB to hear what an XSub of Weir's sends, before the connection and over it, and the XSub to receive.
func TestXSubTells(t *testing.T) {
	overKinds(t, xsubs, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{noTopics: true, peer: []string{"verboser=1"}})
		hears := func(body string) { require.Equal(t, word([]byte(body)), s.peer.do(s.ctx, "recv", waitMS)) }
		s.send(socket.NewMessage("\x01early"))
		s.join()
		hears("\x01early")
		for _, m := range []string{"\x01A", "\x01A", "\x00A", "\x01B", "user"} {
			s.send(socket.NewMessage(m))
		}
		for _, m := range []string{"\x01A", "\x01A", "\x01B", "user"} {
			hears(m)
		}
		s.peer.do(s.ctx, "send", waitMS, texts("A1", "second"))
		require.Equal(t, texts("A1", "second"), words(s.recv()))
		s.send(socket.NewMessage("\x00A"))
		hears("\x00A")
	})
}

// TestXSubReplays kills libzmq's XPUB: the next one hears of the topics there are, once each.
func TestXSubReplays(t *testing.T) {
	overKinds(t, xsubs, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{noTopics: true, peer: []string{"verboser=1"}})
		for _, m := range []string{"\x01A", "\x01A", "\x01B", "\x01C", "\x00C"} {
			s.send(socket.NewMessage(m))
		}
		s.join()
		for life := 1; ; life++ {
			require.Equal(t, word([]byte("\x01A")), s.peer.do(s.ctx, "recv", waitMS))
			require.Equal(t, word([]byte("\x01B")), s.peer.do(s.ctx, "recv", waitMS))
			if life == 2 {
				return
			}
			s.killPeer(life)
			s.openPeer()
			s.placePeer()
			s.meet()
		}
	})
}

// TestXSubVerboseUnsubscribe wants libzmq's XPUB to hear of every unsubscription of an XSub of Weir's that sends them all: those that leave another of the
// same topic, and those that are one too many.
func TestXSubVerboseUnsubscribe(t *testing.T) {
	overKinds(t, xsubs, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{
			noTopics: true, weir: []socket.Option{socket.XSubVerboseUnsubscribe(true)}, peer: []string{"verboser=1"},
		})
		s.join()
		for _, m := range []string{"\x01A", "\x01A", "\x00A", "\x00A", "\x00A", "\x00none", "\x01end"} {
			s.says(m)
			s.peerWants(m)
		}
	})
}

// onlyFirst are both directions of a message whose second frame looks like a subscription.
var onlyFirst = []*kind{
	{weir: "XSUB", partner: "XPUB", sends: true, open: opening(socket.NewXSub)},
	{weir: "XPUB", partner: "XSUB", receives: true, open: opening(socket.NewXPub)},
}

// TestOnlyFirstSubscribe sends such a message from an XSUB to an XPUB, Weir's to libzmq's and the other way: with the option on both sides it stays whole.
func TestOnlyFirstSubscribe(t *testing.T) {
	overKinds(t, onlyFirst, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{
			noTopics: true, weir: []socket.Option{socket.OnlyFirstSubscribe(true)}, peer: []string{"onlyfirst=1"},
		})
		s.join()
		m := texts("user", "\x01no topic")
		if p.sends {
			s.send(socket.NewMessage("user", "\x01no topic"))
			require.Equal(t, m, s.peer.do(s.ctx, "recv", waitMS))
			return
		}
		s.peer.do(s.ctx, "send", waitMS, m)
		require.Equal(t, m, words(s.recv()))
	})
}
