// Package stats has the few statistics that the benchmarks use: medians, quantiles, and ratios of runs in turns. All of it is pure.
package stats

import (
	"math"
	"slices"
)

// A Spread is what became of several runs of one thing.
type Spread struct {
	Median, Low, High float64 // the middle one, the smallest, the largest
}

// Of returns the spread of v, or of nothing where v is empty: three times NaN.
func Of(v []float64) Spread {
	if len(v) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN()}
	}
	return Spread{Median: Median(v), Low: slices.Min(v), High: slices.Max(v)}
}

// Known says whether there is anything in it.
func (s Spread) Known() bool { return !math.IsNaN(s.Median) }

// Median returns the middle value of v, or the mean of the two in the middle; NaN where v is empty. It leaves v as it is.
func Median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	n := len(v)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// Ratios divides run by run: a[i] by b[i], which followed one another. Runs that one side lacks, which are NaN, are left out: so a slow minute of the
// machine weighs on both alike.
func Ratios(a, b []float64) []float64 {
	var r []float64
	for i := range min(len(a), len(b)) {
		if q := a[i] / b[i]; !math.IsNaN(q) && !math.IsInf(q, 0) {
			r = append(r, q)
		}
	}
	return r
}

// Quantile returns the value below which the part q of sorted lies, by nearest rank: one that was measured, never one in between. Sorted is in
// ascending order and not empty; q is between 0 and 1.
func Quantile[T any](sorted []T, q float64) T {
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank-1, 0), len(sorted)-1)]
}
