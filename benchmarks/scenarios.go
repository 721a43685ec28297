package main

import (
	"fmt"
	"slices"
	"strings"
)

// A scenario is one row of the table: a measurement that each peer makes.
type scenario struct {
	mode      string   // of package rig
	transport string   // tcp, ipc or inproc; "" where there is none
	size      int      // bytes a message
	links     int      // how many there are on the side of the many; 0 is one, and not worth a word
	topics    int      // how many topics a publisher's messages are about; 0: all go to every subscriber
	count     int      // messages; 0: as many as fill the time
	runs      int      // how often each peer runs it, at most; 0: as often as asked for
	way       way      // how its processes are run
	curve     bool     // connections are encrypted
	short     bool     // it is part of the short version
	shown     bool     // the README shows it
	only      []string // the peers that run it; empty: all that play its mode
	wants     []want   // what Weir is to reach
}

// A way is how the processes of a measurement are run.
type way uint8

// The ways.
const (
	together way = iota // one process
	apart               // two: one receives, the other sends
	steady              // one, whose memory is looked at from outside while it runs
	idle                // one that is bound, and a crowd of connections that do nothing
	busy                // one that is bound, and a crowd of connections that send now and then
)

// A want is a figure that Weir is to reach. The ratios to libzmq are for both ends in one process, as the yardstick has them: there libzmq is threads of one
// process, too. In two processes nothing is wanted: what is reached there stands in the table, beside libzmq and the raw limit.
type want struct {
	figure  string  // its key; "" is what the scenario is about
	against string  // the peer whose figure Weir's is divided by; "" for the figure itself
	beside  string  // the scenario whose figure it is divided by, instead: that of against, or of Weir too
	least   float64 // the bound: at least this much,
	most    float64 // or at most this much; 0 for neither
	zero    bool    // it is to be nothing at all
}

// sizes are the sizes of messages, in bytes.
var sizes = []int{10, 100, 1000, 10_000, 100_000, 1_000_000}

// sized words a size.
func sized(n int) string {
	switch {
	case n >= 1_000_000:
		return fmt.Sprintf("%d MB", n/1_000_000)
	case n >= 1000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d B", n)
}

// scenarios are what is measured, in order.
func scenarios() []scenario {
	return slices.Concat(throughputs(), latencies(), separate(), connections(), fanOuts(), sealed(), special(), crowds(), queues())
}

// atLeast and atMost are ratios to a peer.
func atLeast(peer string, r float64) want { return want{against: peer, least: r} }
func atMost(peer string, r float64) want  { return want{against: peer, most: r} }

// throughputs are one PUSH to one PULL, in one process.
func throughputs() []scenario {
	goals := map[string][]float64{"tcp": {3, 2.5, 1.5, 1.5, 0, 1}, "ipc": {2.5, 2, 1.3, 1.3, 0, 1}, "inproc": {2, 4, 3, 2, 0, 0}}
	short := map[string][]int{"tcp": {10, 100, 1000, 10_000}, "ipc": {100}, "inproc": {10, 100, 1000}}
	var all []scenario
	for _, transport := range []string{"tcp", "ipc", "inproc"} {
		for i, size := range sizes {
			s := scenario{mode: "thr", transport: transport, size: size, short: slices.Contains(short[transport], size), shown: true}
			if goal := goals[transport][i]; goal > 0 {
				s.wants = append(s.wants, atLeast("libzmq", goal))
			}
			if size == 100 {
				s.wants = append(s.wants, want{figure: "allocs_per_msg", most: 0.05})
			}
			all = append(all, s)
		}
	}
	return all
}

// latencies are round trips between REQ and REP, in one process.
func latencies() []scenario {
	goals := map[string][]want{
		"tcp":    {atMost("libzmq", 0.35), atMost("raw", 2)},
		"ipc":    {atMost("libzmq", 0.35), {against: "raw", beside: scenario{mode: "lat", transport: "tcp", size: 100}.name(), most: 2}},
		"inproc": {atMost("libzmq", 0.05), atMost("go-channel", 5)},
	}
	var all []scenario
	for _, transport := range []string{"tcp", "ipc", "inproc"} {
		for _, size := range sizes {
			s := scenario{mode: "lat", transport: transport, size: size}
			if size == 100 {
				s.short, s.shown, s.wants = true, true, goals[transport]
			}
			all = append(all, s)
		}
	}
	return all
}

// separate are the same, in two processes.
func separate() []scenario {
	var all []scenario
	for _, mode := range []string{"thr", "lat"} {
		for _, transport := range []string{"tcp", "ipc"} {
			for _, size := range sizes {
				all = append(all, scenario{mode: mode, transport: transport, size: size, way: apart, shown: size == 100})
			}
		}
	}
	return all
}

// connections are several PUSHes to one PULL.
func connections() []scenario {
	var all []scenario
	for _, transport := range []string{"tcp", "ipc", "inproc"} {
		for _, links := range manyConnections[1:] {
			tcp := transport == "tcp"
			all = append(all, scenario{mode: "thr", transport: transport, size: 100, links: links, short: tcp && links == 64, shown: tcp})
		}
	}
	return all
}

// manyConnections and manySubscribers are what the charts of cost have along the bottom.
var (
	manyConnections = []int{1, 8, 64}
	manySubscribers = []int{1, 10, 100, 1000}
)

// topics is how many there are where subscribers want one each.
const topics = 10

// fanOuts are one PUB to many SUBs, with and without filtering.
func fanOuts() []scenario {
	goals := map[int][]want{
		10:   {atLeast("libzmq", 2)},
		100:  {atLeast("libzmq", 2)},
		1000: {{beside: scenario{mode: "fan", transport: "tcp", size: 100, links: 10}.name(), least: 1 / 1.5}},
	}
	var all []scenario
	for _, links := range manySubscribers {
		all = append(all, scenario{
			mode: "fan", transport: "tcp", size: 100, links: links, short: links == 10 || links == 100, shown: true, wants: goals[links],
		})
	}
	for _, links := range manySubscribers {
		all = append(all, scenario{mode: "fan", transport: "tcp", size: 100, links: links, topics: topics, shown: links == 100})
	}
	return append(all, scenario{mode: "fan", transport: "ipc", size: 100, links: 10}, scenario{mode: "fan", transport: "inproc", size: 100, links: 10})
}

// sealed are those with CURVE on; those with it off are above.
func sealed() []scenario {
	var all []scenario
	for _, size := range sizes {
		all = append(all, scenario{mode: "thr", transport: "tcp", size: size, curve: true, shown: size == 100 || size == 10_000})
	}
	return append(all, scenario{mode: "lat", transport: "tcp", size: 100, curve: true})
}

// special are the patterns that there is one row for.
func special() []scenario {
	return []scenario{
		{mode: "router", transport: "tcp", size: 100, links: 1000, shown: true},
		{mode: "proxy", transport: "tcp", size: 100, short: true, shown: true},
		{mode: "proxy", transport: "inproc", size: 100},
		{
			mode: "stalled", transport: "tcp", size: 100, links: 100, count: 20_000, runs: 3, shown: true,
			only: []string{"weir", "libzmq", "pebbe"}, wants: []want{{least: 0.95}},
		},
		{
			mode: "thr", transport: "tcp", size: 100, count: 100_000_000, runs: 1, way: steady, shown: true,
			only: []string{"weir", "libzmq"}, wants: []want{{most: 1}},
		},
	}
}

// crowd is how many connections a crowd has.
const crowd = 10_000

// crowds are very many connections.
func crowds() []scenario {
	return []scenario{
		{mode: "crowd", transport: "tcp", links: crowd, way: idle, runs: 2, shown: true, wants: []want{{most: 32}, {figure: "cpu_percent", most: 0.5}}},
		{mode: "crowd", transport: "tcp", size: 100, links: crowd, count: 5 * crowd, way: busy, runs: 2, shown: true, wants: []want{{figure: "lost", zero: true}}},
	}
}

// queues are mailboxes beside channels, without sockets.
func queues() []scenario {
	one := []want{atLeast("go-channel", 1.5), {figure: "allocs_per_msg", most: 0.001}}
	many := []want{atLeast("go-channel", 2), {figure: "allocs_per_msg", most: 0.001}}
	return []scenario{
		{mode: "queue", links: 1, short: true, shown: true, wants: one},
		{mode: "queue", links: 16, short: true, shown: true, wants: many},
	}
}

// many are the words for those on the side of the many.
var many = map[string]string{
	"thr": "senders", "fan": "subscribers", "stalled": "subscribers", "router": "dealers", "crowd": "connections", "queue": "producers",
}

// name is the scenario's row, and its key in the results.
func (s scenario) name() string {
	name := s.mode
	if s.transport != "" {
		name += " " + s.transport
	}
	if s.size > 0 {
		name += " " + sized(s.size)
	}
	words := []string{name}
	if s.links > 0 {
		words = append(words, strings.TrimSuffix(fmt.Sprintf("%d %s", s.links, many[s.mode]), only(s.links == 1, "s")))
	}
	for _, word := range []string{
		only(s.topics > 0, "by topic"), only(s.curve, "CURVE"), only(s.way == apart, "two processes"), only(s.way == steady, "memory"), only(s.way == idle, "idle"),
	} {
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}

// only is the word where it applies.
func only(applies bool, word string) string {
	if applies {
		return word
	}
	return ""
}

// A figure is what a scenario is about.
type figure struct {
	key  string // of the line
	unit string // as the table words it
	less bool   // less is better
}

// figure is what s is about.
func (s scenario) figure() figure {
	switch {
	case s.way == steady:
		return figure{"growth_mb", "MB more", true}
	case s.way == idle:
		return figure{"conn_kb", "kB each", true}
	case s.way == busy:
		return figure{"p99_us", "µs p99", true}
	case s.mode == "lat":
		return figure{"rtt_us", "µs", true}
	case s.mode == "stalled":
		return figure{"ratio", "", false}
	}
	return figure{"msgs_per_s", "/s", false}
}

// base is the peer that the table divides Weir's figure by; "" where there is nothing to divide.
func (s scenario) base() string {
	switch {
	case s.mode == "queue":
		return "go-channel"
	case s.mode == "stalled" || s.way == steady:
		return ""
	}
	return "libzmq"
}

// group is the heading that s stands under.
func (s scenario) group() string {
	switch {
	case s.mode == "crowd":
		return "Crowds: what a connection costs, and how long a message takes among very many"
	case s.mode == "queue":
		return "Queues between goroutines, items a second"
	case s.way == steady:
		return "Memory over very many messages"
	case s.way == apart:
		return "In two processes: PUSH to PULL, messages a second; REQ to REP and back, mean"
	case s.curve:
		return "With CURVE: PUSH to PULL, messages a second; REQ to REP and back, mean"
	case s.mode == "lat":
		return "Round trips, REQ to REP and back, mean"
	case s.mode == "fan":
		return "Fan-out, PUB to SUB, deliveries a second"
	case s.mode == "stalled":
		return "Fan-out with one subscriber that never receives, beside that without"
	case s.mode == "router":
		return "Many DEALERs to one ROUTER and back, round trips a second"
	case s.mode == "proxy":
		return "Through a proxy, messages a second"
	case s.links > 0:
		return "Many PUSHes to one PULL, messages a second"
	}
	return "Throughput, PUSH to PULL, messages a second"
}
