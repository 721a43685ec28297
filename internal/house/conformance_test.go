package house

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The table of socket/conformance.md says which of our tests check what each test of libzmq checks. These tests hold it to its word: each test that it
// names exists, and, where WEIR_TEST_LOGS names the folder of a test run's logs, it ran there and passed.

// A conformanceRow is one row of the table.
type conformanceRow struct {
	name  string   // libzmq's test
	tests []string // ours, as package.Test; none where the row does not apply
	why   string   // why it does not apply
}

var (
	rowLine   = regexp.MustCompile("^\\| (?:`((?:unit)?test_[a-z0-9_]+)`|(\\([a-m]\\))) \\| ([^|]+) \\| ([^|]+) \\|$")
	rowTest   = regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz|Example)[A-Za-z0-9_]*)`")
	reasons   = []string{"C API", "platform", "draft", "environment", "deprecated", "no such transport"}
	verdicts  = regexp.MustCompile(`^--- (PASS|FAIL|SKIP): ([A-Za-z0-9_]+) `)
	skips     = regexp.MustCompile(`^\s*--- SKIP: (Test\w+)`)
	endOfPack = regexp.MustCompile(`^(?:ok|FAIL)\s+github\.com/weirmq/weir/(\S+)`)
)

// needIPv6 are the tests that may be skipped, on a machine without IPv6.
var needIPv6 = []string{
	"socket.TestIPv6", "socket.TestReconnectNeverIPv6", "socket.TestMonitorIPv6", "transport.TestTCPEndpointIPv6", "transport.TestSOCKS", "transport.TestTCPAsked", "transport.TestTCPDualStack",
	"transport.TestTCPv4OnlyWithIPv6On",
}

// conformance reads the table.
func conformance(t *testing.T) []conformanceRow {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "socket", "conformance.md"))
	require.NoError(t, err)
	var rows []conformanceRow
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `test_") && !strings.HasPrefix(line, "| `unittest_") && !strings.HasPrefix(line, "| (") {
			continue
		}
		cells := rowLine.FindStringSubmatch(strings.TrimSpace(line))
		require.NotNil(t, cells, "three cells, none empty: %s", line)
		row := conformanceRow{name: cells[1] + cells[2]}
		if why, ok := strings.CutPrefix(cells[4], "does not apply: "); ok {
			row.why = why
		}
		row.tests = testsIn(cells[4])
		rows = append(rows, row)
	}
	return rows
}

// testsIn are the tests that a cell names.
func testsIn(cell string) (tests []string) {
	for _, m := range rowTest.FindAllStringSubmatch(cell, -1) {
		tests = append(tests, m[1]+"."+m[2])
	}
	return tests
}

// TestConformanceTable wants each row to name tests of ours that exist, or a reason of the kinds there are, and each test of libzmq once.
func TestConformanceTable(t *testing.T) {
	rows := conformance(t)
	require.Greater(t, len(rows), 100)
	ours := map[string]bool{}
	for i, row := range rows {
		require.False(t, slices.ContainsFunc(rows[:i], func(o conformanceRow) bool { return o.name == row.name }), "%s twice", row.name)
		require.NotEqual(t, len(row.tests) > 0, row.why != "", "%s: tests of ours, or why it does not apply", row.name)
		if row.why != "" {
			require.True(t, slices.ContainsFunc(reasons, func(r string) bool { return strings.HasPrefix(row.why, r) }),
				"%s: the reason begins with one of %v", row.name, reasons)
		}
		row.wantTests(t, ours)
	}
}

// wantTests requires that the tests of a row exist. What was read of packages is kept in ours.
func (row conformanceRow) wantTests(t *testing.T, ours map[string]bool) {
	t.Helper()
	for _, test := range row.tests {
		folder, name, _ := strings.Cut(test, ".")
		if _, read := ours[folder+"."]; !read {
			readTests(t, folder, ours)
		}
		require.True(t, ours[test], "%s: there is no %s in %s", row.name, name, folder)
	}
}

// readTests notes the tests of a package, and that they have been read.
func readTests(t *testing.T, folder string, into map[string]bool) {
	t.Helper()
	into[folder+"."] = true
	files, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(folder), "*_test.go"))
	require.NoError(t, err)
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				into[folder+"."+f.Name.Name] = true
			}
		}
	}
}

// A libzmqTest is a test of libzmq's, as testdata/libzmq_tests.txt has it: its name, and whether it is about anything that is here ("yes", "plat", "draft",
// "n/a" and the like; "-" for fuzzers and unit tests, of which nobody has said).
type libzmqTest struct{ name, verdict string }

// libzmqTests reads testdata/libzmq_tests.txt.
func libzmqTests(t *testing.T) (tests []libzmqTest) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "libzmq_tests.txt"))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		name, verdict, found := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		require.True(t, found, line)
		tests = append(tests, libzmqTest{name, verdict})
	}
	require.Greater(t, len(tests), 130)
	return tests
}

// excuses are the reasons that a row may have, by the word that the verdict has for it.
var excuses = map[string][]string{
	"n/a":   {"C API", "environment", "no such transport, nor mechanism"},
	"draft": {"draft"},
	"plat":  {"no such transport", "platform"},
	"-":     {"draft", "C API"},
}

// TestConformanceComplete wants a row for each test of libzmq's, and of each that does not apply that its verdict says so, for the same reason.
func TestConformanceComplete(t *testing.T) {
	rows := conformance(t)
	for _, test := range libzmqTests(t) {
		i := slices.IndexFunc(rows, func(r conformanceRow) bool { return r.name == test.name })
		require.GreaterOrEqual(t, i, 0, "no row for %s", test.name)
		why := rows[i].why
		if why == "" || strings.HasSuffix(test.name, "_tipc") && why == "no such transport" {
			continue
		}
		excused := false
		for word, reasons := range excuses {
			excused = excused || strings.Contains(test.verdict, word) && slices.ContainsFunc(reasons, func(r string) bool { return strings.HasPrefix(why, r) })
		}
		require.True(t, excused, "%s: %q, and the verdict is %q", test.name, why, test.verdict)
	}
}

// TestConformanceUpToDate compares testdata/libzmq_tests.txt with the inventory of libzmq, where that lies beside the project.
func TestConformanceUpToDate(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "..", "shared", "facts", "libzmq-inventory.md"))
	if err != nil {
		t.Log("the inventory is not here: nothing to compare with")
		return
	}
	_, checklist, found := bytes.Cut(text, []byte("\n### 10.1 "))
	require.True(t, found)
	tables, rest, found := strings.Cut(string(checklist), "\n### 10.8 ")
	require.True(t, found)
	fuzzers, rest, found := strings.Cut(rest, "\n### 10.9 ")
	require.True(t, found)
	units, _, found := strings.Cut(rest, "\n### 10.10 ")
	require.True(t, found)
	var want []libzmqTest
	name := regexp.MustCompile(`test_[a-z0-9_]+`)
	for _, m := range regexp.MustCompile(`(?m)^\| (test_[^|]+)\|.*\| ([^|]+) \|$`).FindAllStringSubmatch(tables, -1) {
		for _, n := range name.FindAllString(m[1], -1) {
			want = append(want, libzmqTest{n, m[2]})
		}
	}
	for _, n := range name.FindAllString(fuzzers, -1) {
		want = append(want, libzmqTest{n, "-"})
	}
	for _, m := range regexp.MustCompile(`(?m)(?:^|, )([a-z_]+)(?: \(|\.)`).FindAllStringSubmatch(units, -1) {
		want = append(want, libzmqTest{"unittest_" + m[1], "-"})
	}
	for _, w := range want {
		require.Contains(t, libzmqTests(t), w)
	}
}

// TestConformanceRan wants each test that the table names to have passed in the run whose logs WEIR_TEST_LOGS has: what go test -v printed.
func TestConformanceRan(t *testing.T) {
	folder := os.Getenv("WEIR_TEST_LOGS")
	if folder == "" {
		t.Log("WEIR_TEST_LOGS is not set: make test looks at this in its last step")
		return
	}
	ran := map[string]string{}
	logs, err := filepath.Glob(filepath.Join(folder, "*.log"))
	require.NoError(t, err)
	require.NotEmpty(t, logs)
	for _, path := range logs {
		readVerdicts(t, path, ran)
	}
	for _, row := range slices.Concat(conformance(t), multicastConformance(t)) {
		for _, test := range row.tests {
			verdict := ran[test]
			if verdict == "SKIP" && strings.HasPrefix(test, "interop.TestMulticast") {
				t.Logf("%s was skipped, or a part of it: where namespaces are allowed, .ci/run does not let that pass", test)
				continue
			}
			if verdict == "SKIP" && strings.HasPrefix(test, "interop.") && os.Getenv("CI") == "" {
				t.Logf("%s was skipped, or a part of it: its native peer is not here", test)
				continue
			}
			if verdict == "SKIP" && slices.Contains(needIPv6, test) {
				t.Logf("%s was skipped: this machine has no IPv6", test)
				continue
			}
			require.Equal(t, "PASS", verdict, "%s: %s", row.name, test)
		}
	}
}

// TestVerdicts reads a log of two packages: one test of it was skipped, and a part of another.
func TestVerdicts(t *testing.T) {
	log := filepath.Join(t.TempDir(), "x.log")
	require.NoError(t, os.WriteFile(log, []byte(`=== RUN   TestWhole
--- PASS: TestWhole (0.00s)
--- SKIP: TestNot (0.00s)
--- PASS: TestPart (0.00s)
    --- PASS: TestPart/a (0.00s)
    --- SKIP: TestPart/b/c (0.00s)
ok  	github.com/weirmq/weir/wire	0.1s
--- PASS: TestPart (0.00s)
--- FAIL: TestBad (0.00s)
FAIL	github.com/weirmq/weir/wire/codec	0.1s
`), 0o600))
	got := map[string]string{}
	readVerdicts(t, log, got)
	require.Equal(t, map[string]string{
		"wire.TestWhole": "PASS", "wire.TestNot": "SKIP", "wire.TestPart": "SKIP", "wire/codec.TestPart": "PASS", "wire/codec.TestBad": "FAIL",
	}, got)
}

// readVerdicts reads what a log says of each test: "package.Test" to PASS, FAIL or SKIP. A test of which a part was skipped was skipped.
func readVerdicts(t *testing.T, path string, into map[string]string) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	pending := map[string]string{} // of the package whose name is yet to come
	var skipped []string           // the same
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if m := skips.FindStringSubmatch(lines.Text()); m != nil {
			skipped = append(skipped, m[1])
		}
		if m := verdicts.FindStringSubmatch(lines.Text()); m != nil {
			pending[m[2]] = m[1]
		}
		if m := endOfPack.FindStringSubmatch(lines.Text()); m != nil {
			for _, name := range skipped {
				pending[name] = "SKIP"
			}
			for name, verdict := range pending {
				into[m[1]+"."+name] = verdict
			}
			clear(pending)
			skipped = nil
		}
	}
	require.NoError(t, lines.Err())
}
