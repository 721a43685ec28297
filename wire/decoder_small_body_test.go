package wire

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallBodies are sizes to give to SetSmallBody: around each border there is.
var smallBodies = []int{0, 1, 100, 254, 255, 256, slabMax, slabMax + 1, 5000, directMin, 32 << 10}

// TestSmallBodyIsToTheLetter reads streams of all kinds of frames as a connection's loop does, whatever each read brings: no octet of a body larger than was
// set comes by a read that is not into its place, and there it stays.
func TestSmallBodyIsToTheLetter(t *testing.T) {
	for _, set := range smallBodies {
		for _, v := range []Version{ourVersion, version10} {
			t.Run(fmt.Sprint(set, v), func(t *testing.T) {
				t.Parallel()
				rnd := rand.New(rand.NewPCG(uint64(set), 8))
				stream, want := framesAround(rnd, set, v)
				for _, cut := range []func(int) int{
					nil,
					func(n int) int { return 1 + rnd.IntN(n) },
					func(n int) int { return 1 + rnd.IntN(min(n, 4<<rnd.IntN(14))) },
				} {
					d := decoderOf(v)
					d.SetSmallBody(set)
					reads := readAll(t, d, stream, cut)
					require.Empty(t, reads.copied, "octets of large bodies that were not read into their place")
					require.Len(t, reads.messages, len(want))
					for i, m := range reads.messages {
						require.Equal(t, messageEvent(want[i]), messageEvent(m))
						for _, f := range m.All() {
							require.Equal(t, len(f), cap(f))
							if len(f) > set {
								require.True(t, reads.places[&f[0]], "%d octets lie elsewhere than they were read to", len(f))
							}
						}
					}
				}
			})
		}
	}
}

// framesAround returns a stream of messages whose bodies are small and large where size is the largest of the small ones, commands among them where v has
// some; and the messages.
func framesAround(rnd *rand.Rand, size int, v Version) (stream []byte, msgs []Message) {
	sizes := []int{0, 1, 6, 7, 8, 252, 253, 254, 255, 256, 1000, size, size + 1, size + 1, size + 9, 3 * size, 70_000}
	for range 60 {
		var m Message
		for range 1 + rnd.IntN(3) {
			m = m.Append(bytes.Repeat([]byte{byte(rnd.UintN(256))}, sizes[rnd.IntN(len(sizes))]))
		}
		m = m.Tail(1)
		stream, msgs = appendOld(stream, v, m), append(msgs, m)
		if v == ourVersion && rnd.IntN(3) == 0 {
			stream = Ping{Context: make([]byte, rnd.IntN(16))}.AppendTo(stream)
		}
	}
	return stream, msgs
}

// TestSmallBodyTakesACallForEachFrame counts reads: one for each frame, which ends with the next one's header, or, where even short frames may have large
// bodies, with as much of it as shows whether it is short.
func TestSmallBodyTakesACallForEachFrame(t *testing.T) {
	for _, c := range []struct{ set, size, each int }{
		{255, 7, 1},
		{255, 100, 1},
		{255, 255, 1},
		{255, 256, 1},
		{5000, 5000, 1},
		{5000, 5001, 1},
		{5000, 100_000, 1},
		{0, 1, 1},
		{100, 100, 1},
		{100, 101, 1},
		{100, 256, 2},
		{100, 100_000, 2},
	} {
		const count = 200
		d := NewDecoder(-1)
		d.SetSmallBody(c.set)
		reads := readAll(t, d, bytes.Repeat(AppendMessage(nil, MessageOf(make([]byte, c.size))), count), nil)
		require.Len(t, reads.messages, count)
		full := count * c.size / slabLast // where a slab is full there is no room behind the body
		require.LessOrEqual(t, reads.calls, c.each*count+2+full+8, "set to %d, %d octets", c.set, c.size)
	}
}

// TestSmallBodyTakesItsPlaceAtOnce wants all the room that a body needs to be made at once where the application has said what is the largest, so that none
// is moved; and no more than ever where it has not.
func TestSmallBodyTakesItsPlaceAtOnce(t *testing.T) {
	const large = 1 << 20
	for _, c := range []struct {
		name        string
		set, limit  int64
		flags       Flags
		size, first int
	}{
		{"limit", 255, large, 0, large, large},
		{"limit, one of several frames", 255, large, More, large, large},
		{"larger limit", 255, 4 * large, 0, large, large},
		{"no limit", 255, -1, 0, large, trusted},
		{"limit, SmallBody not set", -1, large, 0, large, trusted},
	} {
		d := NewDecoder(c.limit)
		if c.set >= 0 {
			d.SetSmallBody(int(c.set))
		}
		var places []*byte
		for range 3 { // the frame of one message, and of the next, or the frames of one
			before := len(places)
			_, _, _, err := d.Decode(AppendHeader(nil, c.flags, c.size), nil)
			require.NoError(t, err)
			for d.inBody {
				room := d.Direct()
				if before == 0 && len(places) == 0 {
					require.Equal(t, c.first, min(len(room), c.size), c.name)
				}
				at := &d.body.octets[0]
				if before == len(places) || at != places[len(places)-1] {
					places = append(places, at)
				}
				_, _, err = d.Filled(min(len(room), d.body.missing(), 50_000), nil)
				require.NoError(t, err)
			}
		}
		require.Equal(t, c.first < c.size, len(places) > 3, "%s: moved as it grew", c.name)
	}
}

// TestSmallBodyMemory wants no more to be believed in than the limit allows, and that not for ever.
func TestSmallBodyMemory(t *testing.T) {
	begun := func(limit int64, flags Flags, size int) (*Decoder, error) {
		d := NewDecoder(limit)
		d.SetSmallBody(255)
		_, _, _, err := d.Decode(AppendHeader(nil, flags, size), nil)
		return d, err
	}
	d, err := begun(1<<20, 0, 1<<20+1)
	require.ErrorAs(t, err, new(*ProtocolError))
	require.Nil(t, d.Direct())
	require.Nil(t, d.body.octets, "memory on a header's word")

	d, err = begun(1<<20, CommandFrame, 1<<20)
	require.NoError(t, err)
	require.Nil(t, d.Direct(), "a command has no place of its own")
	require.LessOrEqual(t, len(d.body.free()), trusted)

	d, err = begun(math.MaxInt-1, 0, believed+1)
	require.NoError(t, err)
	require.Equal(t, believed, d.body.trust)
}

// TestSmallBodySealed wants frames that are sealed to be read together as ever: what is opened lies in a place of its own in any case.
func TestSmallBodySealed(t *testing.T) {
	d := NewDecoder(-1)
	d.SetOpener(&Opener{})
	d.SetSmallBody(255)
	require.Equal(t, 1000, d.Ahead(1000))
}
