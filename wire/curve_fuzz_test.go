package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// curveWords returns what both sides say, greetings and all, in a handshake of
// CURVE whose random octets are those of steady.
func curveWords(t testing.TB) (client, server []byte) {
	t.Helper()
	c, s := testCurve(true)
	sides := [2]*Handshake{
		NewHandshake(HandshakeConfig{SocketType: TypePull, Mechanism: steady(c)}),
		NewHandshake(HandshakeConfig{SocketType: TypePull, Mechanism: steady(s)}),
	}
	said := [2][]byte{sides[0].Start(), sides[1].Start()}
	heard := [2]int{}
	for heard[0] < len(said[1]) || heard[1] < len(said[0]) {
		for i, side := range sides {
			n, out, err := side.Receive(said[1-i][heard[i]:])
			require.NoError(t, err)
			heard[i] += n
			said[i] = append(said[i], out...)
			if side.Asks() != nil {
				out, err := side.Answer(Verdict{Status: StatusOK})
				require.NoError(t, err)
				said[i] = append(said[i], out...)
			}
		}
	}
	require.True(t, sides[0].Done() && sides[1].Done())
	return said[0], said[1]
}

// TestCurveSteady checks that the seeds of FuzzExchange are what it takes them for:
// words with which a handshake of CURVE comes to its end.
func TestCurveSteady(t *testing.T) {
	client, server := curveWords(t)
	again, _ := curveWords(t)
	require.Equal(t, client, again)
	c, s := testCurve(true)
	for _, side := range []struct {
		mechanism Mechanism
		octets    []byte
	}{{c, server}, {s, client}} {
		d := newDialog(t, HandshakeConfig{SocketType: TypePull, Mechanism: steady(side.mechanism)})
		d.hears(side.octets)
		require.NoError(t, d.err)
		require.True(t, d.h.Done())
	}
}

// TestCurveInPieces cuts both sides' words at random, with sealed traffic right
// behind the client's READY: nothing depends on the cut, and nothing of the traffic
// is taken.
func TestCurveInPieces(t *testing.T) {
	client, server := testCurve(true)
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 8))
		sides := [2]*Handshake{
			NewHandshake(HandshakeConfig{SocketType: TypeReq, Mechanism: client}),
			NewHandshake(HandshakeConfig{SocketType: TypeRep, Mechanism: server}),
		}
		toward := [2][]byte{sides[1].Start(), sides[0].Start()}
		var seal *Sealer
		var open *Opener
		for !sides[0].Done() {
			i := rnd.IntN(2)
			if len(toward[i]) == 0 || sides[i].Done() {
				i = 1 - i
			}
			n, out, err := sides[i].Receive(toward[i][:1+rnd.IntN(len(toward[i]))])
			require.NoError(t, err)
			toward[i], toward[1-i] = toward[i][n:], append(toward[1-i], out...)
			if sides[i].Asks() != nil {
				out, err := sides[i].Answer(Verdict{Status: StatusOK})
				require.NoError(t, err)
				seal, _ = sides[i].Traffic()
				toward[1-i] = seal.AppendFrames(append(toward[1-i], out...), AppendMessage(nil, NewMessage("early", "bird")))
			}
		}
		require.True(t, sides[1].Done())
		require.Empty(t, toward[1])
		_, open = sides[0].Traffic()
		d := NewDecoder(-1)
		d.SetOpener(open)
		_, msgs, _, err := d.Decode(toward[0], nil)
		require.NoError(t, err)
		require.Equal(t, []Message{NewMessage("early", "bird")}, msgs)
	}
}

// FuzzOpener plays sealed traffic with one octet changed, and then any octets, to a
// decoder that opens. What comes out before the change must be what was sealed,
// nothing may come from behind it, and the cut must not matter.
func FuzzOpener(f *testing.F) {
	f.Add([]byte("body"), byte(0), uint64(3), uint16(30), byte(1), []byte("behind"), int64(-1), uint64(1))
	f.Add([]byte{}, byte(1), uint64(2), uint16(0), byte(0), []byte{}, int64(0), uint64(2))
	f.Add([]byte("\x04PING\x00\x00"), byte(2), uint64(1), uint16(12), byte(0x80), []byte(messagePrefix), int64(7), uint64(3))
	f.Add(make([]byte, 300), byte(0xFF), uint64(1<<64-1), uint16(1), byte(2), AppendHeader(nil, 0, 1<<40), int64(1<<30), uint64(4))
	f.Fuzz(func(t *testing.T, contents []byte, flags byte, counter uint64, at uint16, mask byte, behind []byte, maxFrame int64, seed uint64) {
		_, so, _, _ := curveTraffic0(t)
		sealed := sealRaw(so, counter, append([]byte{flags}, contents...))
		octets := append(AppendHeader(nil, 0, len(sealed)), sealed...)
		if header := len(octets) - len(sealed); mask != 0 { // what is outside of the body anybody may write
			octets[header+int(at)%len(sealed)] ^= mask
		}
		octets = append(octets, behind...)

		msgs, cmds, err := openAll(t, octets, maxFrame, func(n int) int { return n })
		rnd := rand.New(rand.NewPCG(seed, 9))
		msgs2, cmds2, err2 := openAll(t, octets, maxFrame, func(n int) int { return 1 + rnd.IntN(n) })
		require.Equal(t, msgs, msgs2)
		require.Equal(t, cmds, cmds2)
		require.Equal(t, err, err2)

		whole := mask == 0 && counter > 2 && (maxFrame < 0 || int64(len(contents)) <= maxFrame)
		switch {
		case !whole:
			require.ErrorAs(t, err, new(*ProtocolError))
			require.Empty(t, msgs)
			require.Empty(t, cmds)
		case flags&3 == 0:
			require.Len(t, msgs, 1)
			require.True(t, bytes.Equal(contents, msgs[0].Bytes()))
		case flags&3 == 2:
			require.Len(t, cmds, 1)
			require.True(t, bytes.Equal(contents, cmds[0]))
		default:
			require.Empty(t, msgs)
			require.Empty(t, cmds)
		}
	})
}

// openAll decodes sealed octets in pieces, whose sizes piece chooses of what is left.
func openAll(t *testing.T, octets []byte, maxFrame int64, piece func(left int) int) (msgs []Message, cmds [][]byte, err error) {
	t.Helper()
	_, so, _, _ := curveTraffic0(t)
	d := NewDecoder(maxFrame)
	d.SetOpener(so)
	for rest := octets; len(rest) > 0 && err == nil; {
		var n int
		var cmd []byte
		n, msgs, cmd, err = d.Decode(rest[:piece(len(rest))], msgs)
		require.LessOrEqual(t, len(d.body.octets), max(trusted, growth*len(octets)))
		rest = rest[n:]
		if cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	return msgs, cmds, err
}
