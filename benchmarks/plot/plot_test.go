package plot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/benchmarks/plot"
	"github.com/weirmq/weir/benchmarks/stats"
)

// rewrite is set to take what is drawn for golden.
var rewrite = flag.Bool("rewrite", false, "rewrite the golden pictures")

// none is a point that is missing.
var none = stats.Of(nil)

// example is a chart with all there can be: a gap, a spread, a single point, a series without any, and characters that must be escaped.
func example() *plot.Chart {
	return &plot.Chart{
		Title:  `PUSH → PULL over "tcp" <quiet & slow>`,
		Notes:  []string{"linux/amd64, 2 cores", "make bench-full"},
		XLabel: "message size",
		YLabel: "messages a second",
		Places: []string{"10 B", "100 B", "1 kB"},
		Series: []plot.Series{
			{Name: "weir", Style: 0, Y: []stats.Spread{{Median: 5e6, Low: 4e6, High: 6e6}, {Median: 2e6, Low: 2e6, High: 2e6}, {Median: 1e6, Low: 9e5, High: 1.2e6}}},
			{Name: "libzmq", Style: 2, Y: []stats.Spread{{Median: 2e6, Low: 2e6, High: 2e6}, none, {Median: 4e5, Low: 4e5, High: 4e5}}},
			{Name: "absent", Style: 3, Y: []stats.Spread{none, none, none}},
			{Name: "short", Style: 5, Y: []stats.Spread{{Median: 1e5, Low: 1e5, High: 1e5}}},
		},
	}
}

// TestGolden draws the same picture as ever.
func TestGolden(t *testing.T) {
	const golden = "testdata/chart.svg"
	drawn := example().SVG()
	if *rewrite {
		require.NoError(t, os.WriteFile(golden, drawn, 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(drawn), "if this is meant, look at the picture and run the test with -rewrite")
}

// TestWellFormed wants pictures that a parser of XML reads to the end, whatever there is to draw.
func TestWellFormed(t *testing.T) {
	for name, c := range map[string]*plot.Chart{"example": example(), "nothing": {}, "places without points": {Places: []string{"a", "b"}}} {
		dec := xml.NewDecoder(bytes.NewReader(c.SVG()))
		for {
			_, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, name)
		}
		require.NotContains(t, string(c.SVG()), "NaN", name)
	}
}

// TestFilled counts the places that have a point.
func TestFilled(t *testing.T) {
	require.Equal(t, 0, (&plot.Chart{}).Filled())
	require.Equal(t, 0, (&plot.Chart{Places: []string{"a"}, Series: []plot.Series{{Y: []stats.Spread{none}}}}).Filled())
	require.Equal(t, 3, example().Filled())
}

// TestShort words numbers with three digits at most.
func TestShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.5: "0.5", 0.049: "0.05", 9.99: "9.99", 12.345: "12.3", 99.96: "100", 123.4: "123", 999: "999", 999.9: "1 k",
		1000: "1 k", 12_345: "12.3 k", 5_130_000: "5.13 M", 2.5e9: "2.5 G", 0.0004: "0.0004", math.Pi * 1e6: "3.14 M",
	} {
		require.Equal(t, want, plot.Short(v), "%v", v)
	}
}
