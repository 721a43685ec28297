package main

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/benchmarks/stats"
)

// rewrite is set to take what is shown for golden.
var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// example is three rounds of a scenario, in one of which libzmq failed, and one of another, where something was lost.
func example() *results {
	r := &results{head: []string{"a machine, 2 cores", "go1.26, libzmq 4.3.4", "go run ."}}
	const thr, lat = "thr tcp 100 B", "lat tcp 100 B"
	for round, rate := range []float64{2e6, 3e6, 4e6} {
		r.add(record{thr, "weir", round, line{"msgs_per_s": rate, "allocs_per_msg": 0.02, "cpu_s_per_m": 0.5, "peak_mb": 16}, ""})
		if round == 1 {
			r.add(record{thr, "libzmq", round, nil, "libzmq: no end within 30s"})
			continue
		}
		r.add(record{thr, "libzmq", round, line{"msgs_per_s": 1e6}, ""})
	}
	r.add(record{lat, "weir", 0, line{"rtt_us": 20, "p50_us": 18, "p99_us": 40, "p999_us": 90}, ""})
	r.add(record{"thr tcp 1 kB", "weir", 0, line{"msgs_per_s": 5e5}, ""})
	r.add(record{lat, "raw", 0, line{"rtt_us": 12.5, "lost": 3}, ""})
	return r
}

// TestResults takes spreads and ratios round by round, and tells of trouble.
func TestResults(t *testing.T) {
	r := example()
	require.Equal(t, stats.Spread{Median: 3e6, Low: 2e6, High: 4e6}, r.spread("thr tcp 100 B", "weir", "msgs_per_s"))
	require.Equal(t, stats.Spread{Median: 3, Low: 2, High: 4}, r.ratio("thr tcp 100 B", "libzmq", "msgs_per_s"))
	require.False(t, r.spread("thr tcp 100 B", "weir", "rtt_us").Known())
	require.False(t, r.ratio("thr tcp 100 B", "pebbe", "msgs_per_s").Known())
	require.Equal(t, "libzmq: no end within 30s", r.trouble("thr tcp 100 B", "libzmq"))
	require.Equal(t, "3 messages lost", r.trouble("lat tcp 100 B", "raw"))
	require.Empty(t, r.trouble("thr tcp 100 B", "weir"))
	for _, peer := range []string{"go-zeromq", "pebbe"} {
		r.add(record{"thr inproc 1 kB", peer, 0, nil, "fatal error: runtime: out of memory"})
	}
	require.Contains(t, r.trouble("thr inproc 1 kB", "go-zeromq"), "out of memory (a fault of its own")
	require.Equal(t, "fatal error: runtime: out of memory", r.trouble("thr inproc 1 kB", "pebbe"))
}

// TestCSV reads what it has written.
func TestCSV(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, example().writeCSV(&b))
	got, err := readCSV(&b)
	require.NoError(t, err)
	want := example()
	for i := range want.records {
		if want.records[i].figures == nil {
			want.records[i].figures = line{}
		}
	}
	require.Equal(t, want, got)
	for _, bad := range []string{"", "a,b\n", "scenario,peer,round,failure\nx,y,one,\n", "scenario,peer,round,failure,count\nx,y,1,,many\n"} {
		_, err := readCSV(strings.NewReader(bad))
		require.Error(t, err, "%q", bad)
	}
}

// TestParseLine reads lines of key=value pairs, and leaves out words that are no numbers.
func TestParseLine(t *testing.T) {
	got, err := parseLine("peer=weir mode=thr endpoint=tcp://127.0.0.1:5555 size=100 msgs_per_s=4074228 mb_per_s=407.4 release=no")
	require.NoError(t, err)
	require.Equal(t, line{"size": 100, "msgs_per_s": 4074228, "mb_per_s": 407.4}, got)
	for _, bad := range []string{"", "peer=weir mode=thr", "hello", "size=100 hello"} {
		_, err := parseLine(bad)
		require.Error(t, err, "%q", bad)
	}
}

// TestParseStat finds the times behind whatever a program is called.
func TestParseStat(t *testing.T) {
	got, err := parseStat("123 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 250 150 0 0 20 0")
	require.NoError(t, err)
	require.InDelta(t, 4.0, got, 1e-9)
	_, err = parseStat("123 (name) S 1 2")
	require.Error(t, err)
	_, err = parseStat("nothing")
	require.Error(t, err)
}

// TestWants says what is enough.
func TestWants(t *testing.T) {
	r := example()
	s := find(t, "thr tcp 100 B")
	require.Equal(t, []string{"≥ 2.5 of libzmq: 3 (2…4), met", "≤ 0.05 allocs_per_msg: 0.02, met"}, verdicts(s, r))
	require.Equal(t, []string{"≤ 0.35 of libzmq: not measured", "≤ 2 of raw: 1.6, met"}, verdicts(find(t, "lat tcp 100 B"), r))
	ipc := find(t, "lat ipc 100 B") // which is wanted of another row's raw limit
	require.Equal(t, "≤ 2 of raw of lat tcp 100 B: not measured", verdicts(ipc, r)[1])
	for round, rtt := range []float64{25, 10, 60} {
		r.add(record{ipc.name(), "weir", round, line{"rtt_us": rtt}, ""})
		if round > 0 {
			r.add(record{"lat tcp 100 B", "raw", round, line{"rtt_us": 20}, ""})
		}
	}
	require.Equal(t, "≤ 2 of raw of lat tcp 100 B: 2 (0.5…3), met", verdicts(ipc, r)[1])
	require.True(t, want{zero: true}.met(0))
	require.False(t, want{zero: true}.met(1))
	require.False(t, want{least: 2}.met(1.99))
	require.True(t, want{most: 1}.met(-3))
}

// TestBothEnds adds what two processes cost, and leaves the rest to the one that measured it.
func TestBothEnds(t *testing.T) {
	got := bothEnds(line{"msgs_per_s": 5, "cpu_s_per_m": 1, "seconds": 2, "peak_mb": 10}, line{"cpu_s_per_m": 2, "seconds": 3, "peak_mb": 20, "lost": 0})
	require.Equal(t, line{"msgs_per_s": 5, "cpu_s_per_m": 3, "seconds": 3, "peak_mb": 30, "lost": 0}, got)
}

// TestTable prints the same table as ever.
func TestTable(t *testing.T) {
	peers := allPeers()
	for _, p := range peers {
		p.bin = "built"
	}
	var b bytes.Buffer
	shown := begin(&b, example(), peers)
	for _, name := range []string{"thr tcp 100 B", "lat tcp 100 B"} {
		shown.row(scenarios(), find(t, name), example())
	}
	shown.end(scenarios(), example())
	golden(t, "testdata/table.txt", b.String())
}

// TestFigures words the same document as ever, between its marks and nowhere else.
func TestFigures(t *testing.T) {
	text, err := between("before\n"+figuresBegin+"\nold\n"+figuresEnd+"\nafter\n", figures(example(), allPeers(), "benchmarks/results"))
	require.NoError(t, err)
	golden(t, "testdata/figures.md", text)
	again, err := between(text, figures(example(), allPeers(), "benchmarks/results"))
	require.NoError(t, err)
	require.Equal(t, text, again)
	_, err = between("no marks", "")
	require.Error(t, err)
}

// TestLeads names every peer that is ahead of Weir by the median, whichever way is better, and not the raw limit nor Weir itself.
func TestLeads(t *testing.T) {
	r := example()
	add := func(scenario, peer, key string, values ...float64) {
		for round, v := range values {
			r.add(record{scenario, peer, round, line{key: v}, ""})
		}
	}
	add("thr tcp 100 B", "pebbe", "msgs_per_s", 9e6, 9e6, 1e6)
	add("thr tcp 100 B", "weir-gc", "msgs_per_s", 9e6, 9e6, 9e6)
	const idle, memory = "crowd tcp, 10000 connections, idle", "thr tcp 100 B, memory"
	add(idle, "weir", "conn_kb", 19)
	add(idle, "libzmq", "conn_kb", 23)
	add(idle, "go-zeromq", "conn_kb", 6.5)
	add(memory, "weir", "growth_mb", 0.5)
	add(memory, "libzmq", "growth_mb", -0.5)
	var got []string
	for _, l := range leads(scenarios(), allPeers(), r) {
		got = append(got, l.scenario.name()+": "+l.peer.name+" "+spreadOf(l.ratio))
	}
	require.Equal(t, []string{"thr tcp 100 B: pebbe 0.33 (0.22…4.00)", memory + ": libzmq ", idle + ": go-zeromq 2.92 (2.92…2.92)"}, got)
	var b bytes.Buffer
	shown := &table{to: &b, peers: allPeers()}
	shown.ahead(scenarios(), r)
	require.Contains(t, b.String(), "go-zeromq       6.5 kB        19 kB        2.92 (2.92…2.92)\n")
	b.Reset()
	shown.ahead(scenarios(), &results{records: []record{{scenario: "thr tcp 100 B", peer: "weir"}}})
	require.Empty(t, b.String(), "nobody was compared")
	shown.ahead(scenarios(), example())
	require.True(t, strings.HasSuffix(b.String(), "\nnone\n"))
}

// golden compares text with that of a file.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if *rewrite {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), text, "if this is meant, run the test with -rewrite")
}

// TestPictures draws what there are points for, and of many connections what they cost the processor.
func TestPictures(t *testing.T) {
	var files []string
	for _, p := range pictures(example(), allPeers()) {
		files = append(files, p.file)
	}
	require.Equal(t, []string{"thr-tcp.svg", "quantiles-tcp.svg"}, files)
	missing := points(example(), &peer{name: "raw"}, bySize("thr", "tcp", "msgs_per_s"))
	cost := points(example(), &peer{name: "weir"}, byLinks(scenario{mode: "thr", transport: "tcp", size: 100}, manyConnections, true))
	require.Equal(t, stats.Spread{Median: 0.5, Low: 0.5, High: 0.5}, cost[0])
	require.Len(t, missing, len(sizes))
	require.True(t, math.IsNaN(missing[0].Median))
}

// TestPathFrom finds the way to the charts from a README outside of the folder in which the program runs.
func TestPathFrom(t *testing.T) {
	here, err := os.Getwd()
	require.NoError(t, err)
	for _, from := range []string{"..", filepath.Dir(here)} {
		way, err := pathFrom(from, "results")
		require.NoError(t, err)
		require.Equal(t, filepath.Base(here)+"/results", way)
	}
}
