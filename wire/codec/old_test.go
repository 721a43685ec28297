package codec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/wire"
)

// oldHellos are all that peers before 3.0 say before traffic, without an identity, and how many octets they hear.
var oldHellos = map[string]struct {
	says  string
	hears int
	old   bool // the framing is that of 1.0
	mute  bool // a subscriber of that version sends no subscriptions
}{
	"2.0":         {"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x00\x00\x00", 14, false, false},
	"1.0":         {"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x00\x00\x01\x00", 14, true, false},
	"unversioned": {"\x01\x00", 10, true, true},
}

// oldEncoded is what m is on the wire.
func oldEncoded(old bool, m wire.Message) []byte {
	if !old {
		return encoded(m)
	}
	var b []byte
	for i, f := range m.All() {
		flags := wire.More
		if i == m.Len()-1 {
			flags = 0
		}
		b = append(wire.AppendOldHeader(b, flags, len(f)), f...)
	}
	return b
}

// TestOldVersions exchanges messages of all sizes with peers before 3.0, both ways, from the first octet behind the handshake on. A publisher's peer
// that cannot subscribe is subscribed to everything, before anything it sends; nobody else is.
func TestOldVersions(t *testing.T) {
	for name, c := range oldHellos {
		for _, publisher := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				actortest.Run(t, func(t *testing.T) {
					r := newRig(t)
					r.cfg.Handshake.ZMTP1, r.cfg.Publisher, r.cfg.Subscriber = true, publisher, true
					p := r.dialed()
					p.reads(10)
					end := p.streams(append([]byte(c.says), oldEncoded(c.old, wire.NewMessage("at", "once"))...), 1)
					p.reads(c.hears - 10)
					require.NoError(t, end())
					want := []string{"at|once"}
					if publisher && c.mute {
						want = []string{"\x01", "at|once"}
					}
					r.wantIn("the first", want...)
					for _, size := range []int{0, 253, 254, 255, 256, coalesce, coalesce + 1, 300_000} {
						m := wire.MessageOf([]byte("head"), body(size), nil)
						p.sends(oldEncoded(c.old, m))
						r.wantIn("in", text(m))
						r.push(m)
						p.wantOctets("out", oldEncoded(c.old, m))
					}
					r.push(wire.NewMessage("\x01topic"))
					p.wantOctets("a subscription is a message", oldEncoded(c.old, wire.NewMessage("\x01topic")))
					p.leaves()
					r.wantLoss("the peer left")
				})
			})
		}
	}
}

// TestOldVersionLossAtEachOctet closes the connection after each octet of what a peer before 3.0 is sent: only whole messages have left the queue.
func TestOldVersionLossAtEachOctet(t *testing.T) {
	for name, c := range oldHellos {
		batch := []wire.Message{wire.NewMessage("a"), wire.NewMessage("", "b"), wire.MessageOf(body(254))}
		var octets []byte
		var ends []int
		for _, m := range batch {
			octets = append(octets, oldEncoded(c.old, m)...)
			ends = append(ends, len(octets))
		}
		for k := range octets {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				r.cfg.Handshake.ZMTP1 = true
				r.push(batch...)
				p := r.dialed()
				p.reads(10)
				end := p.streams([]byte(c.says), 100)
				p.reads(c.hears - 10)
				require.NoError(t, end())
				require.Equal(t, octets[:k], p.reads(k))
				p.leaves()
				whole := 0
				for whole < len(ends) && ends[whole] <= k {
					whole++
				}
				require.EqualValues(t, whole, r.wantLoss(name).Sent, "%s at %d", name, k)
			})
		}
	}
}

// TestOldVersionHello wants the hello in the framing of the peer, and the next peer's in its own: the one does not change the other's.
func TestOldVersionHello(t *testing.T) {
	for name, c := range oldHellos {
		for _, size := range []int{2, 254, 255, coalesce + 1} {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t).restarting()
				r.cfg.Handshake.ZMTP1, r.cfg.Hello = true, body(size)
				hello := wire.MessageOf(r.cfg.Hello)
				r.push(wire.NewMessage("queued"))
				p := r.dialed()
				p.reads(10)
				end := p.streams([]byte(c.says), 100)
				p.reads(c.hears - 10)
				require.NoError(t, end())
				p.wantOctets(name, oldEncoded(c.old, hello))
				p.wantOctets("what is queued", oldEncoded(c.old, wire.NewMessage("queued")))
				p.wantIdle("nothing else")
				p.leaves()
				r.wantLoss("the peer left")
				p = r.redialed()
				p.wantOctets("a peer of 3.1", encoded(hello))
			})
		}
	}
}
