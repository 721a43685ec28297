package wire

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDecoderMatchesReference compares the decoder, in one piece and in random
// pieces, with the plainest decoder there can be.
func TestDecoderMatchesReference(t *testing.T) {
	for seed := range uint64(150) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		octets := randomTraffic(rnd, 1+rnd.IntN(100))
		maxFrame := int64(-1)
		if seed%5 == 0 {
			maxFrame = rnd.Int64N(4000)
		}
		want, tooLarge := reference(octets, maxFrame)

		got, err := decodeWhole(t, octets, maxFrame)
		require.Equal(t, want, got, "seed %d", seed)
		require.Equal(t, tooLarge, err != nil, "seed %d: %v", seed, err)

		for range 4 {
			got, err = decodeChunked(t, octets, maxFrame, rnd)
			require.Equal(t, want, got, "seed %d, in pieces", seed)
			require.Equal(t, tooLarge, err != nil, "seed %d, in pieces: %v", seed, err)
		}
	}
}

// TestDecoderAppends checks that messages go behind those that are there.
func TestDecoderAppends(t *testing.T) {
	first := NewMessage("first")
	n, out, cmd, err := NewDecoder(-1).Decode([]byte{0, 1, 'x'}, []Message{first})
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Nil(t, cmd)
	require.Equal(t, []Message{first, NewMessage("x")}, out)
}

// TestDecoderOwnsItsOctets checks that neither the input nor a neighbour shares
// memory with a message.
func TestDecoderOwnsItsOctets(t *testing.T) {
	input := []byte{0, 2, 'a', 'b', 4, 3, 1, 'C', 'd', 0, 2, 'e', 'f', 1, 1, 'g', 0, 0}
	d := NewDecoder(-1)
	n, out, cmd, err := d.Decode(input, nil)
	require.NoError(t, err)
	_, out, _, err = d.Decode(input[n:], out)
	require.NoError(t, err)
	clear(input)
	for _, m := range out {
		for _, f := range m.All() {
			require.Equal(t, len(f), cap(f), "an append would write into the neighbour")
		}
	}
	_ = append(out[0].Bytes(), "overrun"...)
	require.Equal(t, "\x01Cd", string(cmd))
	require.Equal(t, []event{{frames: []string{"ab"}}, {frames: []string{"ef"}}, {frames: []string{"g", ""}}},
		[]event{messageEvent(out[0]), messageEvent(out[1]), messageEvent(out[2])})
}

// TestDecoderBodiesHaveNoSpareRoom checks, for every way in which a body gets
// its room, that an append to it cannot write into what is not its own.
func TestDecoderBodiesHaveNoSpareRoom(t *testing.T) {
	for _, size := range []int{0, 1, slabMax, slabMax + 1, 5000, trusted + 1} {
		octets := AppendMessage(nil, MessageOf(make([]byte, size)))
		for _, cut := range []int{1, len(octets) / 2, len(octets) - 1} {
			d := NewDecoder(-1)
			_, out, _, err := d.Decode(octets, nil)
			require.NoError(t, err)
			_, out, _, err = d.Decode(octets[:cut], out)
			require.NoError(t, err)
			_, out, _, err = d.Decode(octets[cut:], out)
			require.NoError(t, err)
			require.Len(t, out, 2)
			for _, m := range out {
				require.Len(t, m.Bytes(), size)
				require.Equal(t, size, cap(m.Bytes()), "size %d, cut at %d", size, cut)
			}
		}
	}
}

// TestDecoderStopsAtCommand checks where Decode stops, and that an empty
// command is told from none.
func TestDecoderStopsAtCommand(t *testing.T) {
	input := []byte{0, 1, 'a', 4, 0, 0, 1, 'b'}
	d := NewDecoder(-1)
	n, out, cmd, err := d.Decode(input, nil)
	require.NoError(t, err)
	require.Equal(t, 5, n)
	require.Len(t, out, 1)
	require.NotNil(t, cmd)
	require.Empty(t, cmd)
	n, out, cmd, err = d.Decode(input[n:], nil)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Len(t, out, 1)
	require.Nil(t, cmd)

	_, _, cmd, err = NewDecoder(-1).Decode([]byte{4, 0}, nil)
	require.NoError(t, err)
	require.NotNil(t, cmd, "as the first frame of all")
}

// TestDecoderCommandWithinMessage checks that a command between the frames of a
// message does not disturb it, as it does not disturb libzmq.
func TestDecoderCommandWithinMessage(t *testing.T) {
	events, err := decodeWhole(t, []byte{1, 1, 'a', 4, 1, 0, 0, 1, 'b'}, -1)
	require.NoError(t, err)
	require.Equal(t, []event{{command: "\x00"}, {frames: []string{"a", "b"}}}, events)
}

// TestDecoderErrorIsFinal checks that messages before an error come out, and
// nothing after it.
func TestDecoderErrorIsFinal(t *testing.T) {
	d := NewDecoder(3)
	input := []byte{0, 3, 'a', 'b', 'c', 0, 4}
	n, out, cmd, err := d.Decode(input, nil)
	var protocol *ProtocolError
	require.ErrorAs(t, err, &protocol)
	require.Equal(t, "37/ZMTP", protocol.Spec)
	require.Equal(t, "frame of 4 octets is beyond the limit of 3 (37/ZMTP)", err.Error())
	require.Len(t, out, 1)
	require.Nil(t, cmd)
	require.Equal(t, len(input), n)

	n, out, cmd, again := d.Decode([]byte{0, 1, 'x'}, nil)
	require.Equal(t, err, again)
	require.Zero(t, n)
	require.Empty(t, out)
	require.Nil(t, cmd)
	require.Nil(t, d.Direct())
	_, _, again = d.Filled(0, nil)
	require.Equal(t, err, again)
}

// TestDecoderLimits checks each size at which a frame is refused, for messages
// and commands, before there is any body.
func TestDecoderLimits(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit int64
		size  uint64
		ok    bool
	}{
		{"no frame above 0", 0, 1, false},
		{"0 allows empty frames", 0, 0, true},
		{"at the limit", 1000, 1000, true},
		{"over the limit", 1000, 1001, false},
		{"no limit", -1, 1<<63 - 1, true},
		{"not representable", -1, 1 << 63, false},
		{"all ones", -1, 1<<64 - 1, false},
		{"all ones under a limit", 1000, 1<<64 - 1, false},
	} {
		for _, flags := range []Flags{Large, Large | More, Large | CommandFrame, Large | CommandFrame | More} {
			d := NewDecoder(c.limit)
			head := binary.BigEndian.AppendUint64([]byte{byte(flags)}, c.size)
			_, _, _, err := d.Decode(head, nil)
			if c.ok {
				require.NoError(t, err, c.name)
			} else {
				require.ErrorAs(t, err, new(*ProtocolError), c.name)
			}
			require.LessOrEqual(t, len(d.body.octets), slabMax, "%s: memory on a header's word", c.name)
		}
	}
}

// TestDecoderMemoryFollowsTheOctets sends the header of a body without end and
// watches how the room grows with what comes.
func TestDecoderMemoryFollowsTheOctets(t *testing.T) {
	for _, direct := range []bool{false, true} {
		for _, flags := range []Flags{Large, Large | CommandFrame} {
			f := feeder{d: NewDecoder(-1)}
			f.decode(t, binary.BigEndian.AppendUint64([]byte{byte(flags)}, 1<<60))
			piece := make([]byte, 50_000)
			for sent := 0; sent < 3<<20; {
				rest := piece
				if direct {
					rest = f.direct(t, piece)
				}
				f.decode(t, rest)
				sent += len(piece)
				require.NoError(t, f.err)
				require.Equal(t, sent, f.d.body.have)
				require.LessOrEqual(t, len(f.d.body.octets), max(trusted, growth*sent))
			}
		}
	}
}

// TestDecoderDropsWithoutStoring checks that a command with MORE takes no
// memory while it passes.
func TestDecoderDropsWithoutStoring(t *testing.T) {
	d := NewDecoder(-1)
	const size = 1 << 20
	_, out, cmd, err := d.Decode(AppendHeader(nil, CommandFrame|More, size), nil)
	require.NoError(t, err)
	require.Nil(t, cmd)
	require.True(t, d.Partial())
	require.Nil(t, d.Direct())
	n, out, cmd, err := d.Decode(append(make([]byte, size), 0, 1, 'x'), out)
	require.NoError(t, err)
	require.Nil(t, cmd)
	require.Equal(t, size+3, n)
	require.Equal(t, []Message{NewMessage("x")}, out)
	require.LessOrEqual(t, len(d.slab.free), slabLast)
}

// TestDecoderDirect receives a body of several growths without Decode.
func TestDecoderDirect(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcde\n"), 3<<20/16)
	octets := AppendMessage(nil, MessageOf(want))
	d := NewDecoder(-1)
	require.Nil(t, d.Direct(), "between frames")
	_, _, _, err := d.Decode(octets[:20], nil)
	require.NoError(t, err)
	octets = octets[20:]
	var out []Message
	calls := 0
	for ; len(octets) >= directMin; calls++ {
		room := d.Direct()
		require.NotEmpty(t, room)
		require.LessOrEqual(t, len(room), len(octets)+largeHeader, "room beyond the body and the header behind it")
		n := copy(room, octets)
		octets = octets[n:]
		var rest []byte
		out, rest, err = d.Filled(n, out)
		require.NoError(t, err)
		require.Empty(t, rest)
	}
	require.Empty(t, octets)
	require.Equal(t, 3, calls, "256 kB, 1 MB, 3 MB")
	require.Len(t, out, 1)
	require.Equal(t, want, out[0].Bytes())
	require.False(t, d.Partial())
	require.Nil(t, d.Direct())
	require.Panics(t, func() { _, _, _ = d.Filled(1, nil) }, "nothing was offered")
}

// TestDecoderPartial walks through a message of two frames octet by octet.
func TestDecoderPartial(t *testing.T) {
	d := NewDecoder(-1)
	octets := []byte{1, 2, 'a', 'b', 0, 0, 0, 1, 'c'}
	whole := map[int]bool{0: true, 6: true, 9: true} // how many octets leave nothing over
	for i := range octets {
		require.Equal(t, !whole[i], d.Partial(), "after %d octets", i)
		_, _, _, err := d.Decode(octets[i:i+1], nil)
		require.NoError(t, err)
	}
	require.False(t, d.Partial())
}

// TestDecoderForgetsMessages checks that the decoder keeps neither the frames of
// a message that it has given away nor the list of a very long one.
func TestDecoderForgetsMessages(t *testing.T) {
	d := NewDecoder(-1)
	_, _, _, err := d.Decode(AppendMessage(nil, NewMessage("a", "b", "c")), nil)
	require.NoError(t, err)
	for _, f := range d.parts[:cap(d.parts)] {
		require.Nil(t, f)
	}
	frames := make([]string, 10*maxParts)
	_, out, _, err := d.Decode(AppendMessage(nil, NewMessage(frames...)), nil)
	require.NoError(t, err)
	require.Equal(t, len(frames), out[0].Len())
	require.Nil(t, d.parts)
}

// TestSlabsStaySmall checks that a new connection begins with small slabs, and
// that none grows beyond what a kept message may pin.
func TestSlabsStaySmall(t *testing.T) {
	d := NewDecoder(-1)
	_, _, _, err := d.Decode([]byte{0, 1, 'x'}, nil)
	require.NoError(t, err)
	require.LessOrEqual(t, cap(d.slab.free), slabFirst)
	octets, _ := traffic(100)
	for range 10 {
		_, _, _, err = d.Decode(octets, nil)
		require.NoError(t, err)
		require.LessOrEqual(t, cap(d.slab.free), slabLast)
	}
	var s slab
	require.Len(t, s.room(slabMax), slabMax)
}
