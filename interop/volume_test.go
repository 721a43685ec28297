package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// volume is how many messages a volume case moves. Of those of REQ and REP, half are requests and half replies.
const volume = 100_000

// TestVolume moves many messages: all arrive, in order, and the accounts agree.
func TestVolume(t *testing.T) {
	overWide(t, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		barrier := s.weir.Stats().In.Delivered // what it took to get here
		count := volume
		if p.sends && p.receives {
			count /= 2
		}
		p.moves.many(s, 0, count, 32)
		stats := s.weir.Stats()
		if p.sends {
			require.EqualValues(t, count, stats.Out.Accepted)
			require.Empty(t, stats.Out.Dropped)
		}
		if p.receives {
			require.EqualValues(t, count, stats.In.Delivered-barrier)
			require.Zero(t, stats.In.Queued)
			require.Empty(t, stats.In.Dropped)
		}
	})
}
