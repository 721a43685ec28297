package plot

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// A drawing is an SVG being written. The zero value is empty.
type drawing struct{ strings.Builder }

// colours are those of the styles, in light surroundings and in dark ones.
var colours = []struct{ light, dark string }{
	{"#0068b5", "#4aa8ff"}, // blue
	{"#56a0d3", "#9fd0ff"}, // light blue
	{"#c8470a", "#ff8a4d"}, // vermilion
	{"#a6428a", "#e08cc8"}, // purple
	{"#00805c", "#3fcf9f"}, // green
	{"#8a6d00", "#e0b840"}, // ochre
	{"#b59a3a", "#f2dc94"}, // light ochre
	{"#5a6270", "#a8b0bd"}, // grey
}

// printf writes.
func (d *drawing) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(&d.Builder, format, args...) // a Builder takes everything
}

// open begins the picture. It brings its own background, since the page around it may be light where the reader's system is dark.
func (d *drawing) open(width, height int, title string) {
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="system-ui, sans-serif">`+"\n",
		width, height, width, height)
	d.printf("<title>%s</title>\n", escaped(title))
	d.WriteString("<style>\n")
	d.WriteString(".page{fill:#fff} text{fill:#1f2328;font-size:12px} .title{font-size:16px;font-weight:600} .note{font-size:11px;fill:#59636e}\n")
	d.WriteString(".grid{stroke:#d8dee4} .axis{stroke:#59636e} .line{fill:none;stroke-width:2} .spread{stroke-width:1;opacity:.7}\n")
	for i, c := range colours {
		d.printf(".s%d{stroke:%s} .mark.s%d{fill:%s}\n", i, c.light, i, c.light)
	}
	d.WriteString("@media (prefers-color-scheme:dark){\n")
	d.WriteString(".page{fill:#0d1117} text{fill:#e6edf3} .note{fill:#9198a1} .grid{stroke:#2a313a} .axis{stroke:#9198a1}\n")
	for i, c := range colours {
		d.printf(".s%d{stroke:%s} .mark.s%d{fill:%s}\n", i, c.dark, i, c.dark)
	}
	d.WriteString("}\n</style>\n")
	d.printf(`<rect class="page" width="%d" height="%d"/>`+"\n", width, height)
}

// close ends the picture.
func (d *drawing) close() { d.WriteString("</svg>\n") }

// line draws a straight line.
func (d *drawing) line(x1, y1, x2, y2 float64, class string) {
	d.printf(`<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`+"\n", class, coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2))
}

// path draws a path.
func (d *drawing) path(steps, class string) {
	d.printf(`<path class="%s" d="%s"/>`+"\n", class, steps)
}

// text writes words; anchor is the end of them that is at x: start, middle or end.
func (d *drawing) text(x, y float64, class, anchor, words string) {
	d.printf(`<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`+"\n", class, coordinate(x), coordinate(y), anchor, escaped(words))
}

// upright writes words from bottom to top, centred.
func (d *drawing) upright(x, y float64, class, words string) {
	at := coordinate(x) + " " + coordinate(y)
	d.printf(`<text class="%s" transform="translate(%s) rotate(-90)" text-anchor="middle">%s</text>`+"\n", class, at, escaped(words))
}

// mark is the outline of a style's mark around a point.
func mark(style int, x, y float64) string {
	at := func(dx, dy float64) string { return coordinate(x+dx) + " " + coordinate(y+dy) }
	switch style % 4 {
	case 0: // disc
		return "M" + at(-4, 0) + "a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z"
	case 1: // square
		return "M" + at(-3.5, -3.5) + "h7v7h-7Z"
	case 2: // triangle
		return "M" + at(0, -4.5) + "L" + at(4.5, 3.5) + "L" + at(-4.5, 3.5) + "Z"
	default: // diamond
		return "M" + at(0, -5) + "L" + at(5, 0) + "L" + at(0, 5) + "L" + at(-5, 0) + "Z"
	}
}

// coordinate words a place, to a tenth of a pixel.
func coordinate(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

// escaped makes words safe between tags.
func escaped(words string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(words)) // a Builder takes everything
	return b.String()
}
