package house

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mapOfFiles finds a line of a map: files, and what they hold.
var mapOfFiles = regexp.MustCompile(`(?m)^//\s+(- )?[\w*]+\.go\b`)

// mapped finds the files that a map names: names, and patterns such as command_*.go.
var mapped = regexp.MustCompile(`[\w*]+\.go\b`)

// A fileMap is what a package's doc.go says of its files. It stands below the package clause: who uses the package reads the comment above it, as its manual.
// A package that has nothing but tests has no users.
type fileMap struct {
	dir   string
	above []string // files that the manual has a line of a map for
	names []string // or patterns
	files []string // that lie beside it
}

// fileMaps reads all maps. That of a package that has nothing but tests names the tests; others leave them out.
func fileMaps(t *testing.T) []*fileMap {
	t.Helper()
	beside := map[string][]string{}
	var maps []*fileMap
	for _, f := range goFiles(t) {
		dir, name := path.Split(f.path)
		if name == "doc.go" {
			manual, _, _ := strings.Cut(string(f.text), "\npackage ")
			maps = append(maps, &fileMap{dir: dir, above: mapOfFiles.FindAllString(manual, -1), names: mapped.FindAllString(string(f.text), -1)})
			continue
		}
		beside[dir] = append(beside[dir], name)
	}
	isTest := func(name string) bool { return strings.HasSuffix(name, "_test.go") }
	for _, m := range maps {
		m.files = beside[m.dir]
		if slices.ContainsFunc(m.files, func(name string) bool { return !isTest(name) }) {
			m.files = slices.DeleteFunc(m.files, isTest)
			require.Empty(t, m.above, "%sdoc.go: the map of the files goes below the package clause", m.dir)
		}
	}
	return maps
}

// has says whether the map names the file.
func (m *fileMap) has(file string) bool {
	return slices.ContainsFunc(m.names, func(pattern string) bool {
		ok, err := path.Match(pattern, file)
		return ok && err == nil
	})
}

// TestFileMaps wants the map in each doc.go to name every file of the package, and no file that is not there.
func TestFileMaps(t *testing.T) {
	maps := fileMaps(t)
	require.NotEmpty(t, maps)
	for _, m := range maps {
		if len(m.files) < 2 {
			continue // no map is needed
		}
		var missing, gone []string
		for _, file := range m.files {
			if !m.has(file) {
				missing = append(missing, file)
			}
		}
		for _, name := range m.names {
			there := slices.ContainsFunc(m.files, func(file string) bool { ok, err := path.Match(name, file); return ok && err == nil })
			if !there {
				gone = append(gone, name)
			}
		}
		if len(missing)+len(gone) > 0 {
			t.Errorf("the map of the files in %sdoc.go: add a line for %v; there is no %v", m.dir, missing, gone)
		}
	}
}
