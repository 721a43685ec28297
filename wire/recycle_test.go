package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// keep is a message that a test has not released yet, and what it must read as.
type keep struct {
	m    Message
	want [][]byte
}

// check requires the message to be what was sent.
func (k keep) check(t *testing.T) {
	t.Helper()
	require.Equal(t, len(k.want), k.m.Len())
	for i, f := range k.m.All() {
		require.True(t, bytes.Equal(k.want[i], f), "frame %d of %d octets was overwritten", i, len(k.want[i]))
	}
}

// TestRecyclingOverwritesNothing decodes messages of random shapes in random pieces, and releases them in random order, some twice, some never, some by
// way of copies: whatever is not released reads as it was sent, to the end.
func TestRecyclingOverwritesNothing(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			sizes := []int{0, 1, 100, 511, 512, 513, 1000, 2047, 2048, 5000, 70_000, 300_000}
			d := NewDecoder(-1)
			var kept []keep
			for n := range 400 {
				var octets []byte
				var sent [][][]byte
				for range 1 + rnd.IntN(20) {
					frames := make([][]byte, 1+rnd.IntN(4)*rnd.IntN(2))
					for i := range frames {
						frames[i] = bytes.Repeat([]byte{byte(rnd.Uint32())}, sizes[rnd.IntN(rnd.IntN(len(sizes))+1)])
					}
					sent = append(sent, frames)
					octets = AppendMessage(octets, MessageOf(frames...))
				}
				var got []Message
				for len(octets) > 0 {
					piece := min(len(octets), 1+rnd.IntN(1+rnd.IntN(70_000)))
					used, msgs, _, err := d.Decode(octets[:piece], got)
					require.NoError(t, err)
					got, octets = msgs, octets[used:]
				}
				require.Len(t, got, len(sent))
				for i, m := range got {
					kept = append(kept, keep{m, sent[i]})
				}
				for len(kept) > 50+n%30 {
					i := rnd.IntN(len(kept))
					k := kept[i]
					kept[i] = kept[len(kept)-1]
					kept = kept[:len(kept)-1]
					k.check(t)
					switch rnd.IntN(5) {
					case 0: // forgotten
					case 1:
						other := k.m.Copy()
						k.m.Release()
						if !invariants {
							k.m.Release()
						}
						kept = append(kept, keep{other, k.want})
					case 2:
						k.m.Tail(1).Release()
						if !invariants {
							k.m.Release()
						}
					default:
						k.m.Prepend(nil).Release()
					}
				}
			}
			for _, k := range kept {
				k.check(t)
			}
		})
	}
}

// TestReleasedMemoryIsUsedAgain wants a stream whose messages are released to live on little memory.
func TestReleasedMemoryIsUsedAgain(t *testing.T) {
	for _, frames := range [][]int{{600}, {1000}, {5, 1000}, {2048}, {10_000}, {20, 10_000, 3000}, {200_000}} {
		m := Message{}
		for _, n := range frames {
			m = m.Append(make([]byte, n))
		}
		octets := AppendMessage(nil, m.Tail(1))
		d := NewDecoder(-1)
		seen := map[*byte]bool{}
		const n = 2000
		for range n {
			_, msgs, _, err := d.Decode(octets, nil)
			require.NoError(t, err)
			require.Len(t, msgs, 1)
			require.True(t, Held(msgs[0]))
			seen[&msgs[0].Frame(msgs[0].Len() - 1)[0]] = true
			msgs[0].Release()
		}
		if !raceEnabled {
			require.Less(t, len(seen), n/4, "%v", frames)
		}
	}
}

// TestLargeBodiesAreReadInPlace reads bodies as a connection's loop does, and follows where their octets lie: from the second one of a size on, and for
// all up to 256 kB, they are never moved.
func TestLargeBodiesAreReadInPlace(t *testing.T) {
	for _, size := range []int{directMin + 10, 200 << 10, 256 << 10, 1 << 20, 10 << 20} {
		d := NewDecoder(-1)
		for round := range 3 {
			octets := AppendMessage(nil, MessageOf(make([]byte, size)))
			_, msgs, _, err := d.Decode(octets[:largeHeader+1], nil)
			require.NoError(t, err)
			rest, moved := octets[largeHeader+1:], 0
			var first *byte
			for len(msgs) == 0 {
				place := d.Direct()
				if place == nil {
					_, msgs, _, err = d.Decode(rest, nil)
					require.NoError(t, err)
					break
				}
				if at := &d.body.octets[0]; at != first {
					if first != nil {
						moved++
					}
					first = at
				}
				n := copy(place, rest[:min(len(rest), 64<<10)])
				rest = rest[n:]
				var more []byte
				msgs, more, err = d.Filled(n, nil)
				require.NoError(t, err)
				require.Empty(t, more)
			}
			require.Len(t, msgs, 1)
			require.Same(t, first, &msgs[0].Bytes()[0], "where it was read to")
			if round > 0 || size <= trusted {
				require.Zero(t, moved, "size %d, round %d", size, round)
			}
		}
	}
}

// TestSealedBodiesAreUsedAgain wants a sealed stream whose messages are released to live on little memory too.
func TestSealedBodiesAreUsedAgain(t *testing.T) {
	for _, size := range []int{1000, slabMax, 10_000, 64 << 10, 200_000, 1 << 20} {
		cs, so, _, _ := curveTraffic0(t)
		d := NewDecoder(-1)
		d.SetOpener(so)
		body := make([]byte, size)
		seen := map[*byte]bool{}
		const n = 200
		for range n {
			_, msgs, _, err := d.Decode(cs.AppendFrame(nil, 0, body), nil)
			require.NoError(t, err)
			require.Len(t, msgs, 1)
			require.Equal(t, size, msgs[0].Size())
			require.True(t, Held(msgs[0]), "%d octets", size)
			seen[&msgs[0].Bytes()[0]] = true
			msgs[0].Release()
		}
		if !raceEnabled {
			require.Less(t, len(seen), n/4, "%d octets", size)
		}
	}
}

// TestLargeSealedBodiesAreNotMoved follows where large sealed bodies lie while they come: from the second one on they have their room at once.
func TestLargeSealedBodiesAreNotMoved(t *testing.T) {
	cs, so, _, _ := curveTraffic0(t)
	d := NewDecoder(-1)
	d.SetOpener(so)
	for round := range 3 {
		octets := cs.AppendFrame(nil, 0, make([]byte, 4<<20))
		_, _, _, err := d.Decode(octets[:largeHeader+1], nil)
		require.NoError(t, err)
		if round == 0 {
			require.LessOrEqual(t, len(d.body.octets), trusted, "nobody has sent so much yet")
		} else {
			require.Equal(t, len(octets)-largeHeader, len(d.body.octets))
		}
		_, msgs, _, err := d.Decode(octets[largeHeader+1:], nil)
		require.NoError(t, err)
		require.Len(t, msgs, 1)
		msgs[0].Release()
	}
}

// TestDecoderKeepsNoLongLists decodes a message of very many frames, and then one that lies in one chunk: neither the decoder nor that message holds
// what the first needed.
func TestDecoderKeepsNoLongLists(t *testing.T) {
	frames := make([][]byte, 1000)
	for i := range frames {
		frames[i] = make([]byte, slabMax+1)
	}
	d := NewDecoder(-1)
	_, msgs, _, err := d.Decode(AppendMessage(nil, MessageOf(frames...)), nil)
	require.NoError(t, err)
	require.Equal(t, len(frames)-1, len(msgs[0].hold().further()))
	require.LessOrEqual(t, cap(d.parts), maxParts)
	require.LessOrEqual(t, cap(d.chunks), maxParts)
	_, msgs, _, err = d.Decode(AppendMessage(nil, MessageOf(frames[:2]...)), nil)
	require.NoError(t, err)
	require.Equal(t, 1, len(msgs[0].hold().further()))
	_, msgs, _, err = d.Decode(AppendMessage(nil, MessageOf(frames[:1]...)), nil)
	require.NoError(t, err)
	require.True(t, msgs[0].hold().more == nil)
}

// TestManyFramesInFewChunks decodes messages of small frames among large ones: each chunk is referred to once, however many frames lie in it.
func TestManyFramesInFewChunks(t *testing.T) {
	var frames [][]byte
	for range 20 {
		frames = append(frames, make([]byte, 600), make([]byte, slabMax+1), nil, make([]byte, 10))
	}
	d := NewDecoder(-1)
	for range 3 {
		_, msgs, _, err := d.Decode(AppendMessage(nil, MessageOf(frames...)), nil)
		require.NoError(t, err)
		h, seen := msgs[0].hold(), map[*chunk]bool{}
		for _, c := range append([]*chunk{h.chunk}, h.further()...) {
			require.False(t, seen[c], "twice")
			seen[c] = true
		}
		require.Less(t, len(seen), 25)
	}
}

// TestEmptyFramesCountNothing decodes empty frames whose headers come in pieces, between small ones in a slab that is counted: they take no part of it,
// and no reference, however many there are.
func TestEmptyFramesCountNothing(t *testing.T) {
	d := NewDecoder(-1)
	_, msgs, _, err := d.Decode(AppendMessage(nil, MessageOf(make([]byte, 600))), nil)
	require.NoError(t, err)
	require.Len(t, msgs, 1)
	require.NotNil(t, d.slab.chunk)
	given := d.slab.given
	empty := AppendMessage(nil, Message{})
	for range 100 {
		for _, octet := range empty {
			_, msgs, _, err = d.Decode([]byte{octet}, nil)
			require.NoError(t, err)
		}
		require.Len(t, msgs, 1)
		require.Zero(t, msgs[0].Size())
	}
	require.Equal(t, given, d.slab.given)
}
