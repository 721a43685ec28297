package codec_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// coalesce is the largest body that is copied, in bytes: what is larger goes out by reference.
const coalesce = 4 << 10

// TestOutEncoding sends messages of all shapes, one at a time: what arrives is what package wire encodes, and each body up to the border comes in
// one write with its header.
func TestOutEncoding(t *testing.T) {
	at := func(n int) wire.Message { return wire.MessageOf(body(n)) }
	for name, c := range map[string]struct {
		m      wire.Message
		writes []int // sizes of the writes; nil: one
	}{
		"one frame":            {m: wire.NewMessage("hello")},
		"empty":                {m: wire.Message{}},
		"empty frames":         {m: wire.NewMessage("", "", "")},
		"multipart":            {m: wire.NewMessage("a", "", "ccc")},
		"longest short header": {m: at(255)},
		"shortest long header": {m: at(256)},
		"below the border":     {m: at(coalesce - 1)},
		"at the border":        {m: at(coalesce)},
		"over the border":      {m: at(coalesce + 1), writes: []int{9, coalesce + 1}},
		"a megabyte":           {m: at(1 << 20), writes: []int{9, 1 << 20}},
		"large, small":         {m: wire.MessageOf(body(5000), []byte("tail")), writes: []int{9, 5000, 6}},
		"small, large":         {m: wire.MessageOf([]byte("head"), body(5000)), writes: []int{6 + 9, 5000}},
		"large, large":         {m: wire.MessageOf(body(5000), body(6000)), writes: []int{9, 5000, 9, 6000}},
		"thousands of frames":  {m: wire.NewMessage(strings.Split(strings.Repeat("frame,", 50000), ",")...)},
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				p := r.connected()
				for range 2 { // the second finds what the first left behind
					r.push(c.m)
					p.wantOctets("the message", encoded(c.m))
					p.wantIdle("nothing else")
					want := c.writes
					if want == nil {
						want = []int{len(encoded(c.m))}
					}
					require.Equal(t, want, p.end.sizes())
				}
				require.EqualValues(t, 2, r.out.Ledger().Delivered)
			})
		})
	}
}

// TestOutLargeIsNotCopied looks at the slice that is written for a large body: it is the message's own.
func TestOutLargeIsNotCopied(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		p, small, large := r.connected(), body(coalesce), body(coalesce+1)
		r.push(wire.MessageOf(small))
		p.reads(9 + len(small))
		r.push(wire.MessageOf(large))
		p.reads(9 + len(large))
		settle()
		writes := p.end.taken()
		require.Len(t, writes, 3)
		require.NotSame(t, &small[0], &writes[0][9])
		require.Same(t, &large[0], &writes[2][0])
	})
}

// TestOutSmallBody sets another size from which on bodies go by reference: none is copied, or larger ones are.
func TestOutSmallBody(t *testing.T) {
	for set, largest := range map[int]int{-1: 0, 0: coalesce, 1: 1, 100: 100, 32 << 10: 32 << 10} {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			r.cfg.SmallBody = set
			p := r.connected()
			p.end.taken()
			for _, size := range []int{largest, largest + 1} {
				b := body(size)
				r.push(wire.MessageOf([]byte{}, b))
				p.wantMessage("whole", "", string(b))
				byReference := 0
				for _, w := range p.end.taken() {
					if len(w) > 0 && size > 0 && &w[0] == &b[0] {
						byReference += len(w)
					}
				}
				if size > largest {
					require.Equal(t, size, byReference, "set to %d", set)
				} else {
					require.Zero(t, byReference, "set to %d", set)
				}
			}
		})
	}
}

// TestOutBatches fills the queue before the codec may look, and counts its writes: each batch is one, as long as nothing goes by reference.
func TestOutBatches(t *testing.T) {
	for name, c := range map[string]struct {
		n, size int   // so many messages of so many octets
		batches []int // messages in each batch
	}{
		"one":                   {1, 10, []int{1}},
		"as many as fit":        {256, 10, []int{256}},
		"one more":              {257, 10, []int{256, 1}},
		"a thousand":            {1000, 10, []int{256, 256, 256, 232}},
		"empty ones":            {600, 0, []int{256, 256, 88}},
		"till the buffer ends":  {100, 1000, []int{61, 39}},
		"largest that coalesce": {40, coalesce, []int{15, 15, 10}},
		"by reference":          {100, coalesce + 1, []int{64, 36}}, // 256 kB, and the one that crosses it
		"large ones":            {5, 100 << 10, []int{3, 2}},
		"larger than a batch":   {3, 300 << 10, []int{1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				for range c.n {
					r.push(wire.MessageOf(body(c.size)))
				}
				p, left, one := r.connected(), c.n, len(encoded(wire.MessageOf(body(c.size))))
				for _, n := range c.batches {
					p.reads(n*one - 1)
					settle()
					require.Equal(t, left, r.out.Len(), "an octet of the batch is missing")
					p.reads(1)
					settle()
					left -= n
					require.Equal(t, left, r.out.Len(), "the batch is done")
				}
				p.wantIdle("that was all")
				if c.size > coalesce {
					return
				}
				var want []int
				for _, n := range c.batches {
					want = append(want, n*one)
				}
				require.Equal(t, want, p.end.sizes(), "one write for each batch")
			})
		})
	}
}

// TestOutMessageHoldsItsPlaceUntilWritten holds the reader back: what is being written counts towards the mark until its last octet is taken.
func TestOutMessageHoldsItsPlaceUntilWritten(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.out = mailbox.New(mailbox.Config[wire.Message]{Mark: 5})
		m := wire.NewMessage("m")
		r.push(m, m, m, m, m)
		p := r.connected()
		for range 5*len(encoded(m)) - 1 {
			require.ErrorIs(t, r.out.TryPush(m), mailbox.ErrFull)
			require.Equal(t, 5, r.out.Len())
			require.Equal(t, mailbox.Ledger{Accepted: 5, Queued: 5}, withoutDrops(r.out.Ledger()))
			p.reads(1)
			settle()
		}
		p.reads(1)
		settle()
		require.Equal(t, mailbox.Ledger{Accepted: 5, Delivered: 5}, withoutDrops(r.out.Ledger()))
		r.push(m, m, m, m, m)
		require.ErrorIs(t, r.out.TryPush(m), mailbox.ErrFull, "the mark is exact")
		p.wantOctets("and the next", encoded(m, m, m, m, m))
	})
}

// withoutDrops is l without its list of reasons.
func withoutDrops(l mailbox.Ledger) mailbox.Ledger {
	l.Dropped = nil
	return l
}

// TestOutManySizes sends messages of random shapes, across all borders, in random bursts: the stream is their encoding in order, and each of them
// is reported to Sent once.
func TestOutManySizes(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(1, 2))
		r := newRig(t)
		var sent []wire.Message // written by the codec's handler, read when it is idle
		r.cfg.Sent = func(_ codec.Peer, m wire.Message) { sent = append(sent, m) }
		p := r.connected()
		var all []wire.Message
		for range 200 {
			var burst []wire.Message
			for range rnd.IntN(20) {
				frames := make([][]byte, 1+rnd.IntN(3))
				for i := range frames {
					frames[i] = body([]int{0, 1, 100, 255, 256, coalesce, coalesce + 1, 70000}[rnd.IntN(8)])
				}
				burst = append(burst, wire.MessageOf(frames...))
			}
			r.push(burst...)
			p.wantOctets("the burst", encoded(burst...))
			all = append(all, burst...)
		}
		p.wantIdle("that was all")
		require.Equal(t, texts(all), texts(sent))
		require.EqualValues(t, len(all), r.out.Ledger().Delivered)
	})
}

// TestOutLeavesPushedBodiesAlone checks that a batch does not write to the messages' octets.
func TestOutLeavesPushedBodiesAlone(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		p, small, large := r.connected(), body(100), body(10000)
		r.push(wire.MessageOf(small, large, small))
		p.reads(2 + 100 + 9 + 10000 + 2 + 100)
		r.push(wire.NewMessage("next"))
		p.wantMessage("the next", "next")
		require.True(t, bytes.Equal(body(100), small) && bytes.Equal(body(10000), large))
	})
}

// TestSubscriptionsGoOut sends subscriptions: as commands to a peer that speaks ZMTP 3.1, as messages to one that speaks 3.0. What is none goes out
// as it is, and codecs of other types send all as it is.
func TestSubscriptionsGoOut(t *testing.T) {
	topic := string(body(300))
	for _, c := range []struct {
		subscriber bool
		minor      byte
		commands   bool
	}{{true, 1, true}, {true, 0, false}, {true, 2, true}, {false, 1, false}} {
		t.Run(fmt.Sprintf("subscriber %t, 3.%d", c.subscriber, c.minor), func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				r.cfg.Subscriber = c.subscriber
				messages := []wire.Message{
					wire.NewMessage("\x01news"), wire.NewMessage("\x00news"), wire.NewMessage("\x01"), wire.NewMessage("\x00"),
					wire.NewMessage("\x01" + topic), wire.NewMessage("\x02other"), wire.NewMessage(""), wire.NewMessage("\x01a", "b"),
				}
				r.push(messages...)
				p := r.dialed()
				p.shakesWith(hello(c.minor))
				if !c.commands {
					p.wantOctets("as they are", encoded(messages...))
				} else {
					p.wantCommand("a subscription", wire.Subscribe{Topic: []byte("news")})
					p.wantCommand("its end", wire.Cancel{Topic: []byte("news")})
					p.wantCommand("a subscription to all", wire.Subscribe{})
					p.wantCommand("its end", wire.Cancel{})
					p.wantCommand("a long one", wire.Subscribe{Topic: []byte(topic)})
					p.wantOctets("no subscriptions", encoded(messages[5:]...))
				}
				p.wantIdle("that was all")
				require.EqualValues(t, len(messages), r.out.Ledger().Delivered)
				if c.commands {
					require.Len(t, p.end.sizes(), 1, "one batch")
				}
			})
		})
	}
}

// TestFlushed closes the queue: the host is told when it has run empty, and not before; not where it only runs empty.
func TestFlushed(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		p := r.connected()
		r.push(wire.NewMessage("one"))
		p.wantMessage("the queue runs empty", "one")
		r.wantUp("it is open")
		require.Zero(t, r.host.flushed)
		r.push(wire.NewMessage("two"))
		p.reads(1)
		r.out.Close(errTest)
		settle()
		require.Equal(t, "up", r.host.told(), "a message is being written")
		p.reads(4)
		r.wantUp("the connection stays")
		require.Equal(t, "up flushed", r.host.told())
		p.sends(encoded(wire.NewMessage("in")))
		r.wantIn("and receives", "in")
	})
}

// TestFlushedBeforeItWasLent lends queues that are closed already: one that holds messages, and one that does not.
func TestFlushedBeforeItWasLent(t *testing.T) {
	for n := range 3 {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			for i := range n {
				r.push(wire.NewMessage(number(i)))
			}
			r.out.Close(errTest)
			p := r.connected()
			for i := range n {
				p.wantMessage("what is in it goes out", number(i))
			}
			r.wantUp("the connection stays")
			require.Equal(t, "up flushed", r.host.told())
		})
	}
}

// TestNothingGoesOut lends no outbound queue, as a type that only receives does.
func TestNothingGoesOut(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.host.answer = func(self actor.Ref[codec.Message], _ codec.Peer) { _ = self.Tell(&codec.Attach{In: r.in}) }
		r.push(wire.NewMessage("of somebody else"))
		p := r.connected()
		p.sends(encoded(wire.NewMessage("in")), wire.Ping{}.AppendTo(nil))
		r.wantIn("messages come in", "in")
		p.wantCommand("pings are answered", wire.Pong{})
		p.wantIdle("nothing goes out")
		p.leaves()
		require.EqualValues(t, 1, r.wantLoss("the peer left").Received)
	})
}
