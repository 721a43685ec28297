package codec_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// lent is a message of large octets whose release is counted.
func lent(size int) (wire.Message, *atomic.Int32) {
	n := new(atomic.Int32)
	return wire.MessageWithRelease(body(size), func() { n.Add(1) }), n
}

// TestReleaseAfterTheLastOctet wants the memory of a message to be the codec's until the kernel has its last octet, and not a moment longer.
func TestReleaseAfterTheLastOctet(t *testing.T) {
	for _, size := range []int{10, 1000, 5000, 300_000} {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			p := r.connected()
			m, released := lent(size)
			r.push(m)
			r.push(wire.NewMessage("next"))
			all := encoded(m)
			p.reads(len(all) - 1)
			settle()
			require.Zero(t, released.Load(), "the last octet is still to go")
			p.reads(1)
			p.wantMessage("it is gone whole", "next")
			settle()
			require.EqualValues(t, 1, released.Load())
		})
	}
}

// TestReleaseAfterALoss cuts the connection in the middle of a message: its memory is needed for the next connection.
func TestReleaseAfterALoss(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t).restarting()
		p := r.connected()
		whole, first := lent(100_000)
		cut, second := lent(100_000)
		r.push(whole)
		r.push(cut)
		p.reads(len(encoded(whole)) + 50_000)
		p.leaves()
		p = r.redialed()
		require.EqualValues(t, 1, first.Load())
		require.Zero(t, second.Load())
		p.reads(len(encoded(cut)))
		settle()
		require.EqualValues(t, 1, second.Load())
	})
}

// TestReleaseOfWhatIsLeft drops what a codec did not get to send.
func TestReleaseOfWhatIsLeft(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.out = mailbox.New(mailbox.Config[wire.Message]{OnDrop: wire.Drop})
		p := r.connected()
		a, first := lent(100_000)
		b, second := lent(10)
		r.push(a)
		r.push(b)
		p.reads(10)
		p.leaves()
		r.wantLoss("the peer left")
		require.Zero(t, first.Load()+second.Load())
		require.Equal(t, 2, r.out.Discard("test"))
		require.EqualValues(t, 1, first.Load())
		require.EqualValues(t, 1, second.Load())
	})
}

// TestLargeBodiesGoOutByReference wants what is written to be the message's own octets, for every body over the bound, and none below it.
func TestLargeBodiesGoOutByReference(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		p := r.connected()
		p.end.taken()
		for _, size := range []int{4 << 10, 4<<10 + 1, 100_000, 1 << 20} {
			b := body(size)
			r.push(wire.MessageOf([]byte("head"), b))
			p.wantMessage("whole", "head", string(b))
			byReference := 0
			for _, w := range p.end.taken() {
				if len(w) > 0 && &w[0] == &b[0] {
					byReference += len(w)
				}
			}
			if size > 4<<10 {
				require.Equal(t, size, byReference, "%d octets are not copied", size)
			} else {
				require.Zero(t, byReference, "small bodies travel together")
			}
		}
	})
}
