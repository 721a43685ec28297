package wire

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzFrame decodes any octets under any limit. What comes out must not depend
// on the cut, must be what the plainest decoder makes of them, must survive
// another encoding and decoding, and must not take more memory than allowed.
func FuzzFrame(f *testing.F) {
	for _, name := range hexNames(f, "traffic") {
		f.Add(readHex(f, name), int64(-1), uint64(1))
	}
	f.Add(randomTraffic(rand.New(rand.NewPCG(1, 1)), 20), int64(-1), uint64(2))
	f.Add(AppendHeader(nil, 0, 1<<40), int64(1<<30), uint64(3))
	for seed := range uint64(8) { // behind a large body, the largest command there can be
		large := append(AppendHeader(nil, 0, 3<<10), make([]byte, 3<<10)...)
		f.Add(AppendHeader(large, CommandFrame, math.MaxInt64), int64(-1), seed)
	}
	f.Fuzz(func(t *testing.T, octets []byte, maxFrame int64, seed uint64) {
		want, tooLarge := reference(octets, maxFrame)
		whole, err := decodeWhole(t, octets, maxFrame)
		require.Equal(t, want, whole)
		require.Equal(t, tooLarge, err != nil)

		pieces, err := decodeChunked(t, octets, maxFrame, rand.New(rand.NewPCG(seed, 4)))
		require.Equal(t, want, pieces)
		require.Equal(t, tooLarge, err != nil)

		var encoded []byte
		for _, e := range whole {
			encoded = e.appendTo(encoded)
		}
		again, err := decodeWhole(t, encoded, -1)
		require.NoError(t, err)
		require.Equal(t, want, again)

		d := NewDecoder(maxFrame)
		for p := octets; len(p) > 0 && d.err == nil; {
			n, _, _, _ := d.Decode(p[:min(len(p), 100)], nil)
			p = p[n:]
			require.LessOrEqual(t, len(d.body.octets), max(trusted, growth*len(octets)))
		}
	})
}

// FuzzCommand decodes any octets as a command, which must survive another
// encoding and decoding.
func FuzzCommand(f *testing.F) {
	for _, c := range []Command{
		readyOf(TypePush),
		Error{Reason: "400"},
		Subscribe{Topic: []byte("topic")},
		Cancel{},
		Ping{TTL: MaxTTL},
		Pong{Context: []byte("0123456789abcdef")},
		Unknown{Name: "JOIN", Body: []byte("group")},
	} {
		f.Add(c.AppendTo(nil)[shortHeader:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		original := bytes.Clone(body)
		c, err := ParseCommand(body)
		require.Equal(t, original, body, "the input is not written to")
		if err != nil {
			require.ErrorAs(t, err, new(*ProtocolError))
			return
		}
		require.Equal(t, c, parseFrame(t, c.AppendTo(nil)))
	})
}

// FuzzMetadata decodes any octets as metadata: what is accepted must be the
// very octets that encoding yields, for there is one encoding only.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte{})
	f.Add(Metadata{{"Socket-Type", "DEALER"}, {"Identity", ""}}.AppendTo(nil))
	f.Add([]byte("\x01A\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, octets []byte) {
		m, err := ParseMetadata(octets)
		if err != nil {
			require.ErrorAs(t, err, new(*ProtocolError))
			return
		}
		require.True(t, bytes.Equal(octets, m.AppendTo(nil)))
		for _, p := range m {
			_, ok := m.Get(p.Name)
			require.True(t, ok)
		}
	})
}

// FuzzHandshake plays any octets to a handshake. The outcome must not depend on
// the cut, the end must be final, and memory must follow what came.
func FuzzHandshake(f *testing.F) {
	for _, name := range hexNames(f, "handshake") {
		f.Add(readHex(f, name), int64(0), uint64(1))
	}
	f.Add(AppendMessage(peerSays(readyOf(TypePull)), NewMessage("early")), int64(64), uint64(2))
	f.Add(AppendHeader(peerSays(), CommandFrame, 1<<62), int64(-1), uint64(3))
	f.Fuzz(func(t *testing.T, octets []byte, maxCommand int64, seed uint64) {
		cfg := HandshakeConfig{SocketType: TypePush, MaxCommand: maxCommand, Accepts: func(peerType string) bool {
			return peerType == TypePull || peerType == TypeRouter
		}}
		whole := NewHandshake(cfg)
		n, want, err := whole.Receive(octets)
		if err == nil && !whole.Done() {
			require.Equal(t, len(octets), n, "octets left over without a reason")
		}

		pieces := NewHandshake(cfg)
		rnd := rand.New(rand.NewPCG(seed, 5))
		var got []byte
		var perr error
		total := 0
		for p := octets; len(p) > 0; {
			piece := 1 + rnd.IntN(min(len(p), 100))
			used, out, e := pieces.Receive(p[:piece])
			got, perr = append(got, out...), e
			total += used
			require.LessOrEqual(t, cap(pieces.buf), 2*len(octets)+2*greetingSize)
			p = p[piece:]
		}
		require.Equal(t, err, perr)
		require.Equal(t, n, total)
		require.True(t, bytes.Equal(want, got))
		require.Equal(t, whole.Done(), pieces.Done())
		require.Equal(t, whole.Peer(), pieces.Peer())
		if err != nil {
			require.ErrorAs(t, err, new(*ProtocolError))
			require.False(t, whole.Done())
		}
	})
}
