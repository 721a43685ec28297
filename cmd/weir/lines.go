package main

import (
	"bytes"
	"errors"
	"io"
)

// chunkSize is how much is read at once, in bytes, unless a line is longer.
const chunkSize = 32 << 10

// A lineReader cuts a stream into lines of any length. Lines are cut out of the chunks that were read and not copied, so that a line belongs to whoever
// gets it: a chunk is never written to where a line was cut from it. Not safe for concurrent use.
type lineReader struct {
	// Set before the first call.
	r io.Reader

	// Owned by the caller of next.
	chunk []byte // what was read and not cut yet; the rest of its capacity is free
	err   error  // what the reader ended with; nil while it goes on
}

// next waits for the next line, and returns it with all others that are there already, without their newlines. A last line needs no newline. After the
// last line it returns io.EOF, or what else the reader ended with.
func (l *lineReader) next() ([][]byte, error) {
	for scanned := 0; ; {
		if i := bytes.IndexByte(l.chunk[scanned:], '\n'); i >= 0 {
			return l.cut(), nil
		}
		scanned = len(l.chunk)
		if l.err != nil {
			return l.last()
		}
		l.fill()
	}
}

// cut takes all whole lines out of the chunk.
func (l *lineReader) cut() [][]byte {
	lines := make([][]byte, 0, bytes.Count(l.chunk, []byte{'\n'}))
	for {
		i := bytes.IndexByte(l.chunk, '\n')
		if i < 0 {
			return lines
		}
		lines = append(lines, l.chunk[:i:i])
		l.chunk = l.chunk[i+1:]
	}
}

// last returns what stands after the last newline, once.
func (l *lineReader) last() ([][]byte, error) {
	if len(l.chunk) == 0 || !errors.Is(l.err, io.EOF) {
		return nil, l.err
	}
	line := l.chunk
	l.chunk = nil
	return [][]byte{line}, nil
}

// fill reads more. Where the chunk has no room left, the line that has begun moves to a new one with room for as much again.
func (l *lineReader) fill() {
	have := len(l.chunk)
	if have == cap(l.chunk) {
		l.chunk = append(make([]byte, 0, max(chunkSize, 2*have)), l.chunk...)
	}
	n, err := l.r.Read(l.chunk[have:cap(l.chunk)])
	l.chunk, l.err = l.chunk[:have+n], err
}
