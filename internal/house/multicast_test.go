package house

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	multicastLine = regexp.MustCompile(`^\| ([^|]+) \| ([^|]+) \|$`)
	multicastCase = regexp.MustCompile("`interop\\.TestMulticast` \\(([^)]+)\\)")
)

// multicastConformance reads the tables of transport/pgm/conformance.md: what is asked of pgm and epgm, and the tests that hold it.
func multicastConformance(t *testing.T) (rows []conformanceRow) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "transport", "pgm", "conformance.md"))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| what ") {
			continue
		}
		cells := multicastLine.FindStringSubmatch(strings.TrimSpace(line))
		require.NotNil(t, cells, "two cells, none empty: %s", line)
		rows = append(rows, conformanceRow{name: cells[1], tests: testsIn(cells[2])})
	}
	return rows
}

// TestMulticastConformance wants each row to name tests that exist, each case of interop.TestMulticast a row, and each test that is about multicast too.
func TestMulticastConformance(t *testing.T) {
	rows := multicastConformance(t)
	require.Greater(t, len(rows), 60)
	ours, named := map[string]bool{}, map[string]bool{}
	for _, row := range rows {
		require.NotEmpty(t, row.tests, row.name)
		row.wantTests(t, ours)
		for _, test := range row.tests {
			named[test] = true
		}
	}
	for test := range ours {
		if strings.HasPrefix(test, "interop.TestMulticast") && test != "interop.TestMulticastFigures" {
			require.True(t, named[test], "no row names %s", test)
		}
	}
	table, err := os.ReadFile(filepath.Join(root(t), "transport", "pgm", "conformance.md"))
	require.NoError(t, err)
	code, err := os.ReadFile(filepath.Join(root(t), "interop", "multicast_linux_test.go"))
	require.NoError(t, err)
	var want, got []string
	for _, m := range regexp.MustCompile(`(?m)^\t\{name: "([^"]+)"`).FindAllSubmatch(code, -1) {
		want = append(want, string(m[1]))
	}
	for _, m := range multicastCase.FindAllSubmatch(table, -1) {
		got = append(got, string(m[1]))
	}
	slices.Sort(want)
	slices.Sort(got)
	require.Equal(t, want, got, "cases of interop.TestMulticast")
}

// TestMulticastEngine keeps I/O and clocks out of the engine of pgm: some of its files open sockets, and none looks at a clock.
func TestMulticastEngine(t *testing.T) {
	rim := regexp.MustCompile(`^(address|conn|interface|socket_\w+|watch_\w+)\.go$`)
	io := regexp.MustCompile(`(?m)^(import |\t)"(net|os)"$`)
	files, err := filepath.Glob(filepath.Join(root(t), "transport", "pgm", "*.go"))
	require.NoError(t, err)
	sockets := 0
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotContains(t, string(text), "time.Now", name)
		if rim.MatchString(name) {
			sockets++
		} else {
			require.False(t, io.Match(text), "%s does I/O", name)
		}
	}
	require.Greater(t, sockets, 4)
	require.True(t, io.MatchString("import (\n\t\"net\"\n)"))
}
