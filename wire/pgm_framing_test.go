package wire

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// packAll cuts messages into packets of at most limit octets.
func packAll(limit int, msgs ...Message) (packets [][]byte) {
	p := NewPGMPacker(limit)
	flush := func() {
		packets = append(packets, bytes.Clone(p.Packet()))
		p.Reset()
	}
	for _, m := range msgs {
		for !p.Add(m) {
			flush()
		}
	}
	if !p.Empty() {
		flush()
	}
	return packets
}

// unpackAll makes messages of packets, none of which may be wrong.
func unpackAll(t testing.TB, d *PGMDecoder, packets ...[]byte) (msgs []Message) {
	t.Helper()
	var err error
	for _, p := range packets {
		msgs, err = d.Decode(p, msgs)
		require.NoError(t, err)
	}
	return msgs
}

// wantUnpacked requires that packets make those messages, in whatever memory.
func wantUnpacked(t testing.TB, want []Message, d *PGMDecoder, packets ...[]byte) {
	t.Helper()
	got := unpackAll(t, d, packets...)
	require.Len(t, got, len(want))
	for i := range got {
		require.Equal(t, want[i].Frames(), got[i].Frames())
	}
}

// captured reads a packet that a libzmq publisher sent.
func captured(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "pgm", name))
	require.NoError(t, err)
	b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	require.NoError(t, err)
	return b
}

// TestPGMGolden makes the packets that a libzmq publisher made, octet for octet, and reads them.
func TestPGMGolden(t *testing.T) {
	var framing []Message
	for i := range 3 {
		framing = append(framing, NewMessage("top", "", fmt.Sprintf("body%d", i)))
	}
	framing = append(framing, NewMessage(strings.Repeat("x", 254)), NewMessage(strings.Repeat("y", 253)))
	packet := captured(t, "framing.hex")
	require.Equal(t, [][]byte{packet}, packAll(1428, framing...))
	wantUnpacked(t, framing, NewPGMDecoder(-1), packet)

	require.Equal(t, [][]byte{{0, 0, 1, 0}}, packAll(1428, Message{}))
	require.Equal(t, 1, len(unpackAll(t, NewPGMDecoder(-1), []byte{0, 0, 1, 0})))

	// libzmq's last packet of a large message says where the next one would begin: behind its end. Ours says that none does.
	big := NewMessage("A msg-0" + strings.Repeat(".", 3993))
	got := packAll(1428, big)
	require.Len(t, got, 3)
	require.Equal(t, "000000ff", hex.EncodeToString([]byte{got[0][0], got[0][1], 0, got[0][2]}))
	require.Equal(t, []byte{0xff, 0xff}, got[1][:2])
	require.Equal(t, []byte{0xff, 0xff}, got[2][:2])
	last := bytes.Clone(got[2])
	last[0], last[1] = 0x04, 0x86
	require.Len(t, last, 1160)
	wantUnpacked(t, []Message{big}, NewPGMDecoder(-1), got[0], got[1], last)
}

// TestPGMOffsets reads packets with each kind of offset, from whatever place.
func TestPGMOffsets(t *testing.T) {
	d := NewPGMDecoder(-1)
	require.Empty(t, unpackAll(t, d, []byte("\xff\xfftail of something")))
	require.Equal(t, []Message{NewMessage("a")}, unpackAll(t, d, []byte("\x00\x04tail\x02\x00a")))

	d.Lose()
	require.Empty(t, unpackAll(t, d, []byte("\x00\x04tail")), "the next packet begins a message")
	require.Equal(t, []Message{NewMessage("b")}, unpackAll(t, d, []byte("\xff\xff\x02\x00b")))

	// One that ends with its packet says no offset, and the next one says 0.
	packets := packAll(6, NewMessage("12"), NewMessage("34"))
	require.Equal(t, [][]byte{[]byte("\x00\x00\x03\x0012"), []byte("\x00\x00\x03\x0034")}, packets)
	packets = packAll(5, NewMessage("12"), NewMessage("3"))
	require.Equal(t, [][]byte{[]byte("\x00\x00\x03\x001"), []byte("\x00\x012\x02\x00"), []byte("\xff\xff3")}, packets)
}

// TestPGMBoundary puts bodies around the size where headers grow.
func TestPGMBoundary(t *testing.T) {
	for size, head := range map[int]string{0: "01", 1: "02", 252: "fd", 253: "fe", 254: "ff00000000000000ff", 255: "ff0000000000000100"} {
		m := MessageOf(make([]byte, size))
		packet := packAll(2000, m)[0]
		require.Equal(t, "0000"+head+"00", hex.EncodeToString(packet[:2+len(head)/2+1]))
		require.Equal(t, size, unpackAll(t, NewPGMDecoder(-1), packet)[0].Size())
	}
}

// TestPGMWrong drops a packet that the framing does not allow, and falls into step at the next message.
func TestPGMWrong(t *testing.T) {
	after := []byte("\x00\x00\x03\x00ok")
	for name, p := range map[string][]byte{
		"empty": {}, "one octet": {0}, "frame of size 0": {0, 0, 0, 0}, "offset too large": []byte("\x00\x64\x03\x00zz"),
		"large frame of size 0": append([]byte{0, 0, 0xff}, make([]byte, 9)...),
		"beyond the limit":      []byte("\x00\x00\xff\x00\x00\x00\x00\x00\x00\x10\x00\x00"),
		"beyond any limit":      []byte("\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00"),
		"second frame":          []byte("\x00\x00\x02\x01a\x00\x00"),
	} {
		d := NewPGMDecoder(1000)
		_, err := d.Decode(p, nil)
		require.Error(t, err, name)
		require.Equal(t, []Message{NewMessage("ok")}, unpackAll(t, d, after), name)
	}
	d := NewPGMDecoder(1000)
	msgs, err := d.Decode([]byte("\x00\x00\x02\x00a\x00\x00"), nil)
	require.Error(t, err)
	require.Equal(t, []Message{NewMessage("a")}, msgs, "what came before is good")
}

// TestPGMLoss loses each packet of a stream in turn: what is delivered is whole, and only what touched the packet is
// missing.
func TestPGMLoss(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var msgs []Message
	for i := range 60 {
		frames := [][]byte{{byte(i)}}
		for rnd.IntN(3) > 0 {
			frames = append(frames, bytes.Repeat([]byte{byte(i)}, rnd.IntN(400)))
		}
		msgs = append(msgs, MessageOf(frames...))
	}
	packets := packAll(150, msgs...)
	wantUnpacked(t, msgs, NewPGMDecoder(-1), packets...)
	for lost := range packets {
		d := NewPGMDecoder(-1)
		got := unpackAll(t, d, packets[:lost]...)
		d.Lose()
		rest := unpackAll(t, d, packets[lost+1:]...)
		for i, m := range got {
			require.Equal(t, msgs[i].Frames(), m.Frames())
		}
		for i, m := range rest {
			require.Equal(t, msgs[len(msgs)-len(rest)+i].Frames(), m.Frames())
		}
		require.Less(t, len(msgs)-len(got)-len(rest), 25)
	}
}

// TestPGMMemory takes room as octets come, not as a header says.
func TestPGMMemory(t *testing.T) {
	d := NewPGMDecoder(-1)
	_, err := d.Decode([]byte("\x00\x00\xff\x00\x00\x00\xff\x00\x00\x00\x00\x00abc"), nil)
	require.NoError(t, err)
	require.LessOrEqual(t, len(d.frames.body.octets), trusted)
}

// TestPGMAllocs packs without allocating.
func TestPGMAllocs(t *testing.T) {
	p := NewPGMPacker(1428)
	m := NewMessage(strings.Repeat("z", 100))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for p.Add(m) {
		}
		p.Reset()
	}))
}

// FuzzPGM decodes any octets as packets, which must not depend on anything but them; what comes out survives another
// packing.
func FuzzPGM(f *testing.F) {
	f.Add([]byte("\x00\x00\x03\x00ok\x00\x64\x03\x00zz"), uint8(6))
	f.Add([]byte("\x00\x00\x00\x00\xff\xff\x02\x01a"), uint8(4))
	f.Add(bytes.Join(packAll(30, NewMessage("a", "", "b"), NewMessage(strings.Repeat("x", 300))), nil), uint8(30))
	f.Fuzz(func(t *testing.T, octets []byte, size uint8) {
		d := NewPGMDecoder(1 << 16)
		var msgs []Message
		for p := octets; len(p) > 0; {
			n := min(len(p), max(int(size), 1))
			msgs, _ = d.Decode(p[:n], msgs)
			p = p[n:]
		}
		again := unpackAll(t, NewPGMDecoder(-1), packAll(max(int(size), 3), msgs...)...)
		require.Equal(t, len(msgs), len(again))
		for i := range msgs {
			require.Equal(t, msgs[i].Frames(), again[i].Frames())
		}
	})
}
