package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// TestInPieces receives a stream in pieces of each size, and of random ones: what is delivered does not depend on it.
func TestInPieces(t *testing.T) {
	messages := []wire.Message{
		wire.NewMessage("one"), wire.NewMessage(""), wire.NewMessage("a", "", "ccc"), wire.MessageOf(body(255)), wire.MessageOf(body(256)),
		wire.MessageOf(body(1000), body(3000)), wire.NewMessage("last"),
	}
	stream := encoded(messages...)
	for size := 1; size <= len(stream); size += 1 + size/20 {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			require.NoError(t, r.connected().streams(stream, size)())
			r.wantIn(fmt.Sprintf("pieces of %d", size), texts(messages)...)
		})
	}
}

// TestInManySizes receives messages of random shapes in random pieces, so that bodies are copied, gathered, and read straight into their place.
func TestInManySizes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	sizes := []int{0, 1, 10, 255, 256, 2047, 2048, 2049, 8 << 10, 64 << 10, 64<<10 + 1, 300 << 10}
	for range 20 {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			p := r.connected()
			var messages []wire.Message
			for range 100 {
				frames := make([][]byte, 1+rnd.IntN(3))
				for i := range frames {
					frames[i] = body(sizes[rnd.IntN(rnd.IntN(len(sizes))+1)])
				}
				messages = append(messages, wire.MessageOf(frames...))
			}
			for rest := encoded(messages...); len(rest) > 0; {
				n := min(len(rest), 1+rnd.IntN(1+rnd.IntN(100_000)))
				p.sends(rest[:n])
				rest = rest[n:]
			}
			r.wantIn("all of it", texts(messages)...)
			p.leaves()
			require.EqualValues(t, len(messages), r.wantLoss("the peer left").Received)
		})
	}
}

// TestInKeepsBodiesApart holds on to what was received, while much more comes: bodies are not written over.
func TestInKeepsBodiesApart(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		var kept []wire.Message // written by the loop, read when it waits
		r.in.hook = func(msgs []wire.Message) error {
			kept = append(kept, msgs...)
			return nil
		}
		p := r.connected()
		var want []wire.Message
		for i := range 500 {
			m := wire.MessageOf(bytes.Repeat([]byte{byte(i)}, i*17%5000))
			want = append(want, m)
			p.sends(encoded(m))
		}
		settle()
		require.Equal(t, texts(want), texts(kept))
	})
}

// TestInWaitsAtTheMark lends an inbound queue with a mark: once it is full the codec reads no more, and goes on when there is room. What went in is
// never more than the mark, and all of it comes in order.
func TestInWaitsAtTheMark(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.in.next = mailbox.New(mailbox.Config[wire.Message]{Mark: 2})
		p := r.connected()
		var stream []byte
		for i := range 50 {
			stream = append(stream, encoded(wire.NewMessage(number(i)))...)
		}
		end := p.streams(stream, 100) // a piece holds a few
		for i := range 50 {
			settle()
			require.LessOrEqual(t, r.in.next.Len(), 2)
			if i < 30 {
				require.ErrorIs(t, r.in.next.TryPush(wire.Message{}), mailbox.ErrFull, "it waits at the mark")
			}
			m, ok := r.in.next.Take()
			require.True(t, ok)
			require.Equal(t, number(i), m.String())
		}
		require.NoError(t, end())
		r.push(wire.NewMessage("out"))
		p.wantMessage("the other direction has not noticed", "out")
		p.leaves()
		require.EqualValues(t, 50, r.wantLoss("the peer left").Received)
	})
}

// TestInletFails has the inlet refuse a batch: that ends the connection, for its reason.
func TestInletFails(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.in.hook = func(msgs []wire.Message) error {
			if text(msgs[0]) == "bad" {
				return errTest
			}
			return nil
		}
		p := r.connected()
		p.sends(encoded(wire.NewMessage("good")))
		r.wantIn("this one went well", "good")
		p.sends(encoded(wire.NewMessage("bad")))
		loss := r.wantLoss("the inlet is out of order")
		require.Equal(t, errTest, loss.Reason)
		require.EqualValues(t, 1, loss.Received)
		p.wantClosed("with it goes the connection")
	})
}

// TestInProtocolErrors sends what is no traffic: the connection ends with a *wire.ProtocolError, behind the messages that came before, and wherever
// the codec is: also while it waits in a write to a peer that does not read.
func TestInProtocolErrors(t *testing.T) {
	for name, octets := range map[string]string{
		"over the limit by one":     "\x02\x00\x00\x00\x00\x00\x00\x03\xE9",
		"size that nobody has":      "\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
		"largest size there is":     "\x02\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
		"a command over the limit":  "\x06\x00\x00\x00\x00\x00\x00\x03\xE9",
		"PING without time to live": "\x04\x06\x04PING\x00",
		"PING without anything":     "\x04\x05\x04PING",
		"text":                      "\x02GET / HTTP/1.1\r\n",
	} {
		for _, stuck := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, write stuck %t", name, stuck), func(t *testing.T) {
				actortest.Run(t, func(t *testing.T) {
					r := newRig(t)
					r.cfg.MaxMsgSize = 1000
					p := r.connected()
					if stuck {
						r.push(wire.NewMessage("nobody reads this"))
						settle()
					}
					good := wire.MessageOf(body(1000))
					p.sends(append(encoded(good), octets...))
					loss := r.wantLoss(name)
					isProtocol(t, loss.Reason, name)
					require.EqualValues(t, 1, loss.Received, "the one that was good")
					require.Equal(t, []string{text(good)}, r.in.taken())
					isProtocol(t, r.wantStopped("the strategy said so"), name)
					p.wantClosed("the connection is")
				})
			})
		}
	}
}

// TestInGarbage sends random octets behind the handshake. Whatever they are taken for, the codec survives: it reads on, or ends that connection.
func TestInGarbage(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.cfg.MaxMsgSize = 1 << 20
		r.decide = func(_ actor.History, reason error) actor.Verdict {
			if !errors.As(reason, new(*wire.ProtocolError)) && !errors.Is(reason, io.EOF) && !errors.Is(reason, io.ErrUnexpectedEOF) {
				t.Error("the codec failed:", reason)
			}
			return actor.Verdict{Quiet: true}
		}
		r.start()
		for range 300 {
			p := <-r.peers
			p.shakes()
			junk := make([]byte, rnd.IntN(2000))
			for i := range junk {
				junk[i] = byte(rnd.Uint32()) >> (rnd.IntN(2) * 5) // often small, as sizes and flags are
			}
			_ = p.streams(junk, 1+rnd.IntN(100))
			settle()
			p.leaves()
			r.wantLoss("in one way or the other")
		}
	})
}

// TestInCommandsBetweenMessages sends commands that say nothing to anybody between messages, and between the frames of one: they are skipped.
func TestInCommandsBetweenMessages(t *testing.T) {
	for name, command := range map[string][]byte{
		"PONG":                wire.Pong{Context: []byte("unasked")}.AppendTo(nil),
		"unknown":             wire.Unknown{Name: "JOIN", Body: []byte("group")}.AppendTo(nil),
		"long unknown":        wire.Unknown{Name: strings.Repeat("n", 255), Body: body(5000)}.AppendTo(nil),
		"a second READY":      ready(wire.TypePull),
		"a bad second READY":  []byte("\x04\x07\x05READY\x01"),
		"ERROR":               wire.Error{Reason: "bye \x00"}.AppendTo(nil),
		"half an ERROR":       []byte("\x04\x06\x05ERROR"),
		"no name":             []byte("\x04\x00"),
		"half a name":         []byte("\x04\x03\x09SU"),
		"half the name PING":  []byte("\x04\x03\x04PI"),
		"command with MORE":   []byte("\x05\x05\x04PONG"),
		"SUBSCRIBE":           wire.Subscribe{Topic: []byte("a")}.AppendTo(nil),
		"CANCEL":              wire.Cancel{Topic: []byte("a")}.AppendTo(nil),
		"many of all of them": bytes.Repeat(append(wire.Pong{}.AppendTo(nil), wire.Cancel{}.AppendTo(nil)...), 100),
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, func(t *testing.T) {
				r := newRig(t)
				p := r.connected()
				two := encoded(wire.NewMessage("x", "y")) // 01 01 x 00 01 y
				p.sends(command, encoded(wire.NewMessage("one")), command, two[:3], command, two[3:], command, encoded(wire.NewMessage("last")))
				r.wantIn("the messages", "one", "x|y", "last")
				p.wantIdle("no answer")
				r.wantUp("all is well")
			})
		})
	}
}

// TestInTruncated cuts a stream at every octet, and has the peer leave there. Between two messages, or behind a command, that is the end of a connection;
// anywhere else something is missing, and the reason says so. Nothing but whole messages is delivered.
func TestInTruncated(t *testing.T) {
	pieces := [][]byte{
		encoded(wire.NewMessage("one")), wire.Pong{Context: []byte("unasked")}.AppendTo(nil), encoded(wire.NewMessage("a", "", "ccc")),
		wire.Unknown{Name: "JOIN", Body: body(300)}.AppendTo(nil), encoded(wire.NewMessage("")), encoded(wire.MessageOf(body(256), body(10))),
	}
	borders := map[int]int{0: 0} // where nothing is missing: how many messages have come by then
	messages := 0
	for i := range pieces {
		if i != 1 && i != 3 {
			messages++
		}
		borders[len(bytes.Join(pieces[:i+1], nil))] = messages
	}
	stream := bytes.Join(pieces, nil)
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.decide = func(actor.History, error) actor.Verdict { return actor.Verdict{Quiet: true} }
		r.start()
		received := 0
		for end := range len(stream) + 1 {
			p := <-r.peers
			p.shakes()
			p.sends(stream[:end])
			p.leaves()
			loss := r.wantLoss("the peer left")
			whole, border := borders[end]
			if !border {
				require.Equal(t, io.ErrUnexpectedEOF, loss.Reason, "cut at %d", end)
			} else {
				require.Equal(t, io.EOF, loss.Reason, "cut at %d", end)
				received = whole
			}
			require.EqualValues(t, received, loss.Received, "cut at %d", end)
		}
	})
}

// TestInTruncatedLarge is TestInTruncated for a body that is read straight into its place.
func TestInTruncatedLarge(t *testing.T) {
	stream := encoded(wire.MessageOf(body(300 << 10)))
	for _, end := range []int{1, 9, 10, 64 << 10, 200 << 10, len(stream) - 1, len(stream)} {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t)
			p := r.connected()
			p.sends(stream[:end])
			p.leaves()
			want := io.ErrUnexpectedEOF
			if end == len(stream) {
				want = io.EOF
			}
			require.Equal(t, want, r.wantLoss("the peer left").Reason, "cut at %d", end)
		})
	}
}
