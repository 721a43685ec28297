package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAllocsSeal checks that sealing into a buffer with room allocates nothing,
// whatever the size.
func TestAllocsSeal(t *testing.T) {
	cs, _, _, _ := curveTraffic0(t)
	buf := make([]byte, 0, 2<<20)
	for _, size := range []int{0, 10, 1000, 100_000, 1 << 20} {
		body := make([]byte, size)
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = cs.AppendFrame(buf, More, body) }), "%d octets", size)
	}
}

// TestAllocsOpen checks that opening into a buffer with room allocates nothing.
func TestAllocsOpen(t *testing.T) {
	cs, so, _, _ := curveTraffic0(t)
	buf, room := make([]byte, 0, 2<<10), make([]byte, 0, 2<<10)
	body := make([]byte, 1000)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		frame := cs.AppendFrame(buf, 0, body)
		hd := parseHeader(frame)
		if _, _, err := so.Open(room, frame[hd.len:]); err != nil {
			t.Fatal(err)
		}
	}))
}

// TestAllocsDecodeSealed checks how much is allocated for a sealed message: what one
// in the clear takes, and of what is released not even that.
func TestAllocsDecodeSealed(t *testing.T) {
	for _, c := range []struct {
		name string
		size int
		most float64 // allocations for each message
	}{
		{"10 octets", 10, 0.02},
		{"100 octets", 100, 0.1},
		{"1000 octets", 1000, 0.5},
		{"10000 octets", 10_000, 1.2},
	} {
		cs, so, _, _ := curveTraffic0(t)
		d := NewDecoder(-1)
		d.SetOpener(so)
		body := make([]byte, c.size)
		var octets []byte
		var msgs []Message
		const count = 100
		allocs := testing.AllocsPerRun(20, func() {
			octets = octets[:0]
			for range count {
				octets = cs.AppendFrame(octets, 0, body)
			}
			var err error
			if _, msgs, _, err = d.Decode(octets, msgs[:0]); err != nil || len(msgs) != count {
				t.Fatal(c.name, len(msgs), err)
			}
			for _, m := range msgs {
				m.Release()
			}
		})
		most := c.most
		if raceEnabled {
			most *= 3 // sync.Pool forgets a part on purpose then
		}
		require.LessOrEqual(t, allocs/count, most, c.name)
	}
}
