package wire

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHeaderRoundTrip encodes headers around every border and decodes them.
func TestHeaderRoundTrip(t *testing.T) {
	for _, flags := range []Flags{0, More, Large, More | Large, CommandFrame, CommandFrame | Large} {
		for _, size := range []int{0, 1, 254, 255, 256, 257, 65535, 65536, math.MaxInt} {
			b := AppendHeader([]byte("before"), flags, size)
			require.Equal(t, "before", string(b[:6]))
			b = b[6:]
			wantFlags, wantLen := flags, shortHeader
			if size > 255 || flags&Large != 0 {
				wantFlags, wantLen = flags|Large, largeHeader
			}
			want := header{flags: wantFlags, size: uint64(size), len: wantLen}
			require.Len(t, b, wantLen)
			require.Equal(t, want, parseHeader(b))
			require.Equal(t, want, parseHeader(append(b, "body"...)))
			for end := range b {
				require.Equal(t, header{}, parseHeader(b[:end]), "cut at %d", end)
			}
		}
	}
}

// TestAppendMessageMatchesHeaders encodes a message in the two ways there are.
func TestAppendMessageMatchesHeaders(t *testing.T) {
	m := MessageOf([]byte("id"), nil, bytes.Repeat([]byte("x"), 256))
	var want []byte
	for i, f := range m.All() {
		var flags Flags
		if i < m.Len()-1 {
			flags = More
		}
		want = append(AppendHeader(want, flags, len(f)), f...)
	}
	require.Equal(t, want, AppendMessage(nil, m))
	require.Equal(t, append([]byte("before"), want...), AppendMessage([]byte("before"), m))
}

// TestFrameLimit checks what a user's limit means.
func TestFrameLimit(t *testing.T) {
	require.Equal(t, uint64(math.MaxInt), frameLimit(-1))
	require.Equal(t, uint64(math.MaxInt), frameLimit(math.MinInt64))
	require.Equal(t, uint64(0), frameLimit(0))
	require.Equal(t, uint64(7), frameLimit(7))
	require.Equal(t, uint64(math.MaxInt), frameLimit(math.MaxInt64))
}

// TestReservedFlagsAreIgnored sets the five reserved bits, which libzmq
// ignores.
func TestReservedFlagsAreIgnored(t *testing.T) {
	require.Equal(t, header{flags: CommandFrame, size: 1, len: shortHeader}, parseHeader([]byte{0xFC, 1}))
	events, err := decodeWhole(t, []byte{0xF8, 1, 'a', 0xF9, 1, 'b', 0xF8, 1, 'c', 0xFC, 1, 0}, -1)
	require.NoError(t, err)
	require.Equal(t, []event{{frames: []string{"a"}}, {frames: []string{"b", "c"}}, {command: "\x00"}}, events)
}

// TestShortBodyInLargeForm checks that the large form is taken for any size.
func TestShortBodyInLargeForm(t *testing.T) {
	octets := append(binary.BigEndian.AppendUint64([]byte{byte(Large)}, 2), 'o', 'k')
	events, err := decodeWhole(t, octets, 2)
	require.NoError(t, err)
	require.Equal(t, []event{{frames: []string{"ok"}}}, events)
}
