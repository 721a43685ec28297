package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAllocsEncode checks that encoding into a buffer with room allocates
// nothing.
func TestAllocsEncode(t *testing.T) {
	messages := []Message{NewMessage("0123456789"), NewMessage("", "hello"), MessageOf(make([]byte, 1000))}
	buf := make([]byte, 0, 4<<10)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		b := buf
		for _, m := range messages {
			b = AppendMessage(b, m)
		}
		b = AppendHeader(b, More, 1000)
		b = Ping{Context: messages[0].Bytes()}.AppendTo(b)
		b = Pong{}.AppendTo(b)
		b = Subscribe{}.AppendTo(b)
		_ = Cancel{}.AppendTo(b)
	}))
}

// TestAllocsLook checks that looking at a message allocates nothing.
func TestAllocsLook(t *testing.T) {
	m := NewMessage("a", "b", "c", "d", "e")
	size := 0
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for i := range m.Len() {
			size += len(m.Frame(i))
		}
		for _, f := range m.All() {
			size += len(f)
		}
		size += m.Size() + len(m.Bytes())
	}))
	require.Positive(t, size)
}

// TestAllocsForward checks that a message that was received is taken, and dropped once it is written, without an allocation, whatever its shape.
func TestAllocsForward(t *testing.T) {
	d := NewDecoder(-1)
	d.SetProperties(NewProperties(nil, Metadata{{Name: PropertySocketType, Value: "DEALER"}}))
	_, msgs, _, err := d.Decode(AppendMessage(AppendMessage(nil, NewMessage("one")), NewMessage("id", "", "body")), nil)
	require.NoError(t, err)
	require.Len(t, msgs, 2)
	for _, m := range msgs {
		require.Zero(t, testing.AllocsPerRun(100, func() {
			sent, err := Take(m)
			if err != nil {
				t.Fatal(err)
			}
			Drop(sent)
		}))
		require.NotNil(t, m.Properties())
		given := Give(m)
		require.Nil(t, given.Properties(), "over inproc it has none")
		require.Zero(t, testing.AllocsPerRun(100, func() { given = Give(given) }), "and nothing to take away")
	}
}

// TestAllocsDecode checks how much is allocated for a message: next to nothing
// for small ones, its own buffer for large ones, the tail for one of few
// frames.
func TestAllocsDecode(t *testing.T) {
	for _, c := range []struct {
		name    string
		frame   []string
		most    float64 // allocations for each message
		release bool    // they are released
	}{
		{"10 octets", []string{string(make([]byte, 10))}, 0.02, false},
		{"100 octets", []string{string(make([]byte, 100))}, 0.02, true},
		{"1000 octets", []string{string(make([]byte, 1000))}, 0.4, false},
		{"1000 octets, released", []string{string(make([]byte, 1000))}, 0.2, true},
		{"10000 octets", []string{string(make([]byte, 10_000))}, 3, false},
		{"10000 octets, released", []string{string(make([]byte, 10_000))}, 1.2, true},
		{"a request", []string{"", "hello"}, 1.02, true},
		{"a request of 1000 octets, released", []string{"", string(make([]byte, 1000))}, 1.3, true},
		{"a request of 10000 octets, released", []string{"", string(make([]byte, 10_000))}, 1.3, true},
		{"a body behind an id, released", []string{"identity", "", string(make([]byte, 10_000))}, 2.3, true},
		{"four frames", []string{"id", "", "topic", "hello"}, 1.02, false},
		{"five frames", []string{"id", "", "topic", "hello", "world"}, 2.02, false},
	} {
		var octets []byte
		count := 0
		for ; len(octets) < benchChunk; count++ {
			octets = AppendMessage(octets, NewMessage(c.frame...))
		}
		d := NewDecoder(-1)
		var msgs []Message
		allocs := testing.AllocsPerRun(20, func() {
			var err error
			_, msgs, _, err = d.Decode(octets, msgs[:0])
			if err != nil || len(msgs) != count {
				t.Fatal(c.name, len(msgs), err)
			}
			for _, m := range msgs {
				if c.release {
					m.Release()
				}
			}
		})
		most := c.most
		if c.release && raceEnabled {
			most *= 3 // sync.Pool forgets a part on purpose then
		}
		require.LessOrEqual(t, allocs/float64(count), most, c.name)
	}
}
