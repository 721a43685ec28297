package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/weirmq/weir/benchmarks/stats"
)

// A record is one run of one peer.
type record struct {
	scenario string
	peer     string
	round    int
	figures  line
	failure  string // why there is none
}

// Results are all that was measured, and on what.
type results struct {
	head    []string // the machine, the versions, the command: a line each
	records []record
}

// add notes a run.
func (r *results) add(rec record) { r.records = append(r.records, rec) }

// values are the figures of a peer in a scenario, round by round; NaN where a round has none.
func (r *results) values(scenario, peer, key string) []float64 {
	var all []float64
	for _, rec := range r.records {
		if rec.scenario != scenario || rec.peer != peer {
			continue
		}
		for len(all) <= rec.round {
			all = append(all, math.NaN())
		}
		if v, ok := rec.figures[key]; ok {
			all[rec.round] = v
		}
	}
	return all
}

// spread is what became of a peer's runs of a scenario.
func (r *results) spread(scenario, peer, key string) stats.Spread {
	return stats.Of(slices.DeleteFunc(r.values(scenario, peer, key), math.IsNaN))
}

// ratio divides the runs of Weir by those of another peer that followed them.
func (r *results) ratio(scenario, by, key string) stats.Spread {
	return r.quotient(scenario, "weir", scenario, by, key)
}

// quotient divides the runs of one peer by those of another, round by round. Those of another scenario have not followed one another, but each pair is of the
// same round.
func (r *results) quotient(scenario, of, beside, by, key string) stats.Spread {
	return stats.Of(stats.Ratios(r.values(scenario, of, key), r.values(beside, by, key)))
}

// knownFaults are failures whose cause is known and the peer's own: what one says, and what is behind it.
var knownFaults = []struct{ peer, says, cause string }{
	{"go-zeromq", "out of memory", "a fault of its own, over inproc from 256 B on: a read of its inproc connection that takes less than was written loses the rest, so Conn.read takes bytes of the body for the length of a frame"},
}

// explained adds to a failure of a peer what is known of it.
func explained(peer, failure string) string {
	for _, k := range knownFaults {
		if k.peer == peer && strings.Contains(failure, k.says) {
			return failure + " (" + k.cause + ")"
		}
	}
	return failure
}

// trouble is what went wrong in a peer's runs of a scenario: a failure, or loss; "" where nothing did.
func (r *results) trouble(scenario, peer string) string {
	lost := 0.0
	for _, rec := range r.records {
		if rec.scenario != scenario || rec.peer != peer {
			continue
		}
		if rec.failure != "" {
			return explained(peer, rec.failure)
		}
		lost = max(lost, rec.figures["lost"])
	}
	if lost > 0 {
		return fmt.Sprintf("%.0f messages lost", lost)
	}
	return ""
}

// figureKeys are the columns of the CSV that hold figures.
var figureKeys = []string{
	"count", "seconds", "msgs_per_s", "mb_per_s", "rtt_us", "p50_us", "p99_us", "p999_us", "lost", "cpu_s_per_m", "allocs_per_msg", "bytes_per_msg",
	"peak_mb", "ratio", "clear_msgs_per_s", "early_mb", "late_mb", "growth_mb", "conn_kb", "cpu_percent",
}

// fixedColumns are those before them.
var fixedColumns = []string{"scenario", "peer", "round", "failure"}

// writeCSV writes r, the heading as comments.
func (r *results) writeCSV(to io.Writer) error {
	for _, text := range r.head {
		if _, err := fmt.Fprintln(to, "# "+text); err != nil {
			return err
		}
	}
	w := csv.NewWriter(to)
	rows := [][]string{slices.Concat(fixedColumns, figureKeys)}
	for _, rec := range r.records {
		row := []string{rec.scenario, rec.peer, strconv.Itoa(rec.round), rec.failure}
		for _, key := range figureKeys {
			text := ""
			if v, ok := rec.figures[key]; ok {
				text = strconv.FormatFloat(v, 'g', -1, 64)
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	return w.WriteAll(rows)
}

// readCSV reads what writeCSV has written.
func readCSV(from io.Reader) (*results, error) {
	all, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	r := &results{}
	for text := range strings.Lines(string(all)) {
		if comment, ok := strings.CutPrefix(text, "# "); ok {
			r.head = append(r.head, strings.TrimSpace(comment))
		}
	}
	rd := csv.NewReader(strings.NewReader(string(all)))
	rd.Comment = '#'
	rows, err := rd.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || len(rows[0]) < len(fixedColumns) || !slices.Equal(rows[0][:len(fixedColumns)], fixedColumns) {
		return nil, fmt.Errorf("no heading of %v", fixedColumns)
	}
	for _, row := range rows[1:] {
		rec, err := parseRow(rows[0], row)
		if err != nil {
			return nil, err
		}
		r.add(rec)
	}
	return r, nil
}

// parseRow reads one row.
func parseRow(head, row []string) (record, error) {
	rec := record{scenario: row[0], peer: row[1], failure: row[3], figures: line{}}
	var err error
	if rec.round, err = strconv.Atoi(row[2]); err != nil {
		return rec, err
	}
	for i, text := range row[len(fixedColumns):] {
		if text == "" {
			continue
		}
		if rec.figures[head[len(fixedColumns)+i]], err = strconv.ParseFloat(text, 64); err != nil {
			return rec, err
		}
	}
	return rec, nil
}
