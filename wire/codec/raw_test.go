package codec_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// rawRead is the most that one incoming message of a raw connection holds.
const rawRead = 8 << 10

// newRawRig returns a rig whose codec speaks no ZMTP.
func newRawRig(t *testing.T) *rig {
	r := newRig(t)
	r.cfg.Raw = true
	return r
}

// TestRawIn sends octets that would be anything but ZMTP, and some that would be: each piece that is read comes as one message, whole and alone.
func TestRawIn(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRawRig(t)
		p := r.dialed()
		for _, piece := range []string{"x", "GET / HTTP/1.1\r\n\r\n", "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f", "\x00\x05hello", string(body(2000))} {
			p.sends([]byte(piece))
			r.wantIn("one piece, one message", piece)
		}
		p.wantIdle("nobody greets, nobody answers")
		r.wantPeer(codec.Peer{Local: "pipe", Remote: "pipe", Properties: wire.NewProperties(nil, nil)})
		p.leaves()
		loss := r.wantLoss("the peer left")
		require.ErrorIs(t, loss.Reason, io.EOF)
		require.True(t, loss.Shaken)
		require.EqualValues(t, 5, loss.Received)
	})
}

// TestRawChunks sends a long stream in one go: it comes in pieces of rawRead at most, and nothing of it is changed or lost. (libzmq:
// test_stream_exceeds_buffer)
func TestRawChunks(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRawRig(t)
		p, stream := r.dialed(), body(100_001)
		require.NoError(t, p.streams(stream, len(stream))())
		settle()
		var got strings.Builder
		for i, piece := range r.in.taken() {
			require.LessOrEqual(t, len(piece), rawRead)
			if i > 0 && got.Len()+rawRead <= len(stream) {
				require.Len(t, piece, rawRead, "the buffer has grown")
			}
			got.WriteString(piece)
		}
		require.Equal(t, string(stream), got.String())
	})
}

// TestRawChunksAreTheirOwn keeps a piece while more is read: it does not change.
func TestRawChunksAreTheirOwn(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRawRig(t)
		var kept []wire.Message
		r.in.hook = func(msgs []wire.Message) error {
			kept = append(kept, msgs...)
			return nil
		}
		p := r.dialed()
		p.sends([]byte("first"))
		p.sends([]byte("SECOND"))
		settle()
		require.Equal(t, []string{"first", "SECOND"}, texts(kept))
	})
}

// TestRawOut sends messages: the bodies of their frames are on the wire, and nothing beside them.
func TestRawOut(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRawRig(t)
		large := string(body(coalesce + 1))
		for _, m := range []wire.Message{
			wire.NewMessage("head", "", "tail"), {}, wire.NewMessage(large), wire.NewMessage("a", large, large, "b"), wire.NewMessage("\x01topic"),
		} {
			r.push(m)
		}
		p := r.dialed()
		p.wantOctets("the bodies", []byte("headtail"+large+"a"+large+large+"b\x01topic"))
		p.wantIdle("nothing else")
		require.EqualValues(t, 5, r.out.Ledger().Delivered)
		require.Equal(t, []int{8, len(large), 1, len(large), len(large), 7}, p.end.sizes(), "large bodies are not copied")
	})
}

// TestRawLossAtEachOctet closes the connection after each octet: what the peer has whole has left the queue, the rest goes to the next one.
func TestRawLossAtEachOctet(t *testing.T) {
	pieces := []string{"one", "", "three", "4"}
	ends := []int{3, 3, 8, 9}
	for n := range ends[3] {
		actortest.Run(t, func(t *testing.T) {
			r := newRawRig(t).restarting()
			for _, piece := range pieces {
				r.push(wire.NewMessage(piece))
			}
			p := r.dialed()
			p.reads(n)
			p.leaves()
			loss := r.wantLoss("the peer left")
			whole := 0
			for whole < len(ends) && ends[whole] <= n {
				whole++
			}
			require.EqualValues(t, whole, loss.Sent)
			pass(retryAfter)
			again := <-r.peers
			again.wantOctets("from its first octet", []byte(strings.Join(pieces[whole:], "")))
		})
	}
}

// TestRawHasNoHandshake leaves a raw peer alone for long after the interval: there is no handshake that could be late.
func TestRawHasNoHandshake(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRawRig(t)
		r.cfg.HandshakeInterval = time.Second
		p := r.dialed()
		settle()
		require.Equal(t, "up", r.host.told(), "at once")
		pass(time.Hour)
		r.wantUp("still there")
		p.sends([]byte("late"))
		r.wantIn("and alive", "late")
	})
}

// TestRawWaitsAtTheMark delivers to a pipe that is full: nothing more is read, and the cut of the line ends the wait.
func TestRawWaitsAtTheMark(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRawRig(t)
		r.in.full = true
		p := r.dialed()
		p.sends([]byte("in hand"))
		p.wantStuck("the pipe is full")
		r.cfg.Line.Cut(errTest)
		require.ErrorIs(t, r.wantLoss("cut").Reason, errTest)
	})
}

// TestHello wants the hello to be the first message of each connection, ahead of what is queued, and in no account.
func TestHello(t *testing.T) {
	for _, hello := range []string{"hi", string(body(coalesce + 1))} {
		actortest.Run(t, func(t *testing.T) {
			r := newRig(t).restarting()
			r.cfg.Hello = []byte(hello)
			p := r.connectedWith(1)
			p.wantMessage("the hello", hello)
			p.wantMessage("what is queued", number(0))
			p.wantIdle("once")
			p.leaves()
			require.EqualValues(t, 1, r.wantLoss("the peer left").Sent)
			r.push(wire.NewMessage("more"))
			p = r.redialed()
			p.wantMessage("again on the next connection", hello)
			p.wantMessage("then the rest", "more")
		})
	}
}

// TestRawHello wants the octets of the hello on a raw connection, and no header before them.
func TestRawHello(t *testing.T) {
	for _, hello := range []string{"hi", "\x01topic", string(body(coalesce + 1))} {
		actortest.Run(t, func(t *testing.T) {
			r := newRawRig(t)
			r.cfg.Hello, r.cfg.Subscriber = []byte(hello), true
			r.push(wire.NewMessage("queued"))
			p := r.dialed()
			p.wantOctets("the hello, then what is queued", []byte(hello+"queued"))
			p.wantIdle("nothing else")
		})
	}
}

// TestHelloUnread cuts a connection whose peer does not read the hello: the codec is not stuck in it, and has read meanwhile.
func TestHelloUnread(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t)
		r.cfg.Hello = []byte("hi")
		p := r.connected()
		p.sends(encoded(wire.NewMessage("from the peer")))
		r.wantIn("it reads while it writes", "from the peer")
		r.cfg.Line.Cut(errTest)
		require.ErrorIs(t, r.wantLoss("cut").Reason, errTest)
		p.wantClosed("with the line")
	})
}
