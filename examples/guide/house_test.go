package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxLines is the most lines that a program may have, all of them counted: one of the guide's is read in one go.
const maxLines = 79

// shared are the files that are no program: what starts them, and helpers such as the guide's programs have in theirs.
var shared = []string{"main.go", "open.go", "part.go"}

// TestHouse wants every program whole in one short file, that is, with nothing of another's; on the page that leads through them; and in a test. What they
// share is what at least two of them use: else a part of a program would be hidden there.
func TestHouse(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var tests strings.Builder
	declared, wanted := map[string]string{}, map[string][]*ast.Ident{} // by name: whose it is; by program: what is not its own
	common, users := map[string]*ast.File{}, map[string]map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		if strings.HasSuffix(name, "_test.go") {
			tests.Write(text)
			continue
		}
		if slices.Contains(shared, name) {
			common[name], err = parser.ParseFile(token.NewFileSet(), name, text, 0)
			require.NoError(t, err)
			continue
		}
		program := strings.TrimSuffix(name, ".go")
		require.Contains(t, programs, program, "%s is neither a program nor what they share", name)
		require.LessOrEqual(t, bytes.Count(text, []byte("\n")), maxLines, "%s is too long", name)
		f, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		require.NoError(t, err)
		wanted[program] = f.Unresolved
		for declares := range f.Scope.Objects {
			declared[declares] = program
		}
	}
	for program, names := range wanted {
		for _, n := range names {
			require.Contains(t, []string{"", program}, declared[n.Name], "%s uses %s", program, n.Name)
			if users[n.Name] == nil {
				users[n.Name] = map[string]bool{}
			}
			users[n.Name][program] = true
		}
	}
	delete(common, "main.go") // what starts them is no part of any
	for name, f := range common {
		for _, d := range f.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				require.Greater(t, len(users[f.Name.Name]), 1, "%s in %s is a part of %v", f.Name.Name, name, users[f.Name.Name])
			}
		}
	}
	alone, err := os.ReadFile(filepath.Join("..", "wuproxy", "main.go")) // the one that is a command of its own
	require.NoError(t, err)
	require.LessOrEqual(t, bytes.Count(alone, []byte("\n")), maxLines, "wuproxy is too long")
	page, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	for name := range programs {
		require.FileExists(t, name+".go")
		require.Contains(t, string(page), "[`"+name+"`](guide/"+name+".go)", "examples/README.md does not lead to it")
		require.Contains(t, tests.String(), `"`+name+`"`, "no test has it")
	}
}

// TestFolders wants each folder of examples on that page, and in each a program and a test.
func TestFolders(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	mains, err := filepath.Glob("../*/main.go")
	require.NoError(t, err)
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	folders := 0
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		folders++
		require.Contains(t, mains, filepath.Join("..", e.Name(), "main.go"))
		require.Contains(t, string(page), "]("+e.Name()+")")
		tests, err := filepath.Glob(filepath.Join("..", e.Name(), "*_test.go"))
		require.NoError(t, err)
		require.NotEmpty(t, tests, "%s has no test", e.Name())
	}
	require.Greater(t, folders, 3)
}
