package main

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/weirmq/weir/socket"
)

// hexFormat writes each frame as two digits a byte, and one space between frames. It can say any message.
type hexFormat struct{}

// space stands between two frames.
var space = []byte{' '}

// name is its word.
func (hexFormat) name() string { return "hex" }

// parse cuts the line at each space and decodes the fields, in small or capital letters.
func (hexFormat) parse(line []byte) (socket.Message, error) {
	fields := bytes.Split(line, space)
	for i, field := range fields {
		n, err := hex.Decode(field, field) // in place: what is written was read before
		if err != nil {
			return socket.Message{}, fmt.Errorf("frame %d: %w", i+1, err)
		}
		fields[i] = field[:n:n]
	}
	return socket.MessageOf(fields...), nil
}

// append encodes the frames.
func (hexFormat) append(dst []byte, m socket.Message) []byte {
	for i, frame := range m.All() {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = hex.AppendEncode(dst, frame)
	}
	return dst
}
