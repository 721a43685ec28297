package plot

import (
	"math"
	"strconv"
)

// A scale maps values to places on a line, logarithmically.
type scale struct {
	low, high  float64 // values at its ends, above 0
	start, end float64 // places of its ends
}

// newScale makes a scale for values between low and high, which are above 0 where there are any, with a little room beyond.
func newScale(low, high, start, end float64) scale {
	if !(low > 0) || math.IsInf(low, 0) || !(high >= low) {
		low, high = 1, 10
	}
	return scale{low: low / 1.15, high: high * 1.15, start: start, end: end}
}

// at is the place of v.
func (s scale) at(v float64) float64 {
	part := (math.Log(v) - math.Log(s.low)) / (math.Log(s.high) - math.Log(s.low))
	return s.start + part*(s.end-s.start)
}

// ticks are the round values on the scale: powers of ten, and where those are few their doubles and fives too.
func (s scale) ticks() []float64 {
	steps := []float64{1, 2, 5}
	if math.Log10(s.high/s.low) > 3 {
		steps = steps[:1]
	}
	var all []float64
	for e := math.Floor(math.Log10(s.low)); e <= math.Ceil(math.Log10(s.high)); e++ {
		for _, step := range steps {
			if v := step * math.Pow(10, e); v >= s.low && v <= s.high {
				all = append(all, v)
			}
		}
	}
	return all
}

// Short words a number with three digits at most and a letter for its thousands: 12.5 M.
func Short(v float64) string {
	unit := ""
	for _, u := range []string{"k", "M", "G"} {
		if math.Abs(v) < 999.5 {
			break
		}
		v /= 1000
		unit = " " + u
	}
	switch a := math.Abs(v); {
	case a >= 99.95 || v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64) + unit
	case a >= 9.995:
		return trim(strconv.FormatFloat(v, 'f', 1, 64)) + unit
	case a >= 0.01:
		return trim(strconv.FormatFloat(v, 'f', 2, 64)) + unit
	default:
		return strconv.FormatFloat(v, 'g', 2, 64) + unit
	}
}

// trim takes the zeros from the end of a number with a point.
func trim(s string) string {
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}
