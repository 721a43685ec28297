package codec_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/wire"
)

// ping is a PING with that context, as it is sent.
func ping(context string) []byte {
	return wire.Ping{TTL: time.Second, Context: []byte(context)}.AppendTo(nil)
}

// TestPingIsAnswered sends PINGs with contexts of all lengths. A PONG echoes up to 16 octets of it, as libzmq does with longer ones.
func TestPingIsAnswered(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		p := r.connected()
		const context = "0123456789abcdefghij"
		for n := range len(context) {
			frame := append(wire.AppendHeader(nil, wire.CommandFrame, 7+n), "\x04PING\x00\x0a"+context[:n]...)
			p.sends(frame)
			p.wantFrame(fmt.Sprintf("a context of %d octets", n), wire.CommandFrame, "\x04PONG"+context[:min(n, 16)])
		}
		p.wantIdle("one answer each")
		r.wantUp("all is well")
		require.Empty(t, r.in.taken(), "the application sees nothing of it")
	})
}

// TestPingsInOneChunk sends PINGs together, between messages: each is answered, in order, as long as there are no more than wait at once.
func TestPingsInOneChunk(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		p := r.connected()
		for range 100 {
			var chunk []byte
			for i := range 16 {
				chunk = append(chunk, ping(fmt.Sprint(i))...)
				chunk = append(chunk, encoded(wire.NewMessage("m"))...)
			}
			p.sends(chunk)
			settle()
			for i := range 16 {
				p.wantCommand("in order", wire.Pong{Context: []byte(fmt.Sprint(i))})
			}
			p.wantIdle("that was all")
			require.Len(t, r.in.taken(), 16)
		}
	})
}

// TestPongGoesBeforeData has a PING arrive while a full queue is being written: its answer comes behind the batch that was on its way, and before
// all others. Of more than 16 that come meanwhile, the newest 16 are answered.
func TestPongGoesBeforeData(t *testing.T) {
	for _, n := range []int{1, 15, 16, 17, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				p := r.connectedWith(1000)
				for i := range n {
					p.sends(ping(fmt.Sprint(i)))
				}
				settle()
				for i := range 256 {
					p.wantMessage("the batch that was being written", number(i))
				}
				for i := max(0, n-16); i < n; i++ {
					p.wantCommand("the answers, oldest first", wire.Pong{Context: []byte(fmt.Sprint(i))})
				}
				for i := 256; i < 1000; i++ {
					p.wantMessage("then data again", number(i))
				}
				p.wantIdle("that was all")
				require.EqualValues(t, 1000, r.out.Ledger().Delivered)
			})
		})
	}
}

// TestPingWhileTheInletIsFull sends a PING in front of messages that have no room: it is answered, while the loop waits.
func TestPingWhileTheInletIsFull(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.in.full = true
		p := r.connected()
		p.sends(append(ping("first"), encoded(wire.NewMessage("no room"))...))
		p.wantCommand("answered", wire.Pong{Context: []byte("first")})
		p.wantStuck("what is behind the message is not even read")
	})
}

// TestLossWithinAPong closes the connection after each octet of a PONG: a lost connection. The queue has lost nothing by it.
func TestLossWithinAPong(t *testing.T) {
	pong := wire.Pong{Context: []byte("abc")}.AppendTo(nil)
	for k := range len(pong) {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t).restarting()
			p := r.connected()
			p.sends(ping("abc"))
			settle()
			r.push(wire.NewMessage("waits"))
			p.reads(k)
			p.leaves()
			loss := r.wantLoss("the peer left")
			require.Zero(t, loss.Sent)
			p = r.redialed()
			p.wantMessage("no PONG of the connection before, and the message", "waits")
			p.wantIdle("that was all")
		})
	}
}

// TestSubscriptionsComeIn sends both forms of subscriptions: a publisher is given commands in the form of messages, in order with the others; the
// rest drops them.
func TestSubscriptionsComeIn(t *testing.T) {
	topic := string(body(3000))
	for _, publisher := range []bool{true, false} {
		t.Run(fmt.Sprintf("publisher %t", publisher), func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				r.cfg.Publisher = publisher
				p := r.connected()
				chunk := append(encoded(wire.NewMessage("\x01old")), wire.Subscribe{Topic: []byte("news")}.AppendTo(nil)...)
				chunk = append(append(chunk, encoded(wire.NewMessage("\x00old"))...), wire.Cancel{Topic: []byte("news")}.AppendTo(nil)...)
				chunk = append(wire.Subscribe{}.AppendTo(chunk), wire.Cancel{}.AppendTo(nil)...)
				chunk = append(wire.Subscribe{Topic: []byte(topic)}.AppendTo(chunk), encoded(wire.NewMessage("last"))...)
				p.sends(chunk)
				want := []string{"\x01old", "\x01news", "\x00old", "\x00news", "\x01", "\x00", "\x01" + topic, "last"}
				if !publisher {
					want = []string{"\x01old", "\x00old", "last"}
				}
				r.wantIn("in order", want...)
				p.leaves()
				require.EqualValues(t, len(want), r.wantLoss("the peer left").Received)
			})
		})
	}
}
