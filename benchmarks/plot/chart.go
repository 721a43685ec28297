// Package plot draws line charts as SVG: named places along the bottom, a logarithmic scale upwards, and for each series a line with a whisker of its
// spread at every point. The pictures are readable in light and in dark surroundings, and to those who see few colours: each series has a mark of its
// own. Drawing is pure: the same chart gives the same bytes.
package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/weirmq/weir/benchmarks/stats"
)

// A Chart is what is to be seen. The zero value has nothing to show.
type Chart struct {
	Title  string
	Notes  []string // what stands below, a line each: the machine, the command
	XLabel string   // with its unit
	YLabel string   // with its unit
	Places []string // along the bottom, evenly spaced
	Series []Series
}

// A Series is one line.
type Series struct {
	Name  string
	Style int            // which colour and mark: the same number looks the same in every chart
	Y     []stats.Spread // for each place; unknown where there is nothing
}

// Sizes of the picture, in pixels.
const (
	width       = 860
	plotLeft    = 86
	plotRight   = 668
	plotTop     = 48
	plotBottom  = 352
	labelBottom = 392
	notesTop    = 418
	noteLine    = 16
	legendLeft  = 690
	legendLine  = 22
	whisker     = 4 // half of what a whisker's end is wide
)

// Filled is at how many places there is a point.
func (c *Chart) Filled() int {
	n := 0
	for i := range c.Places {
		for _, s := range c.Series {
			if i < len(s.Y) && s.Y[i].Known() {
				n++
				break
			}
		}
	}
	return n
}

// empty says whether there is no point.
func (s Series) empty() bool {
	return !slices.ContainsFunc(s.Y, stats.Spread.Known)
}

// SVG draws the chart.
func (c *Chart) SVG() []byte {
	d := &drawing{}
	height := notesTop + noteLine*len(c.Notes) + 8
	d.open(width, height, c.Title)
	d.text(plotLeft, 28, "title", "start", c.Title)
	scale := c.scale()
	c.drawAxes(d, scale)
	for _, s := range c.Series {
		c.drawSeries(d, scale, s)
	}
	c.drawLegend(d)
	for i, note := range c.Notes {
		d.text(plotLeft, float64(notesTop+i*noteLine), "note", "start", note)
	}
	d.close()
	return []byte(d.String())
}

// scale is the upward scale that all points fit into.
func (c *Chart) scale() scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range c.Series {
		for _, y := range s.Y {
			if y.Known() {
				low, high = min(low, y.Low), max(high, y.High)
			}
		}
	}
	return newScale(low, high, plotBottom, plotTop)
}

// x is where the i-th place is.
func (c *Chart) x(i int) float64 {
	step := float64(plotRight-plotLeft) / float64(max(len(c.Places), 1))
	return plotLeft + step*(float64(i)+0.5)
}

// drawAxes draws the grid with its words.
func (c *Chart) drawAxes(d *drawing, s scale) {
	for _, v := range s.ticks() {
		y := s.at(v)
		d.line(plotLeft, y, plotRight, y, "grid")
		d.text(plotLeft-8, y+4, "tick", "end", Short(v))
	}
	d.line(plotLeft, plotBottom, plotRight, plotBottom, "axis")
	d.line(plotLeft, plotTop, plotLeft, plotBottom, "axis")
	for i, place := range c.Places {
		d.line(c.x(i), plotBottom, c.x(i), plotBottom+5, "axis")
		d.text(c.x(i), plotBottom+20, "tick", "middle", place)
	}
	d.text((plotLeft+plotRight)/2, labelBottom, "label", "middle", c.XLabel)
	d.upright(22, (plotTop+plotBottom)/2, "label", c.YLabel)
}

// drawSeries draws a line, which is broken where a point is missing.
func (c *Chart) drawSeries(d *drawing, s scale, series Series) {
	style := fmt.Sprintf("s%d", series.Style)
	var path strings.Builder
	step := "M"
	for i, y := range series.Y {
		if !y.Known() {
			step = "M"
			continue
		}
		fmt.Fprintf(&path, "%s%s %s", step, coordinate(c.x(i)), coordinate(s.at(y.Median)))
		step = "L"
	}
	if path.Len() == 0 {
		return
	}
	d.path(path.String(), "line "+style)
	for i, y := range series.Y {
		if !y.Known() {
			continue
		}
		x, low, high := c.x(i), s.at(y.Low), s.at(y.High)
		if low-high > 1 {
			d.line(x, low, x, high, "spread "+style)
			d.line(x-whisker, low, x+whisker, low, "spread "+style)
			d.line(x-whisker, high, x+whisker, high, "spread "+style)
		}
		d.path(mark(series.Style, x, s.at(y.Median)), "mark "+style)
	}
}

// drawLegend names the series that have a point.
func (c *Chart) drawLegend(d *drawing) {
	y := float64(plotTop + 8)
	for _, s := range c.Series {
		if s.empty() {
			continue
		}
		style := fmt.Sprintf("s%d", s.Style)
		d.line(legendLeft, y, legendLeft+28, y, "line "+style)
		d.path(mark(s.Style, legendLeft+14, y), "mark "+style)
		d.text(legendLeft+36, y+4, "legend", "start", s.Name)
		y += legendLine
	}
}
