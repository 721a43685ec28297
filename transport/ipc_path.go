package transport

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// maxPath is the most bytes a socket address has room for, beside the zero byte at its end.
const maxPath = 107

// maxPathDarwin is the same for macOS and iOS, where the address is shorter.
const maxPathDarwin = 103

// checkBindPath finds the fault in an address to bind.
func checkBindPath(path string) error {
	if path == wildcard {
		return nil
	}
	return checkPath(path)
}

// checkPath finds the fault in an address to connect to. libzmq takes "*" there for the name of a file, which is never
// what was meant.
func checkPath(path string) error {
	limit := maxPath
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		limit = maxPathDarwin
	}
	switch {
	case path == wildcard:
		return syntaxError(`"*" can only be bound`)
	case path == "@":
		return syntaxError("no name after @")
	case strings.IndexByte(path, 0) >= 0:
		return syntaxError("zero byte in a path")
	case isAbstract(path) && !hasAbstract:
		return fmt.Errorf("%w: names with @ exist on Linux alone: %w", ErrSyntax, errors.ErrUnsupported)
	case len(path) > limit:
		return fmt.Errorf("%w: %d bytes, where %d is the most", ErrNameTooLong, len(path), limit)
	}
	return nil
}

// isAbstract reports whether an address names a socket without a file.
func isAbstract(path string) bool {
	return path[0] == '@'
}

// hasAbstract says whether this system has sockets without a file.
const hasAbstract = runtime.GOOS == "linux"

// temporaryDirectory is where wildcards go: the first of TMPDIR, TEMPDIR and TMP that is a directory, which is libzmq's order, or else the system's
// choice. That of Go is TMPDIR whatever it names, hence /tmp behind it. Where there is none of these either, it is the current directory, which
// libzmq takes as soon as the environment names none.
func temporaryDirectory() string {
	return firstDirectory(os.Getenv("TMPDIR"), os.Getenv("TEMPDIR"), os.Getenv("TMP"), os.TempDir(), "/tmp")
}

// firstDirectory is the first of some names that is that of a directory, or else the current directory.
func firstDirectory(names ...string) string {
	for _, name := range names {
		if found, err := os.Stat(name); err == nil && found.IsDir() {
			return name
		}
	}
	return "."
}
