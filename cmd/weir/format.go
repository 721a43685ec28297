package main

import (
	"fmt"
	"strings"

	"github.com/weirmq/weir/socket"
)

// A format turns a line into a message and back.
type format interface {
	// name is its word on the command line.
	name() string
	// parse makes a message of a line without its newline. It takes over the line's bytes.
	parse(line []byte) (socket.Message, error)
	// append adds the line of m to dst, without its newline.
	append(dst []byte, m socket.Message) []byte
}

// formats are the formats there are, the default first.
var formats = []format{textFormat{}, jsonFormat{}, hexFormat{}}

// A formatFlag is a format as the value of a flag. It implements pflag.Value.
type formatFlag struct{ format }

// String returns the word.
func (f *formatFlag) String() string { return f.name() }

// Set finds the format with that name.
func (f *formatFlag) Set(name string) error {
	var names []string
	for _, known := range formats {
		if known.name() == name {
			f.format = known
			return nil
		}
		names = append(names, known.name())
	}
	return fmt.Errorf("want one of %s", strings.Join(names, ", "))
}

// Type is unused: the flag's usage names its value.
func (f *formatFlag) Type() string { return "format" }
