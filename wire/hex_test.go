package wire

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readHex returns the octets of testdata/name.hex: pairs of hex digits, with
// lines that begin with # as comments.
func readHex(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
	require.NoError(t, err)
	var digits strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			digits.WriteString(strings.Join(strings.Fields(line), ""))
		}
	}
	octets, err := hex.DecodeString(digits.String())
	require.NoError(t, err)
	require.NotEmpty(t, octets, name)
	return octets
}

// hexNames returns the names that readHex takes for all files of a folder in
// testdata.
func hexNames(t testing.TB, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.hex"))
	require.NoError(t, err)
	require.NotEmpty(t, paths, folder)
	names := make([]string, 0, len(paths))
	for _, p := range paths {
		names = append(names, folder+"/"+strings.TrimSuffix(filepath.Base(p), ".hex"))
	}
	return names
}
