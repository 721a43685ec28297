package pgm

import (
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A vector is a packet that was captured between two libzmq processes, and what it says.
type vector struct {
	name string
	hex  string
	want Packet
	list []Seq
}

// The parties of the captures.
var (
	hostA  = netip.MustParseAddr("10.99.0.1")
	group1 = netip.MustParseAddr("239.192.1.1")
	tsiA   = TSI{GSI: GSI{0xb7, 0xc6, 0xd1, 0xbc, 0x03, 0x8a}, Port: 0xd898}
)

// vectors are packets of testdata/epgm-loss-nak-ncf-rdata.pcap and epgm-latejoin-spmr.pcap, octet for octet.
var vectors = []vector{
	{
		"SPM", "d898 15b3 00 00 7a41 b7c6d1bc038a 0000 00000000 00000000 ffffffff 0001 0000 0a630001",
		Packet{Type: SPM, TSI: tsiA, Port: 5555, Lead: 0xffffffff, Path: hostA},
		nil,
	},
	{
		"SPM with OPT_FIN", "d898 15b3 00 01 ec1f b7c6d1bc038a 0000 00000007 00000000 00000009 0001 0000 0a630001 00040008 8e040000",
		Packet{Type: SPM, TSI: tsiA, Port: 5555, Seq: 7, Lead: 9, Path: hostA, Fin: true},
		nil,
	},
	{
		"ODATA", "d898 15b3 04 00 32da b7c6d1bc038a 000b 00000000 00000000 0000 0800 41206d73672d30",
		Packet{Type: ODATA, TSI: tsiA, Port: 5555, Data: []byte("\x00\x00\x08\x00A msg-0")},
		nil,
	},
	{
		"RDATA", "d898 15b3 05 00 2fd8 b7c6d1bc038a 000b 00000002 00000000 0000 0800 41206d73672d32",
		Packet{Type: RDATA, TSI: tsiA, Port: 5555, Seq: 2, Data: []byte("\x00\x00\x08\x00A msg-2")},
		nil,
	},
	{
		"NAK", "15b3 d898 08 00 817c b7c6d1bc038a 0000 00000002 0001 0000 0a630001 0001 0000 efc00101",
		Packet{Type: NAK, TSI: tsiA, Port: 5555, Seq: 2, Path: hostA, Group: group1},
		[]Seq{2},
	},
	{
		"NAK with OPT_NAK_LIST", `15b3 d898 08 03 ff48 b7c6d1bc038a 0000 00000005 0001 0000 0a630001 0001 0000 efc00101
		00040010 820c0000 00000006 00000007`,
		Packet{Type: NAK, TSI: tsiA, Port: 5555, Seq: 5, Path: hostA, Group: group1},
		[]Seq{5, 6, 7},
	},
	{
		"NCF", "d898 15b3 0a 00 7f7c b7c6d1bc038a 0000 00000002 0001 0000 0a630001 0001 0000 efc00101",
		Packet{Type: NCF, TSI: tsiA, Port: 5555, Seq: 2, Path: hostA, Group: group1},
		[]Seq{2},
	},
	{
		"NCF with OPT_NAK_LIST", `d898 15b3 0a 03 fd48 b7c6d1bc038a 0000 00000005 0001 0000 0a630001 0001 0000 efc00101
		00040010 820c0000 00000006 00000007`,
		Packet{Type: NCF, TSI: tsiA, Port: 5555, Seq: 5, Path: hostA, Group: group1},
		[]Seq{5, 6, 7},
	},
	{
		"SPMR", "15b3 6df3 0c 00 e34b b7c6d1bc038a 0000",
		Packet{Type: SPMR, TSI: TSI{GSI: tsiA.GSI, Port: 0x6df3}, Port: 5555},
		nil,
	},
}

// octets reads hexadecimal text with spaces in it.
func octets(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	require.NoError(t, err)
	return b
}

// TestVectors parses the captured packets and makes them again, octet for octet.
func TestVectors(t *testing.T) {
	for _, v := range vectors {
		b := octets(t, v.hex)
		p, err := Parse(b)
		require.NoError(t, err, v.name)
		if v.list != nil {
			require.Equal(t, v.list, slices.Collect(p.Numbers()), v.name)
		}
		got := p
		got.list = nil
		require.Equal(t, v.want, got, v.name)
		require.Equal(t, b, p.AppendTo(nil), v.name)
	}
}

// TestTruncation cuts each packet at every octet: with the checksum made good, or taken out, it still does not parse.
func TestTruncation(t *testing.T) {
	for _, v := range vectors {
		whole := octets(t, v.hex)
		for n := range whole {
			cut := slices.Clone(whole[:n])
			_, err := Parse(cut)
			require.Error(t, err, "%s cut at %d", v.name, n)
			if n < headerSize {
				continue
			}
			seal(cut)
			_, err = Parse(cut)
			require.Error(t, err, "%s cut at %d, sealed", v.name, n)
			cut[6], cut[7] = 0, 0
			_, err = Parse(cut)
			require.Error(t, err, "%s cut at %d, without checksum", v.name, n)
		}
		_, err := Parse(append(slices.Clone(whole), 0))
		require.Error(t, err, "%s with an octet too many", v.name)
	}
}

// TestWindows wants a window that is none refused: a lead far behind its trail, or data before its own. Both ways of saying that nothing was sent mean
// the same.
func TestWindows(t *testing.T) {
	spm := Packet{Type: SPM, TSI: tsiA, Port: 5555, Path: hostA}
	for _, lead := range []Seq{0xffffffff, 0x80000000} {
		spm.Lead = lead
		p, err := Parse(spm.AppendTo(nil))
		require.NoError(t, err)
		require.Equal(t, Seq(0xffffffff), p.Lead)
	}
	for _, window := range [][2]Seq{{5, 3}, {0, 0x80000001}, {1, 0x80000001}, {0, 0xfffffffe}} {
		spm.Trail, spm.Lead = window[0], window[1]
		_, err := Parse(spm.AppendTo(nil))
		require.ErrorIs(t, err, ErrMalformed, "%v", window)
	}
	for _, typ := range []Type{ODATA, RDATA} {
		data := Packet{Type: typ, TSI: tsiA, Port: 5555, Seq: 4, Trail: 5, Data: []byte("x")}
		_, err := Parse(data.AppendTo(nil))
		require.ErrorIs(t, err, ErrMalformed)
	}
}

// TestChecksums wants one on data, right wherever there is one, and none on the others where they have none.
func TestChecksums(t *testing.T) {
	for _, v := range vectors {
		b := octets(t, v.hex)
		b[6], b[7] = 0, 0
		p, err := Parse(b)
		if p.Type == ODATA || p.Type == RDATA {
			require.ErrorIs(t, err, ErrChecksum, v.name)
		} else {
			require.NoError(t, err, v.name)
		}
		for i := range b {
			b := octets(t, v.hex)
			b[i] ^= 0x10
			_, err := Parse(b)
			require.Error(t, err, "%s with octet %d changed", v.name, i)
		}
	}
	odd := Packet{Type: ODATA, TSI: tsiA, Port: 1, Data: []byte{1, 2, 3}}
	_, err := Parse(odd.AppendTo(nil))
	require.NoError(t, err, "an odd tail")

	// A checksum that comes to 0 is sent as 0xffff: 0 would say that there is none.
	b := (&Packet{Type: ODATA, TSI: tsiA, Port: 1, Data: []byte{0, 0}}).AppendTo(nil)
	b[len(b)-2], b[len(b)-1] = b[6], b[7]
	seal(b)
	require.Equal(t, []byte{0xff, 0xff}, b[6:8])
	_, err = Parse(b)
	require.NoError(t, err)
}

// withOptions makes a packet with hand-made option extensions.
func withOptions(p Packet, bits byte, options ...byte) []byte {
	data := p.Data
	p.Data = nil
	b := append(p.AppendTo(nil), options...)
	b = append(b, data...)
	b[5] |= bits
	b[14], b[15] = byte(len(data)>>8), byte(len(data))
	seal(b)
	return b
}

// TestOptions skips what it does not know, by its length, and does not look at the reserved octets: OpenPGM leaves in
// them what it finds on its stack.
func TestOptions(t *testing.T) {
	odata := Packet{Type: ODATA, TSI: tsiA, Port: 5555, Data: []byte("data")}
	spm := Packet{Type: SPM, TSI: tsiA, Port: 5555, Path: hostA, Lead: 1}
	nak := Packet{Type: NAK, TSI: tsiA, Port: 5555, Path: hostA, Group: group1}
	good := map[string][]byte{
		"unknown":        withOptions(odata, 1, 0, 4, 0, 11, 0xba, 7, 2, 'a', 'b', 'c', 'd'),
		"two":            withOptions(odata, 1, 0, 4, 0, 16, 0x3a, 4, 0, 0, 0x83, 8, 0, 0, 0, 0, 0, 9),
		"syn":            withOptions(spm, 1, 0, 4, 0, 8, 0x8d, 4, 0, 0),
		"fin, garbage":   withOptions(spm, 1, 0, 4, 0, 8, 0x8e, 4, 0x1e, 0x77),
		"list, garbage":  withOptions(nak, 3, 0, 4, 0, 12, 0x82, 8, 0x1e, 0x33, 0, 0, 0, 9),
		"nothing within": withOptions(odata, 1, 0x80, 4, 0, 4),
	}
	for name, b := range good {
		p, err := Parse(b)
		require.NoError(t, err, name)
		if p.Type == ODATA {
			require.Equal(t, "data", string(p.Data), name)
		}
		require.Equal(t, strings.HasPrefix(name, "fin"), p.Fin, name)
	}
	bad := map[string][]byte{
		"no length":        withOptions(odata, 1),
		"length too short": withOptions(odata, 1, 0, 4, 0, 3),
		"length too long":  withOptions(odata, 1, 0, 4, 0xff, 0xff),
		"no end":           withOptions(odata, 1, 0, 4, 0, 8, 0x3a, 4, 0, 0),
		"empty option":     withOptions(odata, 1, 0, 4, 0, 8, 0x3a, 0, 0, 0),
		"beyond the end":   withOptions(odata, 1, 0, 4, 0, 8, 0xba, 5, 0, 0),
		"list of nothing":  withOptions(nak, 3, 0, 4, 0, 8, 0x82, 4, 0, 0),
		"list of a piece":  withOptions(nak, 3, 0, 4, 0, 10, 0x82, 6, 0, 0, 0, 1),
	}
	for name, b := range bad {
		_, err := Parse(b)
		require.ErrorIs(t, err, ErrMalformed, name)
	}
	fragment, err := Parse(withOptions(odata, 1, 0, 4, 0, 20, 0x81, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4))
	require.NoError(t, err)
	require.True(t, fragment.Fragment)
	for name, b := range map[string][]byte{"parity": withOptions(odata, hasParity), "parity NAK": withOptions(nak, hasParity)} {
		_, err := Parse(b)
		require.ErrorIs(t, err, ErrForeign, name)
	}
}

// TestForeign drops other versions and the types that are not spoken.
func TestForeign(t *testing.T) {
	for typ := range 256 {
		b := octets(t, vectors[0].hex)
		b[4] = byte(typ)
		seal(b)
		if _, err := Parse(b); !slices.Contains([]Type{SPM, ODATA, RDATA, NAK, NCF, SPMR}, Type(typ)) {
			require.ErrorIs(t, err, ErrForeign, "type %#x", typ)
		}
	}
}

// TestLongestList asks for as many numbers as go into one NAK.
func TestLongestList(t *testing.T) {
	var numbers []Seq
	for n := range Seq(MaxNakList + 5) {
		numbers = append(numbers, 0xfffffff0+n)
	}
	p := Packet{Type: NAK, TSI: tsiA, Port: 5555, Path: hostA, Group: group1}
	p.SetNumbers(numbers)
	got, err := Parse(p.AppendTo(nil))
	require.NoError(t, err)
	require.Equal(t, numbers[:MaxNakList+1], slices.Collect(got.Numbers()))
}

// TestSeq compares across the wrap.
func TestSeq(t *testing.T) {
	require.True(t, Seq(0xffffffff).Before(0))
	require.False(t, Seq(0).Before(0xffffffff))
	require.Equal(t, 3, Seq(0xfffffffe).to(1))
	require.Equal(t, -3, Seq(1).to(0xfffffffe))
	require.Equal(t, Seq(1), later(0xfffffffe, 1))
	require.Equal(t, Seq(0xfffffffe), earlier(0xfffffffe, 1))
}

// TestCapturesParse parses every whole packet of every capture: each must be one of ours, with a good checksum, and come
// out again as it was but for reserved octets.
func TestCapturesParse(t *testing.T) {
	files, err := os.ReadDir("testdata")
	require.NoError(t, err)
	n := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".pcap") {
			continue
		}
		for _, c := range capture(t, f.Name()) {
			if c.cut {
				_, err := Parse(c.packet)
				require.Error(t, err, "%s, %d", f.Name(), c.number)
				continue
			}
			p, err := Parse(c.packet)
			require.NoError(t, err, "%s, %d", f.Name(), c.number)
			again, err := Parse(p.AppendTo(nil))
			require.NoError(t, err)
			require.Equal(t, p, again)
			n++
		}
	}
	require.Equal(t, 390, n, "whole packets in testdata")
}
