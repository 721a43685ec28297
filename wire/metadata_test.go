package wire

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMetadataRoundTrip encodes properties, decodes them, and cuts them at
// every octet.
func TestMetadataRoundTrip(t *testing.T) {
	m := Metadata{
		{"Socket-Type", "DEALER"},
		{"Identity", ""},
		{"X-Octets", "\x00\xff\x80"},
		{strings.Repeat("n", 255), strings.Repeat("v", 70_000)},
	}
	require.NoError(t, m.Validate())
	b := m.AppendTo(nil)
	require.Len(t, b, m.size())
	got, err := ParseMetadata(b)
	require.NoError(t, err)
	require.Equal(t, m, got)

	m[3].Value = m[3].Value[:300] // so that all of it can be cut
	b = m.AppendTo(nil)
	borders := map[int]int{}
	for i := range m {
		borders[m[:i].size()] = i
	}
	for end := range b {
		got, err = ParseMetadata(b[:end])
		if n, ok := borders[end]; ok {
			require.NoError(t, err, "cut at %d", end)
			require.Len(t, got, n)
			continue
		}
		require.ErrorAs(t, err, new(*ProtocolError), "cut at %d", end)
		require.Nil(t, got)
	}
}

// TestMetadataCopies checks that parsed metadata does not change with the
// buffer that it came from.
func TestMetadataCopies(t *testing.T) {
	b := Metadata{{"Name", "value"}}.AppendTo(nil)
	m, err := ParseMetadata(b)
	require.NoError(t, err)
	clear(b)
	require.Equal(t, Metadata{{"Name", "value"}}, m)
}

// TestMetadataGet looks properties up.
func TestMetadataGet(t *testing.T) {
	m := Metadata{{"Socket-Type", "PUSH"}, {"SOCKET-TYPE", "PULL"}, {"Empty", ""}}
	for _, name := range []string{"Socket-Type", "socket-type", "SOCKET-TYPE"} {
		v, ok := m.Get(name)
		require.True(t, ok)
		require.Equal(t, "PUSH", v, "the first counts")
	}
	v, ok := m.Get("empty")
	require.True(t, ok)
	require.Empty(t, v)
	for _, name := range []string{"", "Socket-Typ", "Socket-Type ", "Soc\u212Aet-Type"} {
		_, ok = m.Get(name)
		require.False(t, ok, name)
	}
	_, ok = Metadata(nil).Get("Socket-Type")
	require.False(t, ok)
	_, ok = Metadata{{"@", ""}}.Get("`")
	require.False(t, ok, "only letters have two cases")
}

// TestMetadataFromPeer decodes what libzmq accepts although the RFC does not
// allow it.
func TestMetadataFromPeer(t *testing.T) {
	m, err := ParseMetadata([]byte("\x00\x00\x00\x00\x01v\x01 \x00\x00\x00\x00\x01A\x00\x00\x00\x011\x01a\x00\x00\x00\x012"))
	require.NoError(t, err)
	require.Equal(t, Metadata{{"", "v"}, {" ", ""}, {"A", "1"}, {"a", "2"}}, m)
	require.Equal(t, m.size(), len(m.AppendTo(nil)), "and can be sent again")
}

// TestMetadataMalformed decodes lengths that reach too far.
func TestMetadataMalformed(t *testing.T) {
	for _, p := range []string{
		"\x00", "\x01", "\xff", "\x01A", "\x01A\x00\x00\x00",
		"\x01A\x00\x00\x00\x01",
		"\x01A\xff\xff\xff\xffvalue",
		"\x01A\x7f\xff\xff\xffvalue",
		"\x01A\x00\x00\x00\x00junk",
		"\x01A\x00\x00\x00\x00\x00",
	} {
		m, err := ParseMetadata([]byte(p))
		require.ErrorAs(t, err, new(*ProtocolError), "%q", p)
		require.Nil(t, m, "%q", p)
	}
	m, err := ParseMetadata(nil)
	require.NoError(t, err)
	require.Nil(t, m)
}

// TestMetadataValidate checks what we do not send.
func TestMetadataValidate(t *testing.T) {
	for _, m := range []Metadata{
		{{"", "value"}},
		{{strings.Repeat("n", 256), ""}},
		{{"has space", ""}},
		{{"umläut", ""}},
		{{"bad\xff", ""}},
		{{"X-Good", ""}, {"bad:", ""}},
	} {
		require.Error(t, m.Validate(), "%q", m)
	}
	require.NoError(t, Metadata(nil).Validate())
	require.NoError(t, Metadata{{"aZ09-_.+", "\x00any octets"}}.Validate())
	require.Panics(t, func() { Metadata{{strings.Repeat("n", 256), ""}}.AppendTo(nil) })
}
