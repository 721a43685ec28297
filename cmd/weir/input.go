package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/weirmq/weir/socket"
)

// An input is standard input as messages. A goroutine reads it, so that the program can end while a read waits for a line that does not come.
type input struct {
	// Set by newInput, then read-only.
	format format
	ahead  int           // how much may wait to be taken, in bytes; 0 for what was read together, and no more
	read   func()        // is told that something was read, or the end; nil for nobody
	added  chan struct{} // wakes next: there is more, or the end; has room for one
	taken  chan struct{} // wakes readLoop: there is room; has room for one

	mu sync.Mutex
	// Guarded by mu.
	waiting [][][]byte // lines that were read together and not taken yet, oldest first
	size    int        // of all that waits, in bytes
	err     error      // why reading ended: io.EOF, or a fault; nil while it goes on

	// Owned by the caller of next.
	lines [][]byte // taken and not returned yet
	line  uint64   // number of the last line returned, or dropped, from 1
}

// newInput starts to read r, as far ahead as that says; read, which may be nil, is told of it. The goroutine ends at the end of r, or with the first lines
// that come after the end of ctx; where they never come it ends with the process, since nothing can interrupt a read from a terminal.
func newInput(ctx context.Context, r io.Reader, f format, ahead int, read func()) *input {
	in := &input{format: f, ahead: ahead, read: read, added: make(chan struct{}, 1), taken: make(chan struct{}, 1)}
	go in.readLoop(ctx, &lineReader{r: r})
	return in
}

// readLoop passes on what is read, as it is read.
func (in *input) readLoop(ctx context.Context, r *lineReader) {
	for {
		lines, err := r.next()
		if err == nil {
			err = ctx.Err()
		}
		if !in.add(lines, err) {
			return
		}
		for !in.room() {
			select {
			case <-in.taken:
			case <-ctx.Done():
				in.add(nil, ctx.Err())
				return
			}
		}
	}
}

// add puts what was read where next finds it, or says why no more will come. It returns whether more may come.
func (in *input) add(lines [][]byte, err error) bool {
	if in.read != nil {
		in.read()
	}
	in.mu.Lock()
	if in.err = err; err == nil {
		in.waiting = append(in.waiting, lines)
		in.size += sizeOf(lines)
	}
	in.mu.Unlock()
	wake(in.added)
	return err == nil
}

// room says whether more may be read now.
func (in *input) room() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.waiting) == 0 || in.size < in.ahead
}

// state says whether standard input was read to its end, and whether as much waits as may.
func (in *input) state() (ended, full bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return errors.Is(in.err, io.EOF), in.size >= in.ahead
}

// take returns the oldest lines that wait, or nil and why no more will come, which is nil too while they may.
func (in *input) take() ([][]byte, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.waiting) == 0 {
		return nil, in.err
	}
	lines := in.waiting[0]
	in.waiting[0], in.waiting = nil, in.waiting[1:]
	in.size -= sizeOf(lines)
	wake(in.taken)
	return lines, nil
}

// next waits for the next line and returns its message. At the end of standard input it returns io.EOF.
func (in *input) next(ctx context.Context) (socket.Message, error) {
	if err := ctx.Err(); err != nil {
		return socket.Message{}, err
	}
	for len(in.lines) == 0 {
		lines, err := in.take()
		if err != nil {
			return socket.Message{}, faulty(err)
		}
		if in.lines = lines; lines != nil {
			break
		}
		select {
		case <-in.added:
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

// drop drops what was read and not returned, and counts its lines. It is called by whoever calls next, or once nobody does.
func (in *input) drop() (lines int) {
	for {
		lines += len(in.lines)
		if in.lines, _ = in.take(); in.lines == nil {
			in.line += uint64(lines)
			return lines
		}
	}
}

// sizeOf is what lines cost while they wait, in bytes, with what leads to them.
func sizeOf(lines [][]byte) (n int) {
	const header = 24
	for _, line := range lines {
		n += header + len(line)
	}
	return n
}

// wake leaves word in c, which has room for one, unless there is some.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// faulty is the error of an input that ended with err: io.EOF, which is no fault, or one with its place.
func faulty(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return fmt.Errorf("standard input: %w", err)
}
