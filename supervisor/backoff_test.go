package supervisor_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/supervisor"
)

const (
	// ms, sec and longest shorten the tables. longest is where a delay saturates.
	ms      = time.Millisecond
	sec     = time.Second
	longest = time.Duration(math.MaxInt64)
)

// TestBackoffDelay: the documented formula, field by field, with its borders.
func TestBackoffDelay(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name    string
		backoff supervisor.Backoff
		attempt int
		rnd     float64
		want    time.Duration
	}{
		{"zero value restarts at once", supervisor.Backoff{}, 0, 1, 0},
		{"zero value, however often", supervisor.Backoff{}, 1 << 30, 1, 0},
		{"no Min, no delay", supervisor.Backoff{Max: sec, Factor: 3, Jitter: 1}, 9, 1, 0},
		{"negative Min", supervisor.Backoff{Min: -sec}, 3, 1, 0},
		{"Min alone is the first delay", supervisor.Backoff{Min: 100 * ms}, 0, 0, 100 * ms},
		{"Min alone does not grow", supervisor.Backoff{Min: 100 * ms}, 50, 0, 100 * ms},
		{"with a Max it doubles", supervisor.Backoff{Min: 100 * ms, Max: sec}, 3, 0, 800 * ms},
		{"up to Max", supervisor.Backoff{Min: 100 * ms, Max: sec}, 4, 0, sec},
		{"and stays there", supervisor.Backoff{Min: 100 * ms, Max: sec}, math.MaxInt, 0, sec},
		{"Max caps Min too", supervisor.Backoff{Min: sec, Max: 100 * ms}, 0, 0, 100 * ms},
		{"a negative Max is none", supervisor.Backoff{Min: sec, Max: -1, Factor: 2}, 3, 0, 8 * sec},
		{"Factor 1 stays at Min", supervisor.Backoff{Min: 100 * ms, Max: sec, Factor: 1}, 9, 0, 100 * ms},
		{"Factor 3", supervisor.Backoff{Min: 100 * ms, Max: sec, Factor: 3}, 2, 0, 900 * ms},
		{"Factor below 1 never shrinks", supervisor.Backoff{Min: 100 * ms, Max: sec, Factor: 0.5}, 9, 0, 100 * ms},
		{"Factor that is no number", supervisor.Backoff{Min: 100 * ms, Max: sec, Factor: nan}, 9, 0, 100 * ms},
		{"infinite Factor, first", supervisor.Backoff{Min: 100 * ms, Max: sec, Factor: inf}, 0, 0, 100 * ms},
		{"infinite Factor, second", supervisor.Backoff{Min: 100 * ms, Max: sec, Factor: inf}, 1, 0, sec},
		{"growth without Max", supervisor.Backoff{Min: sec, Factor: 2}, 10, 0, 1024 * sec},
		{"saturates", supervisor.Backoff{Min: sec, Factor: 2}, 40, 0, longest},
		{"saturates far out", supervisor.Backoff{Min: sec, Factor: 2}, math.MaxInt, 1, longest},
		{"largest Min", supervisor.Backoff{Min: longest}, 0, 0, longest},
		{"jitter past the largest", supervisor.Backoff{Min: longest, Jitter: 1}, 0, 1, longest},
		{"negative attempt is the first", supervisor.Backoff{Min: 100 * ms, Max: sec}, -7, 0, 100 * ms},
		{"no jitter at rnd 0", supervisor.Backoff{Min: 100 * ms, Jitter: 0.5}, 0, 0, 100 * ms},
		{"half the jitter", supervisor.Backoff{Min: 100 * ms, Jitter: 0.5}, 0, 0.5, 125 * ms},
		{"whole jitter", supervisor.Backoff{Min: 100 * ms, Jitter: 0.5}, 0, 1, 150 * ms},
		{"jitter goes past Max", supervisor.Backoff{Min: 100 * ms, Max: sec, Jitter: 0.5}, 9, 1, 1500 * ms},
		{"jitter above 1", supervisor.Backoff{Min: 100 * ms, Jitter: 3}, 0, 1, 400 * ms},
		{"negative jitter is none", supervisor.Backoff{Min: 100 * ms, Jitter: -0.5}, 0, 1, 100 * ms},
		{"jitter that is no number", supervisor.Backoff{Min: 100 * ms, Jitter: nan}, 0, 1, 100 * ms},
		{"rnd below 0", supervisor.Backoff{Min: 100 * ms, Jitter: 0.5}, 0, -4, 100 * ms},
		{"rnd above 1", supervisor.Backoff{Min: 100 * ms, Jitter: 0.5}, 0, 4, 150 * ms},
		{"rnd that is no number", supervisor.Backoff{Min: 100 * ms, Jitter: 0.5}, 0, nan, 100 * ms},
		{"ZMQ_RECONNECT_IVL alone: IVL + random below IVL", supervisor.Backoff{Min: 100 * ms, Jitter: 1}, 8, 0.99, 199 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, tt.backoff.Delay(tt.attempt, tt.rnd))
		})
	}
}

// TestBackoffSchedule: the whole row of delays of one that doubles, with the cap, as a dialer would see it.
func TestBackoffSchedule(t *testing.T) {
	b := supervisor.Backoff{Min: 20 * ms, Max: 200 * ms}
	var got []time.Duration
	for attempt := range 6 {
		got = append(got, b.Delay(attempt, 0))
	}
	require.Equal(t, []time.Duration{20 * ms, 40 * ms, 80 * ms, 160 * ms, 200 * ms, 200 * ms}, got)
}

// TestBackoffModel: random backoffs against the same schedule computed step by step. The delay never shrinks with the
// attempt, never passes the cap by more than the jitter, and lies within the jitter of the model.
func TestBackoffModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		b := supervisor.Backoff{
			Min:    time.Duration(1 + rng.Int64N(int64(sec))),
			Max:    time.Duration(rng.Int64N(int64(20 * sec))),
			Factor: 1 + 2*rng.Float64(),
			Jitter: rng.Float64(),
		}
		model, before := float64(b.Min), time.Duration(0)
		for attempt := range 30 {
			capped := model
			if b.Max > 0 {
				capped = min(capped, float64(b.Max))
			}
			plain, most := b.Delay(attempt, 0), b.Delay(attempt, 1)
			got := b.Delay(attempt, rng.Float64())
			require.InDelta(t, capped, float64(plain), 1+1e-9*capped, "%+v attempt %d", b, attempt)
			require.InDelta(t, capped*(1+b.Jitter), float64(most), 1+1e-9*capped, "%+v attempt %d", b, attempt)
			require.GreaterOrEqual(t, plain, before)
			require.GreaterOrEqual(t, got, plain)
			require.LessOrEqual(t, got, most)
			model, before = model*b.Factor, plain
		}
	}
}

// TestBackoffJitterSpreads: a thousand actors that failed at the same time do not come back at the same time.
func TestBackoffJitterSpreads(t *testing.T) {
	b := supervisor.Backoff{Min: sec, Jitter: 0.5}
	rng := rand.New(rand.NewPCG(3, 4))
	tenths := make(map[time.Duration]int)
	for range 1000 {
		tenths[(b.Delay(0, rng.Float64())-sec)/(50*ms)]++
	}
	require.Len(t, tenths, 10, "every tenth of the spread has some")
	for tenth, n := range tenths {
		require.InDelta(t, 100, n, 50, "tenth %d", tenth)
	}
}
