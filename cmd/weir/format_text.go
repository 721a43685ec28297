package main

import (
	"bytes"

	"github.com/weirmq/weir/socket"
)

// textFormat writes frames as they are, joined by a tab. What it reads it writes again as it was; a frame that holds a tab or a newline, which only
// comes from a peer, looks like two.
type textFormat struct{}

// tab stands between two frames.
var tab = []byte{'\t'}

// name is its word.
func (textFormat) name() string { return "text" }

// parse cuts the line at its tabs. Every line is a message.
func (textFormat) parse(line []byte) (socket.Message, error) {
	if bytes.IndexByte(line, '\t') < 0 {
		return socket.MessageOf(line), nil
	}
	return socket.MessageOf(bytes.Split(line, tab)...), nil
}

// append joins the frames.
func (textFormat) append(dst []byte, m socket.Message) []byte {
	for i, frame := range m.All() {
		if i > 0 {
			dst = append(dst, '\t')
		}
		dst = append(dst, frame...)
	}
	return dst
}
