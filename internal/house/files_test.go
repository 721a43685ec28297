package house

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxLines is the most lines a Go file may have.
const maxLines = 600

// folders are the places at the root where Go code may lie.
var folders = []string{
	"mailbox", "actor", "supervisor", "wire", "transport", "socket",
	"cmd", "examples", "benchmarks", "interop", "tools", "docs", "internal",
}

// banned are words that mark unfinished work. They are put together here, so that this file does not hold them.
var banned = regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"}, "|") + `)\b`)

// A file is one file of the repository.
type file struct {
	path string // from the root, with slashes
	text []byte // its contents
}

// isSource reports whether people write files of that name by hand.
func isSource(name string) bool {
	extensions := []string{".go", ".md", ".sh", ".yml", ".c", ".py", ".mod"}
	return slices.Contains(extensions, filepath.Ext(name)) || name == "Makefile" || name == "run"
}

// sources reads every source file of the repository, in nested modules too. Test data is data.
func sources(t *testing.T) []file {
	t.Helper()
	top := root(t)
	var all []file
	err := filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if !isSource(d.Name()) {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, p)
		all = append(all, file{path: filepath.ToSlash(rel), text: text})
		return err
	})
	require.NoError(t, err)
	require.Greater(t, len(all), 10, "the walk has gone astray")
	return all
}

// goFiles are the Go files among the sources.
func goFiles(t *testing.T) []file {
	t.Helper()
	return slices.DeleteFunc(sources(t), func(f file) bool { return !strings.HasSuffix(f.path, ".go") })
}

// TestFileLength keeps Go files short enough to read in one go.
func TestFileLength(t *testing.T) {
	for _, f := range goFiles(t) {
		lines := bytes.Count(f.text, []byte("\n"))
		require.LessOrEqual(t, lines, maxLines, "%s is too long: cut it by concern", f.path)
	}
}

// TestFolders keeps Go code in the folders that the design names.
func TestFolders(t *testing.T) {
	for _, f := range goFiles(t) {
		top, _, below := strings.Cut(f.path, "/")
		require.True(t, below, "%s: no Go code at the root", f.path)
		require.Contains(t, folders, top, "%s: no Go code in this folder", f.path)
	}
}

// TestNoUnfinishedWork keeps out the words that mark it.
func TestNoUnfinishedWork(t *testing.T) {
	for _, f := range sources(t) {
		for i, line := range bytes.Split(f.text, []byte("\n")) {
			require.False(t, banned.Match(line), "%s:%d: %s", f.path, i+1, line)
		}
	}
}

// TestPackageDocs wants doc.go in every package that others import; programs and pure tests say it in another file.
func TestPackageDocs(t *testing.T) {
	library := map[string]bool{} // directory -> has doc.go
	for _, f := range goFiles(t) {
		dir, name := path.Split(f.path)
		top, _, _ := strings.Cut(f.path, "/")
		if slices.Contains([]string{"cmd", "examples", "benchmarks", "interop", "tools", "docs"}, top) {
			continue
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		library[dir] = library[dir] || name == "doc.go"
	}
	require.NotEmpty(t, library)
	maps.DeleteFunc(library, func(_ string, has bool) bool { return has })
	require.Empty(t, slices.Sorted(maps.Keys(library)), "no doc.go in these")
}
