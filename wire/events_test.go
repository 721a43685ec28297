package wire

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// An event is what a decoder makes of octets: the frames of one message, or
// the body of one command.
type event struct {
	frames  []string // nil for a command
	command string
}

// messageEvent describes a message.
func messageEvent(m Message) event {
	e := event{frames: []string{}}
	for _, f := range m.All() {
		e.frames = append(e.frames, string(f))
	}
	return e
}

// appendTo encodes the event again.
func (e event) appendTo(dst []byte) []byte {
	if e.frames == nil {
		return append(AppendHeader(dst, CommandFrame, len(e.command)), e.command...)
	}
	return AppendMessage(dst, NewMessage(e.frames...))
}

// A feeder drives a decoder with octets in some cut.
type feeder struct {
	d      *Decoder
	events []event
	err    error
}

// decode feeds one piece by Decode, in as many calls as the commands demand.
func (f *feeder) decode(t testing.TB, p []byte) {
	for f.err == nil {
		n, out, cmd, err := f.d.Decode(p, nil)
		f.add(out)
		if cmd != nil {
			f.events = append(f.events, event{command: string(cmd)})
		}
		p, f.err = p[n:], err
		if cmd == nil {
			require.True(t, err != nil || len(p) == 0, "octets left over without a reason")
			return
		}
	}
}

// direct feeds the beginning of p by Direct and Filled, if the decoder offers
// it, and returns the rest.
func (f *feeder) direct(t testing.TB, p []byte) []byte {
	room := f.d.Direct()
	if room == nil || f.err != nil {
		return p
	}
	require.NotEmpty(t, room)
	n := copy(room, p)
	out, rest, err := f.d.Filled(n, nil)
	f.add(out)
	f.err = err
	f.decode(t, rest)
	return p[n:]
}

// add takes messages that the decoder returned.
func (f *feeder) add(out []Message) {
	for _, m := range out {
		f.events = append(f.events, messageEvent(m))
	}
}

// decodeWhole decodes octets in one piece.
func decodeWhole(t testing.TB, octets []byte, maxFrame int64) ([]event, error) {
	f := feeder{d: NewDecoder(maxFrame)}
	f.decode(t, octets)
	return f.events, f.err
}

// large sets, at random, which bodies are large: those of a few kB, say, or those that SetSmallBody says.
func (f *feeder) large(maxFrame int64, rnd *rand.Rand) {
	switch rnd.IntN(3) {
	case 0:
		f.d.copied = slabMax
	case 1:
		if maxFrame <= trusted { // else a header takes more memory than a test has
			f.d.SetSmallBody(rnd.IntN(1 << rnd.IntN(16)))
		}
	}
}

// ahead returns a piece of n octets of p, or, at random, what of it the decoder
// wants to be read at once.
func (f *feeder) ahead(t testing.TB, p []byte, n int, rnd *rand.Rand) []byte {
	if rnd.IntN(2) == 0 {
		return p[:n]
	}
	ahead := f.d.Ahead(n)
	require.Positive(t, ahead)
	require.LessOrEqual(t, ahead, n)
	return p[:ahead]
}

// decodeChunked decodes octets in random pieces, some of them by Direct where
// the decoder offers it.
func decodeChunked(t testing.TB, octets []byte, maxFrame int64, rnd *rand.Rand) ([]event, error) {
	f := feeder{d: NewDecoder(maxFrame)}
	f.large(maxFrame, rnd)
	largest := 1 + rnd.IntN(1+rnd.IntN(len(octets)+1))
	for len(octets) > 0 && f.err == nil {
		n := min(len(octets), 1+rnd.IntN(largest))
		if rnd.IntN(2) == 0 {
			rest := f.direct(t, octets[:n])
			n -= len(rest)
			octets = octets[n:]
			continue
		}
		p := f.ahead(t, octets, n, rnd)
		f.decode(t, p)
		octets = octets[len(p):]
	}
	return f.events, f.err
}

// reference decodes octets in the plainest way, for comparison. It reports
// whether it met a frame that is too large.
func reference(octets []byte, maxFrame int64) (events []event, tooLarge bool) {
	frames := []string{}
	for len(octets) >= 2 {
		flags, size, rest := octets[0], uint64(octets[1]), octets[2:]
		if flags&2 != 0 {
			if len(octets) < 9 {
				break
			}
			size, rest = binary.BigEndian.Uint64(octets[1:]), octets[9:]
		}
		if size > 1<<63-1 || maxFrame >= 0 && size > uint64(maxFrame) {
			return events, true
		}
		if size > uint64(len(rest)) {
			break
		}
		body := string(rest[:size])
		octets = rest[size:]
		switch flags & 5 {
		case 5: // COMMAND and MORE: dropped
		case 4:
			events = append(events, event{command: body})
		case 1:
			frames = append(frames, body)
		case 0:
			events = append(events, event{frames: append(frames, body)})
			frames = []string{}
		}
	}
	return events, false
}

// randomTraffic returns about n frames of all kinds and sizes.
func randomTraffic(rnd *rand.Rand, n int) []byte {
	var octets []byte
	for range n {
		flags := Flags(rnd.UintN(256))
		if rnd.IntN(4) > 0 {
			flags &^= CommandFrame
		}
		size := rnd.IntN(20)
		switch rnd.IntN(8) {
		case 0:
			size = rnd.IntN(3 * slabMax)
		case 1:
			size = rnd.IntN(3 * directMin)
		}
		octets = AppendHeader(octets, flags&^Large|flags&Large*Flags(rnd.IntN(2)), size)
		for range size {
			octets = append(octets, byte(rnd.UintN(256)))
		}
	}
	return octets
}
