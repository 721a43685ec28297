package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain fails the run where the example leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Example_main runs the README's first example as it stands.
func Example_main() {
	main()
	// Output: 2 frames: hello|world
}

// TestREADME holds the README to this program, word for word.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(readme), "```go\n")
	require.True(t, ok)
	shown, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)
	source, err := os.ReadFile("main.go")
	require.NoError(t, err)
	_, source2, ok := strings.Cut(string(source), "\n")
	require.True(t, ok)
	require.Equal(t, source2, shown)
}
