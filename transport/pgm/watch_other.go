//go:build !linux

package pgm

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// openWatch refuses: nobody here tells what becomes of interfaces.
func openWatch() (*os.File, error) {
	return nil, fmt.Errorf("%w: interfaces are not watched on %s", errors.ErrUnsupported, runtime.GOOS)
}

// untilGone is never called.
func untilGone(*os.File, int) error { return nil }
