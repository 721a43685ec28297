package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/weirmq/weir/benchmarks/plot"
	"github.com/weirmq/weir/benchmarks/stats"
)

// A picture is a chart and the name of its file.
type picture struct {
	file  string
	chart *plot.Chart
}

// An axis is what stands along the bottom: for each place its word, the scenario it shows, and the figure.
type axis []struct {
	place    string
	scenario scenario
	figure   string
}

// pictures are the charts that r has points for.
func pictures(r *results, peers []*peer) []picture {
	var all []picture
	add := func(file, title, x, y string, along axis) {
		c := &plot.Chart{Title: title, Notes: r.head, XLabel: x, YLabel: y}
		for _, at := range along {
			c.Places = append(c.Places, at.place)
		}
		for _, p := range peers {
			if p.aside {
				continue
			}
			c.Series = append(c.Series, plot.Series{Name: p.name, Style: p.style, Y: points(r, p, along)})
		}
		if c.Filled() > 1 { // a single point says no more than the table
			all = append(all, picture{file, c})
		}
	}
	for _, transport := range []string{"tcp", "ipc", "inproc"} {
		add("thr-"+transport+".svg", "Throughput over "+transport+", PUSH to PULL", "message size", "messages a second (more is better)",
			bySize("thr", transport, "msgs_per_s"))
	}
	for _, transport := range []string{"tcp", "ipc", "inproc"} {
		add("lat-"+transport+".svg", "Round trips over "+transport+", REQ to REP", "message size", "median round trip, µs (less is better)",
			bySize("lat", transport, "p50_us"))
		add("quantiles-"+transport+".svg", "Round trips of 100 B over "+transport+": the tail", "quantile", "round trip, µs (less is better)",
			byQuantile(scenario{mode: "lat", transport: transport, size: 100}))
	}
	add("connections.svg", "What a message of 100 B costs the processor: many connections into one PULL, tcp", "connections", "CPU seconds a million messages (less is better)",
		byLinks(scenario{mode: "thr", transport: "tcp", size: 100}, manyConnections, true))
	add("fanout.svg", "What a delivery of 100 B costs the processor: one PUB, many subscribers, tcp", "subscribers", "CPU seconds a million deliveries (less is better)",
		byLinks(scenario{mode: "fan", transport: "tcp", size: 100}, manySubscribers, false))
	return all
}

// points are those of one peer.
func points(r *results, p *peer, along axis) []stats.Spread {
	all := make([]stats.Spread, len(along))
	for i, at := range along {
		all[i] = r.spread(at.scenario.name(), p.name, at.figure)
	}
	return all
}

// bySize has the sizes of messages along the bottom.
func bySize(mode, transport, figure string) axis {
	var a axis
	for _, size := range sizes {
		a = append(a, axis{{sized(size), scenario{mode: mode, transport: transport, size: size}, figure}}...)
	}
	return a
}

// byQuantile has the quantiles of one scenario.
func byQuantile(s scenario) axis {
	return axis{{"p50", s, "p50_us"}, {"p99", s, "p99_us"}, {"p99.9", s, "p999_us"}}
}

// byLinks has the numbers of the many, and what a message costs the processor. One alone may be the scenario that does not speak of it.
func byLinks(s scenario, numbers []int, plainOne bool) axis {
	var a axis
	for _, n := range numbers {
		at := s
		if at.links = n; n == 1 && plainOne {
			at.links = 0
		}
		a = append(a, axis{{fmt.Sprint(n), at, "cpu_s_per_m"}}...)
	}
	return a
}

// writePictures writes the pictures into a folder.
func writePictures(dir string, all []picture) error {
	for _, p := range all {
		if err := os.WriteFile(filepath.Join(dir, p.file), p.chart.SVG(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
