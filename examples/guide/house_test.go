package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxLines is the most lines a file of this folder may have, tests apart: a program of the guide is read in one go.
const maxLines = 79

// TestHouse wants every file short, and every program on the page that leads through them, and in a test.
func TestHouse(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var tests strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		if strings.HasSuffix(name, "_test.go") {
			tests.Write(text)
			continue
		}
		require.LessOrEqual(t, bytes.Count(text, []byte("\n")), maxLines, "%s is too long", name)
	}
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
