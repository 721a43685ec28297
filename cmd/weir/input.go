package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/weirmq/weir/socket"
)

// An input is standard input as messages. A goroutine reads it, so that the program can end while a read waits for a line that does not come.
type input struct {
	// Set by newInput, then read-only.
	format format
	c      chan [][]byte // lines that were read together; closed at the end

	// Owned by readLoop until c is closed.
	err error // why reading ended: io.EOF, or a fault

	// Owned by the caller of next.
	lines [][]byte // read and not returned yet
	line  uint64   // number of the last line returned, from 1
}

// newInput starts to read r. The goroutine ends at the end of r, or with the first lines that come after the end of ctx; where they never come it ends
// with the process, since nothing can interrupt a read from a terminal.
func newInput(ctx context.Context, r io.Reader, f format) *input {
	in := &input{format: f, c: make(chan [][]byte)}
	go in.readLoop(ctx, &lineReader{r: r})
	return in
}

// readLoop passes on what is read, as it is read.
func (in *input) readLoop(ctx context.Context, r *lineReader) {
	defer close(in.c)
	for {
		var lines [][]byte
		if lines, in.err = r.next(); in.err != nil {
			return
		}
		select {
		case in.c <- lines:
		case <-ctx.Done():
			in.err = ctx.Err()
			return
		}
	}
}

// next waits for the next line and returns its message. At the end of standard input it returns io.EOF.
func (in *input) next(ctx context.Context) (socket.Message, error) {
	if err := ctx.Err(); err != nil {
		return socket.Message{}, err
	}
	if len(in.lines) == 0 {
		select {
		case lines, ok := <-in.c:
			if !ok {
				return socket.Message{}, in.ended()
			}
			in.lines = lines
		case <-ctx.Done():
			return socket.Message{}, ctx.Err()
		}
	}
	line := in.lines[0]
	in.lines[0], in.lines = nil, in.lines[1:]
	in.line++
	m, err := in.format.parse(line)
	if err != nil {
		return socket.Message{}, fmt.Errorf("standard input, line %d: not %s: %w", in.line, in.format.name(), err)
	}
	return m, nil
}

// rest counts the lines that nobody has asked for, and says whether they are the last: whether the end of standard input is reached within the limit. It is
// called when next is not any more.
func (in *input) rest(ctx context.Context, limit time.Duration) (lines int, ended bool) {
	late := time.NewTimer(limit)
	defer late.Stop()
	lines = len(in.lines)
	for {
		select {
		case more, ok := <-in.c:
			if !ok {
				return lines, errors.Is(in.err, io.EOF)
			}
			lines += len(more)
		case <-late.C:
			return lines, false
		case <-ctx.Done():
			return lines, false
		}
	}
}

// ended says why nothing more comes.
func (in *input) ended() error {
	if errors.Is(in.err, io.EOF) {
		return io.EOF
	}
	return fmt.Errorf("standard input: %w", in.err)
}
