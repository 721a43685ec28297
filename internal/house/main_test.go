// Package house holds tests of the repository as a whole: what may import what, where code lies, how long files are and
// what may not be left in them. It has no code but tests, so that a plain `go test ./...` keeps the house.
//
// Map of the files: imports_test.go has the import arrows, files_test.go what is asked of every file.
package house

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain fails the package when a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// root returns the absolute path of the repository: two levels above this package.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	_, err = os.Stat(filepath.Join(dir, "go.mod"))
	require.NoError(t, err, "internal/house must lie two levels below the root")
	return dir
}
