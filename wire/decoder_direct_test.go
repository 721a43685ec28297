package wire

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDirectIsForLargeBodies checks when Direct is silent.
func TestDirectIsForLargeBodies(t *testing.T) {
	begun := func(flags Flags, size int, arrived int) *Decoder {
		d := NewDecoder(-1)
		_, _, _, err := d.Decode(append(AppendHeader(nil, flags, size), make([]byte, arrived)...), nil)
		require.NoError(t, err)
		return d
	}
	require.Nil(t, begun(0, directMin-1, 0).Direct(), "not worth it")
	require.Len(t, begun(0, directMin, 0).Direct(), directMin)
	require.Nil(t, begun(0, directMin, 1).Direct(), "no longer worth it")
	require.Nil(t, begun(CommandFrame, 1<<20, 0).Direct(), "a command")
	const size = copiedMax + 1
	require.Len(t, begun(0, size-1, 0).Direct(), size-1)
	require.Len(t, begun(0, size, 0).Direct(), size+largeHeader)
	require.Nil(t, begun(0, size, size-directMin+1).Direct(), "small ones may follow")

	d := begun(0, size, size)
	_, _, _, err := d.Decode(append(AppendHeader(nil, 0, size), make([]byte, size-1)...), nil)
	require.NoError(t, err)
	require.Len(t, d.Direct(), 1+largeHeader, "where large ones follow one another, all that is missing")

	d = NewDecoder(-1)
	d.SetSmallBody(0)
	_, _, _, err = d.Decode(AppendHeader(nil, 0, slabMax+10), nil)
	require.NoError(t, err)
	require.Len(t, d.Direct(), slabMax+10+shortHeader)
}

// TestDirectHasRoomForAHeader reads what lies behind a body along with it, in all lengths there may be: it is never more than a header.
func TestDirectHasRoomForAHeader(t *testing.T) {
	for _, c := range []struct {
		d    *Decoder
		head func([]byte, Flags, int) []byte
		max  int
	}{{NewDecoder(-1), AppendHeader, largeHeader}, {NewOldDecoder(-1), AppendOldHeader, oldLargeHeader}} {
		want := bytes.Repeat([]byte("x"), copiedMax+1)
		_, _, _, err := c.d.Decode(c.head(nil, 0, len(want)), nil)
		require.NoError(t, err)
		for more := range c.max + 1 {
			room := c.d.Direct()
			require.Len(t, room, len(want)+c.max)
			next := c.head(nil, 0, len(want))
			copy(room[copy(room, want):], next)
			msgs, rest, err := c.d.Filled(len(want)+more, nil)
			require.NoError(t, err)
			require.Equal(t, string(next[:more]), string(rest))
			require.Len(t, msgs, 1)
			require.Equal(t, want, msgs[0].Bytes())
			require.Equal(t, len(want), cap(msgs[0].Bytes()), "what lies behind is not the application's")
			_, _, _, err = c.d.Decode(rest, nil)
			require.NoError(t, err)
			if more < c.max {
				require.Equal(t, c.max-more, c.d.Ahead(1000), "the rest of the header")
			}
			_, _, _, err = c.d.Decode(next[more:], nil)
			require.NoError(t, err)
		}
	}
}

// TestLargeBodiesAreNotCopied reads streams as a connection's loop does. From the second message on, no octet of a large body comes by a read that is not
// into its place: whatever small frames lie between, up to maxGap of them.
func TestLargeBodiesAreNotCopied(t *testing.T) {
	for _, frames := range [][]int{
		{copiedMax + 1}, {100_000}, {1 << 20}, {0, 70_000}, {10, 100_000}, {5, 0, 70_000}, {70_000, 80_000}, {70_000, 10}, {2000, 8 << 10, 256 << 10}, {0, 254, 66_000},
	} {
		t.Run(fmt.Sprint(frames), func(t *testing.T) {
			var m Message
			for _, size := range frames {
				m = m.Append(make([]byte, size))
			}
			octets := AppendMessage(nil, m.Tail(1))
			d := NewDecoder(-1)
			for range 2 { // the first of a connection, and the first of its size
				_, _, _, err := d.Decode(octets, nil)
				require.NoError(t, err)
			}
			stream := bytes.Repeat(octets, 5)
			reads := readAll(t, d, stream, nil)
			require.Empty(t, reads.copied, "octets of large bodies that were not read into their place")
			require.Len(t, reads.messages, 5)
		})
	}
}

// TestManySmallFramesAreReadTogether has large bodies among so many small ones that it does not pay to read those one by one.
func TestManySmallFramesAreReadTogether(t *testing.T) {
	d := NewDecoder(-1)
	large := AppendMessage(nil, MessageOf(make([]byte, 70_000)))
	small := bytes.Repeat(AppendMessage(nil, NewMessage("0123456789")), 1000)
	reads := readAll(t, d, bytes.Repeat(append(large, small...), 10), nil)
	require.Len(t, reads.messages, 10*1001)
	require.Less(t, reads.calls, 10*(maxGap+3))
}

// readings is what readAll has seen.
type readings struct {
	calls    int
	messages []Message
	copied   []int          // where in the stream, of large bodies, at the beginning of each piece
	places   map[*byte]bool // the beginnings of those to which it was read by Direct
}

// readAll decodes a stream in the reads that the decoder asks for, each of which gets all it has room for, or what cut makes of that.
func readAll(t *testing.T, d *Decoder, stream []byte, cut func(n int) int) (r readings) {
	t.Helper()
	r.places = map[*byte]bool{}
	large := bodiesIn(d, stream)
	buf := make([]byte, benchChunk)
	for at := 0; at < len(stream); r.calls++ {
		room := d.Direct()
		direct := room != nil
		if !direct {
			room = buf[:d.Ahead(len(buf))]
		}
		if direct {
			r.places[&room[0]] = true
		}
		if cut != nil {
			room = room[:cut(len(room))]
		}
		n := copy(room, stream[at:])
		require.Positive(t, n)
		p := room[:n]
		var err error
		if direct {
			r.messages, p, err = d.Filled(n, r.messages)
			require.NoError(t, err)
		}
		for len(large) > 0 && large[0][1] <= at {
			large = large[1:]
		}
		for _, l := range large {
			if l[0] >= at+n {
				break
			}
			if from := max(l[0], at+n-len(p)); from < min(l[1], at+n) {
				r.copied = append(r.copied, from)
			}
		}
		for at += n; len(p) > 0; p = p[n:] {
			n, r.messages, _, err = d.Decode(p, r.messages)
			require.NoError(t, err)
		}
	}
	return r
}

// bodiesIn returns where in a stream the bodies of messages begin and end that d is not to copy.
func bodiesIn(d *Decoder, stream []byte) (all [][2]int) {
	for at := 0; at < len(stream); {
		hd := d.header(stream[at:])
		if hd.flags&CommandFrame == 0 && int(hd.size) > d.copied {
			all = append(all, [2]int{at + hd.len, at + hd.end()})
		}
		at += hd.end()
	}
	return all
}

// TestAheadOfTheLargest wants a command, or a message, of any size that can be announced to be read in pieces of what room there is.
func TestAheadOfTheLargest(t *testing.T) {
	for _, flags := range []Flags{CommandFrame, CommandFrame | More, 0, More} {
		for less := range 20 {
			f := feeder{d: NewDecoder(-1)}
			f.d.SetSmallBody(0)
			f.decode(t, append(AppendHeader(nil, 0, 3<<10), make([]byte, 3<<10)...))
			f.decode(t, AppendHeader(nil, flags, math.MaxInt-less))
			require.NoError(t, f.err)
			require.Equal(t, 1000, f.d.Ahead(1000))
		}
	}
}

// TestCommandsAreSmallFrames wants commands to be read together again after a large body, as small messages are.
func TestCommandsAreSmallFrames(t *testing.T) {
	for _, command := range [][]byte{Pong{}.AppendTo(nil), {byte(CommandFrame | More), 1, 'x'}} {
		f := feeder{d: NewDecoder(-1)}
		f.d.copied = slabMax
		f.decode(t, append(AppendHeader(nil, 0, 3<<10), make([]byte, 3<<10)...))
		require.Equal(t, largeHeader, f.d.Ahead(1000))
		for range maxGap + 1 {
			f.decode(t, command)
		}
		require.Equal(t, 1000, f.d.Ahead(1000))
	}
}

// TestFilledTooMuch wants more octets than there was room for to be a bug.
func TestFilledTooMuch(t *testing.T) {
	f := feeder{d: NewDecoder(-1)}
	f.d.SetSmallBody(0)
	f.decode(t, AppendHeader(nil, 0, 30<<10))
	n := len(f.d.Direct())
	require.Panics(t, func() { _, _, _ = f.d.Filled(n+1, nil) })
}
