package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// streams are the three standard streams of one run. Reading and writing the first two is for the goroutine of the command; say may be called by any.
type streams struct {
	// Set by newStreams, then read-only.
	in  io.Reader
	out io.Writer

	mu  sync.Mutex
	err io.Writer // guarded by mu
}

// newStreams makes the streams of a run.
func newStreams(in io.Reader, out, err io.Writer) *streams {
	return &streams{in: in, out: out, err: err}
}

// note writes one line to standard error as it is. Where that fails there is nobody left to tell.
func (s *streams) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = fmt.Fprintf(s.err, format+"\n", args...)
}

// complain writes an error to standard error, each of its lines under the program's name.
func (s *streams) complain(err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		s.note("weir: %s", strings.TrimPrefix(line, "weir: "))
	}
}
