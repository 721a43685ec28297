package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// curveTraffic returns the client's way of sealing and the server's way of opening
// of a new connection, and the other way around.
func curveTraffic(t testing.TB) (cs *Sealer, so *Opener, ss *Sealer, co *Opener) {
	t.Helper()
	client, server := testCurve(false)
	k := talkCurve(t, client, server)
	cs, co = k.client.Traffic()
	ss, so = k.server.Traffic()
	return cs, so, ss, co
}

// wantSealedFault requires Open to refuse with that code.
func wantSealedFault(t *testing.T, o *Opener, sealed []byte, code Code, why string) {
	t.Helper()
	_, _, err := o.Open(nil, sealed)
	var fault *ProtocolError
	require.ErrorAs(t, err, &fault, why)
	require.Equal(t, code, fault.Code, why)
}

// TestCurveMessages seals and opens frames of all flags and many sizes, both ways.
func TestCurveMessages(t *testing.T) {
	cs, so, ss, co := curveTraffic(t)
	counter := uint64(3)
	for _, size := range []int{0, 1, 63, 64, 221, 222, 223, 5000, 64 << 10, 1 << 20} {
		body := bytes.Repeat([]byte{0xA5}, size)
		for _, flags := range []Flags{0, More, CommandFrame, CommandFrame | More} {
			for _, way := range []struct {
				s *Sealer
				o *Opener
				n uint64
			}{{cs, so, counter}, {ss, co, counter - 1}} {
				frame := way.s.AppendFrame([]byte("kept"), flags, body)
				require.Equal(t, "kept", string(frame[:4]))
				hd := parseHeader(frame[4:])
				require.Equal(t, Flags(0), hd.flags&(More|CommandFrame), "nothing shows outside")
				sealed := body1(t, frame[4:])
				require.Len(t, sealed, size+SealOverhead)
				require.Equal(t, way.n, nonceOf(sealed[len(messagePrefix):]))
				got, opened, err := way.o.Open([]byte("room"), sealed)
				require.NoError(t, err)
				require.Equal(t, flags, got)
				require.True(t, bytes.Equal(body, opened))
			}
			counter++
		}
	}
}

// TestCurveMessageFaults plays what is no proper MESSAGE.
func TestCurveMessageFaults(t *testing.T) {
	cs, so, ss, co := curveTraffic(t)
	_, other, _, _ := curveTraffic(t)
	first := body1(t, cs.AppendFrame(nil, 0, []byte("first")))
	second := body1(t, cs.AppendFrame(nil, 0, []byte("second")))
	start := *so
	for _, f := range []struct {
		name   string
		sealed []byte
		code   Code
	}{
		{"nothing", nil, CodeUnexpectedCommand},
		{"a message in the clear", []byte("first, and so long that it could be sealed"), CodeUnexpectedCommand},
		{"a command in the clear", Ping{}.AppendTo(nil)[shortHeader:], CodeUnexpectedCommand},
		{"misspelt", renamed(first), CodeUnexpectedCommand},
		{"the name alone", []byte(messagePrefix), CodeMalformedMessage},
		{"an octet short of the least", first[:SealOverhead-1], CodeMalformedMessage},
		{"a nonce of the handshake", append(append([]byte(messagePrefix), 0, 0, 0, 0, 0, 0, 0, 2), first[messageHeader:]...), CodeInvalidSequence},
		{"another nonce", flipped(first, messageHeader-1, 4), CodeCryptographic},
		{"cut", first[:len(first)-1], CodeCryptographic},
		{"an octet long", append(bytes.Clone(first), 0), CodeCryptographic},
		{"what the server itself says", body1(t, ss.AppendFrame(ss.AppendFrame(nil, 0, nil), 0, nil)[2+SealOverhead:]), CodeCryptographic},
		{"of another connection", nil, CodeCryptographic},
	} {
		o := start
		if f.sealed == nil && f.code == CodeCryptographic {
			o, f.sealed = *other, first
		}
		wantSealedFault(t, &o, f.sealed, f.code, f.name)
	}
	for i := range first {
		for bit := range 8 {
			o := start
			_, _, err := o.Open(nil, flipped(first, i, 1<<bit))
			require.ErrorAs(t, err, new(*ProtocolError), "bit %d of octet %d", bit, i)
		}
	}
	for n := range first {
		o := start
		_, _, err := o.Open(nil, first[:n])
		require.ErrorAs(t, err, new(*ProtocolError), "cut at %d", n)
	}
	_, _, err := so.Open(nil, second)
	require.NoError(t, err, "nonces may be left out")
	wantSealedFault(t, so, second, CodeInvalidSequence, "replayed")
	wantSealedFault(t, so, first, CodeInvalidSequence, "out of order")
	wantSealedFault(t, co, first, CodeCryptographic, "sent back")
}

// TestCurveOuterFlags checks that flags outside, where anybody can set them, do
// nothing.
func TestCurveOuterFlags(t *testing.T) {
	for _, outer := range []Flags{0, More, CommandFrame, CommandFrame | More} {
		cs, so, _, _ := curveTraffic(t)
		d := NewDecoder(-1)
		d.SetOpener(so)
		sealed := body1(t, cs.AppendFrame(nil, 0, []byte("whole")))
		_, msgs, cmd, err := d.Decode(append(AppendHeader(nil, outer, len(sealed)), sealed...), nil)
		require.NoError(t, err)
		require.Nil(t, cmd)
		require.Equal(t, []Message{NewMessage("whole")}, msgs, "flags %d", outer)
	}
}

// TestCurveInnerFlags checks the bits of the flags in the box that mean nothing:
// they are not looked at.
func TestCurveInnerFlags(t *testing.T) {
	for bits := range 256 {
		_, so, _, _ := curveTraffic0(t)
		flags, body, err := so.Open(nil, sealRaw(so, 3, []byte{byte(bits), 'x'}))
		require.NoError(t, err)
		require.Equal(t, "x", string(body))
		require.Equal(t, bits&1 != 0, flags&More != 0)
		require.Equal(t, bits&2 != 0, flags&CommandFrame != 0)
		require.Zero(t, flags&^(More|CommandFrame))
	}
}

// curveTraffic0 is curveTraffic with a key of zeros and without a handshake.
func curveTraffic0(testing.TB) (cs *Sealer, so *Opener, ss *Sealer, co *Opener) {
	cs, co = newCurveTraffic(new([curveKeySize]byte), 3, 1, 'C', 'S')
	ss, so = newCurveTraffic(new([curveKeySize]byte), 2, 2, 'S', 'C')
	return cs, so, ss, co
}

// sealRaw seals the contents of a box for o.
func sealRaw(o *Opener, counter uint64, plain []byte) []byte {
	box := append(make([]byte, boxRoom), plain...)
	o.key.seal(box, counter)
	binary.BigEndian.PutUint64(box[copy(box, messagePrefix):], counter)
	return box
}

// TestCurveLimit checks that the limit holds for what is inside, to the octet,
// for messages and commands.
func TestCurveLimit(t *testing.T) {
	for _, limit := range []int{0, 1, 100, 221, 222, 223, 5000, 100_000} {
		for _, flags := range []Flags{0, CommandFrame} {
			for _, size := range []int{limit, limit + 1} {
				cs, so, _, _ := curveTraffic0(t)
				d := NewDecoder(int64(limit))
				d.SetOpener(so)
				_, msgs, cmd, err := d.Decode(cs.AppendFrame(nil, flags, make([]byte, size)), nil)
				if size > limit {
					require.ErrorAs(t, err, new(*ProtocolError), "%d octets, limit %d", size, limit)
					require.Empty(t, msgs)
					require.Nil(t, cmd)
					continue
				}
				require.NoError(t, err, "%d octets, limit %d", size, limit)
				require.Equal(t, flags == 0, len(msgs) == 1)
				require.Equal(t, flags != 0, cmd != nil)
			}
		}
	}
	for _, limit := range []int64{-1, math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64 - int64(SealOverhead)} {
		cs, so, _, _ := curveTraffic0(t)
		d := NewDecoder(limit)
		d.SetOpener(so)
		_, msgs, _, err := d.Decode(cs.AppendFrame(nil, 0, []byte("m")), nil)
		require.NoError(t, err)
		require.Len(t, msgs, 1)
	}
}

// TestCurveAnnounced checks that the size of a sealed frame takes no memory on the
// word of its header.
func TestCurveAnnounced(t *testing.T) {
	_, so, _, _ := curveTraffic0(t)
	d := NewDecoder(-1)
	d.SetOpener(so)
	_, _, _, err := d.Decode(append(AppendHeader(nil, 0, 1<<40), make([]byte, 1000)...), nil)
	require.NoError(t, err)
	require.LessOrEqual(t, len(d.body.octets), trusted)
	require.Nil(t, d.Direct())
}

// TestCurveCommands checks that commands come out of their boxes whole, between
// the messages that they came between.
func TestCurveCommands(t *testing.T) {
	cs, so, _, _ := curveTraffic(t)
	commands := []Command{Subscribe{Topic: []byte("topic")}, Ping{TTL: 700 * time.Millisecond, Context: []byte("x")}, Pong{Context: []byte("x")}, Cancel{Topic: []byte{}}}
	var octets []byte
	for _, c := range commands {
		octets = cs.AppendFrames(octets, c.AppendTo(nil))
		octets = cs.AppendFrames(octets, AppendMessage(nil, NewMessage("a", "", string(make([]byte, 300)))))
	}
	octets = cs.AppendFrame(octets, CommandFrame|More, []byte("\x04PING\x00\x00"))
	for _, piece := range []int{1, 7, 100, len(octets)} {
		o := *so
		d := NewDecoder(-1)
		d.SetOpener(&o)
		var msgs []Message
		var got []Command
		for rest := octets; len(rest) > 0; {
			n, out, cmd, err := d.Decode(rest[:min(piece, len(rest))], msgs)
			require.NoError(t, err)
			msgs, rest = out, rest[n:]
			if cmd != nil {
				c, err := ParseCommand(cmd)
				require.NoError(t, err)
				require.Len(t, msgs, len(got), "the order is kept")
				got = append(got, c)
			}
		}
		require.Equal(t, commands, got)
		require.Len(t, msgs, len(commands))
		require.Equal(t, uint64(2*len(commands)+1), d.Pieces(), "frames with MORE, and the command with MORE, which is dropped")
		require.False(t, d.Partial())
	}
}

// TestCurveRecyclingOverwritesNothing decodes sealed messages and commands of random
// shapes, and releases some: whatever is not released reads as it was sent.
func TestCurveRecyclingOverwritesNothing(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			sizes := []int{0, 1, 100, 511, 512, 513, 1000, 1400, 2014, 2047, 2048, 5000, 70_000}
			cs, so, _, _ := curveTraffic0(t)
			d := NewDecoder(-1)
			d.SetOpener(so)
			var kept []keep
			for range 600 {
				frames := make([][]byte, 1+rnd.IntN(4)*rnd.IntN(2))
				for i := range frames {
					frames[i] = bytes.Repeat([]byte{byte(rnd.Uint32())}, sizes[rnd.IntN(rnd.IntN(len(sizes))+1)])
				}
				isCommand := rnd.IntN(4) == 0
				var octets []byte
				if isCommand {
					frames = frames[:1]
					octets = cs.AppendFrame(nil, CommandFrame, frames[0])
				} else {
					octets = cs.AppendFrames(nil, AppendMessage(nil, MessageOf(frames...)))
				}
				n, msgs, cmd, err := d.Decode(octets, nil)
				require.NoError(t, err)
				require.Equal(t, len(octets), n)
				if isCommand {
					msgs = []Message{MessageOf(cmd)}
				}
				require.Len(t, msgs, 1)
				kept = append(kept, keep{msgs[0], frames})
				for len(kept) > 40 {
					i := rnd.IntN(len(kept))
					kept[i].check(t)
					kept[i].m.Release()
					kept[i] = kept[len(kept)-1]
					kept = kept[:len(kept)-1]
				}
			}
			for _, k := range kept {
				k.check(t)
			}
		})
	}
}
