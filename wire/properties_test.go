package wire

import (
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProperties checks which of several properties of a name counts, and what a
// peer may not say of itself.
func TestProperties(t *testing.T) {
	p := NewProperties(
		Metadata{{Name: PropertyPeerAddress, Value: "127.0.0.1"}, {Name: "X-a", Value: "found"}},
		Metadata{
			{Name: PropertySocketType, Value: "PUSH"},
			{Name: "X-a", Value: "told"},
			{Name: "X-b", Value: ""},
			{Name: "X-b", Value: "again"},
			{Name: PropertyPeerAddress, Value: "10.0.0.1"},
			{Name: PropertyUserID, Value: "root"},
		},
	)
	require.Equal(t, map[string]string{PropertyPeerAddress: "127.0.0.1", "X-a": "found", PropertySocketType: "PUSH", "X-b": ""}, maps.Collect(p.All()))
	value, ok := p.Get("X-b")
	require.True(t, ok)
	require.Empty(t, value)
	_, ok = p.Get("x-b")
	require.False(t, ok, "case matters")
	for range p.All() {
		break
	}
	var none *Properties
	_, ok = none.Get("X-a")
	require.False(t, ok)
	require.Empty(t, maps.Collect(none.All()))
}

// TestMessageKeepsProperties checks that whatever is made of a received message
// has its properties, and that they can be taken away.
func TestMessageKeepsProperties(t *testing.T) {
	p := NewProperties(nil, Metadata{{Name: "X-a", Value: "1"}})
	m := NewMessage("a", "b", "c").WithProperties(p)
	for name, m := range map[string]Message{
		"itself": m, "Append": m.Append([]byte("d")), "Prepend": m.Prepend([]byte("z")), "Append nothing": m.Append(), "Clone": m.Clone(),
		"Tail(0)": m.Tail(0), "Tail(1)": m.Tail(1), "Tail(3)": m.Tail(3),
	} {
		require.Same(t, p, m.Properties(), name)
		value, ok := m.Property("X-a")
		require.True(t, ok, name)
		require.Equal(t, "1", value, name)
	}
	for _, m := range []Message{NewMessage("a"), m.WithProperties(nil), {}} {
		require.Nil(t, m.Properties())
		_, ok := m.Property("X-a")
		require.False(t, ok)
	}
}

// TestDecoderProperties checks that messages of all sizes and shapes share one set
// of properties, and that they cost nothing.
func TestDecoderProperties(t *testing.T) {
	p := NewProperties(nil, Metadata{{Name: "X-a", Value: "1"}})
	d := NewDecoder(-1)
	d.SetProperties(p)
	var octets []byte
	for _, m := range []Message{NewMessage("a"), NewMessage("a", "b"), MessageOf(make([]byte, 5000)), MessageOf(make([]byte, 10), make([]byte, 5000))} {
		octets = AppendMessage(octets, m)
	}
	for size := range 40 {
		var got []Message
		for rest := octets; len(rest) > 0; {
			n, msgs, _, err := d.Decode(rest[:min(1+size*size, len(rest))], got)
			require.NoError(t, err)
			got, rest = msgs, rest[n:]
		}
		require.Len(t, got, 4)
		for _, m := range got {
			require.Same(t, p, m.Properties())
		}
	}
}

// TestManyProperties has a peer tell of more properties than anybody wants: to note them takes a time that grows with their number, and no faster: it
// is not minutes.
func TestManyProperties(t *testing.T) {
	const n = 1 << 17
	told := make(Metadata, 0, n)
	for i := range n {
		told = append(told, Property{Name: fmt.Sprintf("X-%08d", i), Value: "v"})
	}
	p := NewProperties(nil, told)
	value, ok := p.Get(told[n-1].Name)
	require.True(t, ok)
	require.Equal(t, "v", value)
	count := 0
	for range p.All() {
		count++
	}
	require.Equal(t, n, count)
}

// TestPropertiesOfATurn has a chunk go round between two connections and an application: a message has the properties of its own turn, or none any more.
func TestPropertiesOfATurn(t *testing.T) {
	a, b := NewProperties(nil, Metadata{{Name: "X-a", Value: "1"}}), NewProperties(nil, Metadata{{Name: "X-b", Value: "1"}})
	c := newChunk(make([]byte, 100))
	var old []Message
	for range 2 {
		for _, p := range []*Properties{a, a, nil, b} {
			m := MessageOf(c.buf).own(c.nextTurn(p))
			require.Same(t, p, m.Properties())
			require.Same(t, p, m.Prepend([]byte("x")).Properties())
			sent, err := Take(m)
			require.NoError(t, err)
			got := Give(sent)
			require.Nil(t, got.Properties())
			old = append(old, m, got)
			for _, m := range old[:len(old)-1] {
				require.Nil(t, m.Properties())
				require.Nil(t, m.Copy().Properties())
			}
		}
	}
}
