package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weirmq/weir/socket"
)

// errOption is part of every error about an --option that is not one.
var errOption = errors.New("bad option")

// An optionRow is a socket option as --option takes it: one row of the table.
type optionRow struct {
	name  string // libzmq's, in lower case, without ZMQ_
	value string // what a value looks like, for the list
	set   func(s *settings, value string) error
}

// setOption takes the text of one --option.
func (s *settings) setOption(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%w: %q: want NAME=VALUE", errOption, text)
	}
	i := slices.IndexFunc(optionRows, func(r optionRow) bool { return r.name == name })
	if i < 0 {
		return noOption(name)
	}
	if err := optionRows[i].set(s, value); err != nil {
		return fmt.Errorf("%w: %s=%s: %w", errOption, name, value, err)
	}
	return nil
}

// noOption is the error of a name that is not in the table: for what libzmq has and a command line cannot, it says what to use instead.
func noOption(name string) error {
	for other, instead := range optionsElsewhere {
		if name == other || strings.HasSuffix(other, "_") && strings.HasPrefix(name, other) {
			return fmt.Errorf("%w: %s cannot be set here: %s", errOption, name, instead)
		}
	}
	return fmt.Errorf("%w: there is no %q", errOption, name)
}

// optionList is the list of what exists.
func optionList() string {
	var b strings.Builder
	b.WriteString("options (-o NAME=VALUE):")
	for _, r := range optionRows {
		fmt.Fprintf(&b, "\n  %s=%s", r.name, r.value)
	}
	return b.String()
}

// option makes a row of a socket's option, whose value parse makes of text.
func option[V any](name string, of func(V) socket.Option, value string, parse func(string) (V, error)) optionRow {
	return optionRow{name: name, value: value, set: func(s *settings, text string) error {
		v, err := parse(text)
		if err == nil {
			s.options = append(s.options, of(v))
		}
		return err
	}}
}

// whole makes a row of an option that is a whole number.
func whole(name string, of func(int) socket.Option) optionRow {
	return option(name, of, "N", parseInt)
}

// flag makes a row of an option that is on or off.
func flag(name string, of func(bool) socket.Option) optionRow {
	return option(name, of, "0|1", parseBool)
}

// text makes a row of an option that is text, or any bytes.
func text(name string, of func(string) socket.Option) optionRow {
	return option(name, of, "TEXT", func(v string) (string, error) { return v, nil })
}

// millis makes a row of an option that is a time in milliseconds; -1 stands for without end.
func millis(name string, of func(time.Duration) socket.Option) optionRow {
	return option(name, of, "MS", parseMillis)
}

// small makes a row of an option that is a few bits.
func small(name string, of func(uint8) socket.Option, value string) optionRow {
	return option(name, of, value, func(text string) (uint8, error) {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return 0, errors.New("want a whole number of 0 to 255")
		}
		return uint8(n), nil
	})
}

// each makes a row of an option of which there may be several.
func each[V any](name string, of func(...V) socket.Option, value string, parse func(string) (V, error)) optionRow {
	return option(name, func(v V) socket.Option { return of(v) }, value, parse)
}

// systems makes a row of a tcp option for which -1 stands for the system's default, which Weir says by 0.
func systems[V int | time.Duration](name string, of func(V) socket.Option, value string, unit V) optionRow {
	return option(name, of, "-1|"+value, func(text string) (V, error) {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return 0, errors.New("want a whole number, or -1")
		}
		if n == -1 {
			return 0, nil
		}
		return V(n) * unit, nil
	})
}

// timed makes a row of an option that the command heeds itself too.
func timed(row optionRow, heed func(s *settings, d time.Duration)) optionRow {
	set := row.set
	row.set = func(s *settings, text string) error {
		d, err := parseMillis(text)
		if err != nil {
			return err
		}
		heed(s, d)
		return set(s, text)
	}
	return row
}

// parseInt reads a whole number.
func parseInt(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, errors.New("want a whole number")
	}
	return n, nil
}

// parseBool reads 0 or 1.
func parseBool(text string) (bool, error) {
	switch text {
	case "0":
		return false, nil
	case "1":
		return true, nil
	}
	return false, errors.New("want 0 or 1")
}

// parseMillis reads a number of milliseconds, or -1.
func parseMillis(text string) (time.Duration, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < -1 {
		return 0, errors.New("want a whole number of milliseconds, or -1")
	}
	if n < 0 {
		return time.Duration(n), nil // no time, but what stands for one
	}
	return time.Duration(n) * time.Millisecond, nil
}

// parseInt64 reads a whole number of 64 bits.
func parseInt64(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errors.New("want a whole number")
	}
	return n, nil
}

// parseMask reads a bit mask: a number, also as 0x….
func parseMask(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		return 0, errors.New("want a bit mask")
	}
	return n, nil
}
