package main

import (
	"bufio"
	"fmt"
	"io"

	"github.com/weirmq/weir/socket"
)

// outputSize is how much output is gathered, in bytes, before it is written in any case.
const outputSize = 64 << 10

// An output is standard output as messages. What is printed may wait in a buffer: whoever is about to wait for something calls flush first. Not safe
// for concurrent use.
type output struct {
	format format
	w      *bufio.Writer
	line   []byte // the room for a line, used again
}

// newOutput makes an output that writes to w.
func newOutput(w io.Writer, f format) *output {
	return &output{format: f, w: bufio.NewWriterSize(w, outputSize)}
}

// print writes the line of m.
func (o *output) print(m socket.Message) error {
	o.line = append(o.format.append(o.line[:0], m), '\n')
	_, err := o.w.Write(o.line)
	if cap(o.line) > outputSize {
		o.line = nil // one large message is no reason to keep its room
	}
	return outputError(err)
}

// flush writes what is in the buffer.
func (o *output) flush() error { return outputError(o.w.Flush()) }

// outputError says which stream err is about.
func outputError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("standard output: %w", err)
}
