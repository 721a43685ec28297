package stats_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/benchmarks/stats"
)

// TestMedian takes the middle of odd and even numbers of values, and leaves its argument in order.
func TestMedian(t *testing.T) {
	v := []float64{5, 1, 3}
	require.Equal(t, 3.0, stats.Median(v))
	require.Equal(t, []float64{5, 1, 3}, v)
	require.Equal(t, 2.0, stats.Median([]float64{3, 1}))
	require.Equal(t, 7.0, stats.Median([]float64{7}))
	require.True(t, math.IsNaN(stats.Median(nil)))
}

// TestOf has the middle and both ends, and says where there is nothing.
func TestOf(t *testing.T) {
	require.Equal(t, stats.Spread{Median: 2, Low: 1, High: 9}, stats.Of([]float64{9, 1, 2}))
	require.True(t, stats.Of([]float64{1}).Known())
	require.False(t, stats.Of(nil).Known())
}

// TestRatios divides the runs that both sides have.
func TestRatios(t *testing.T) {
	nan := math.NaN()
	require.Equal(t, []float64{2, 3}, stats.Ratios([]float64{4, nan, 9, 1}, []float64{2, 5, 3, 0}))
	require.Equal(t, []float64{2}, stats.Ratios([]float64{4, 4}, []float64{2}))
	require.Empty(t, stats.Ratios(nil, []float64{1}))
}

// TestQuantile takes values that were measured, by nearest rank.
func TestQuantile(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for q, want := range map[float64]int{0: 1, 0.5: 50, 0.99: 99, 0.999: 100, 1: 100} {
		require.Equal(t, want, stats.Quantile(hundred, q), "quantile %v", q)
	}
	require.Equal(t, 8, stats.Quantile([]int{8}, 0.5))
}
