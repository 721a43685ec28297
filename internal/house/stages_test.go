package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	// stageRow finds a row of the table of stages in ARCHITECTURE.md: number, name, and the file that does it.
	stageRow = regexp.MustCompile("(?m)^\\| (\\d+) \\| [*`](\\w+)[*`][^|]*\\(`([\\w/]+\\.go)`\\) \\|")

	// stageHead finds the line at the head of a file that says which stages it does: from one number to another, and their names.
	stageHead = regexp.MustCompile(`(?m)^// Stages? (\d+)(?: to (\d+))? of a message's way \(ARCHITECTURE\.md\): ([\w, ]+)\.$`)
)

// TestStages wants the files that ARCHITECTURE.md's table of stages names to say at their heads which stages they do, by the table's numbers and names, and no
// file to speak of others.
func TestStages(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "ARCHITECTURE.md"))
	require.NoError(t, err)
	var names []string
	files := map[string][]int{} // path -> the stages that the table says are done there
	for i, row := range stageRow.FindAllStringSubmatch(string(text), -1) {
		require.Equal(t, strconv.Itoa(i+1), row[1], "the stages are numbered in their order, and each names its file")
		names = append(names, row[2])
		files[row[3]] = append(files[row[3]], i+1)
	}
	require.Greater(t, len(names), 10, "the table of stages has gone astray")
	heads := map[string][]int{} // path -> the stages that the file says it does
	for _, f := range goFiles(t) {
		head := stageHead.FindStringSubmatch(string(f.text))
		if head == nil {
			continue
		}
		first, err := strconv.Atoi(head[1])
		require.NoError(t, err)
		last := first
		if head[2] != "" {
			last, err = strconv.Atoi(head[2])
			require.NoError(t, err)
		}
		require.True(t, 1 <= first && first <= last && last <= len(names), "%s: stages %d to %d", f.path, first, last)
		require.Equal(t, strings.Join(names[first-1:last], ", "), head[3], "%s: the names of its stages", f.path)
		for n := first; n <= last; n++ {
			heads[f.path] = append(heads[f.path], n)
		}
	}
	for path, stages := range files {
		require.Subset(t, heads[path], stages, "%s: ARCHITECTURE.md says that it does these stages; its head does not", path)
	}
	for path := range heads {
		require.Contains(t, files, path, "%s: its head speaks of stages; ARCHITECTURE.md's table does not name it", path)
	}
}
