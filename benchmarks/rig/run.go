package rig

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Roles of a process in a measurement.
const (
	Both      = "both"    // all ends are in this process
	Receiving = "receive" // this process is bound, and says where
	Sending   = "send"    // this process connects
)

// ErrNotPlayed says that an implementation has no such thing as a scenario asks for.
var ErrNotPlayed = errors.New("has no such thing")

// A Run is one measurement: what the command line asks for. Set by ParseRun, then read-only.
type Run struct {
	Peer     string // the name of the implementation
	Mode     string // what is measured
	Endpoint string // where the bound side binds
	Size     int    // bytes of a message
	Count    int    // messages, or round trips
	Links    int    // how many are on the side of the many: senders, subscribers, dealers, connections, producers
	Topics   int    // how many topics the messages of a publisher are about, in turn; 0: each is for every subscriber
	Role     string // Both, Receiving or Sending
	Curve    bool   // connections are encrypted
	Release  bool   // memory is recycled, where an implementation can
	GOGC     int    // of this process, where it is written in Go; 0: as Main says
	Ctx      bool   // calls that may wait have a context, where that is left to the program
}

// ParseRun reads the arguments of a peer's program.
func ParseRun(peer string, args []string) (*Run, error) {
	r := &Run{Peer: peer, Size: 100, Count: 1000, Links: 1, Role: Both, Release: true}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, fmt.Errorf("argument %q: want key=value", arg)
		}
		if err := r.set(key, value); err != nil {
			return nil, fmt.Errorf("argument %q: %w", arg, err)
		}
	}
	if r.Topics > 0 {
		r.Count += (r.Topics - r.Count%r.Topics) % r.Topics // each topic as often as the others
		r.Size = max(r.Size, topicSize)
	}
	return r, nil
}

// set sets one field.
func (r *Run) set(key, value string) (err error) {
	switch key {
	case "mode":
		r.Mode = value
	case "endpoint":
		r.Endpoint = value
	case "role":
		r.Role = value
	case "size":
		r.Size, err = number(value, 0)
	case "count":
		r.Count, err = number(value, 0)
	case "links":
		r.Links, err = number(value, 1)
	case "topics":
		r.Topics, err = number(value, 0)
	case "curve":
		r.Curve = value == "yes"
	case "release":
		r.Release = value == "yes"
	case "gogc":
		r.GOGC, err = number(value, 1)
	case "ctx":
		r.Ctx = value == "yes"
	default:
		return errors.New("unknown key")
	}
	return err
}

// number reads a whole number that is not below least.
func number(value string, least int) (int, error) {
	n, err := strconv.Atoi(value)
	if err == nil && n < least {
		err = fmt.Errorf("want %d or more", least)
	}
	return n, err
}

// share returns how many of the messages the i-th of the many sends.
func (r *Run) share(i int) int {
	n := r.Count / r.Links
	if i < r.Count%r.Links {
		n++
	}
	return n
}

// Line begins the line of r.
func (r *Run) Line() *Line {
	l := &Line{}
	l.Text("peer", r.Peer).Text("mode", r.Mode).Text("endpoint", r.Endpoint).Int("size", int64(r.Size)).Int("count", int64(r.Count))
	if !r.Release {
		l.Text("release", "no")
	}
	return l
}

// A Line is what a peer prints: key=value pairs in one line. The zero value is empty.
type Line struct{ b strings.Builder }

// Text adds a word, without blanks.
func (l *Line) Text(key, value string) *Line {
	if l.b.Len() > 0 {
		l.b.WriteByte(' ')
	}
	l.b.WriteString(key + "=" + value)
	return l
}

// Int adds a whole number.
func (l *Line) Int(key string, v int64) *Line { return l.Text(key, strconv.FormatInt(v, 10)) }

// Float adds a number with so many digits behind the point.
func (l *Line) Float(key string, v float64, digits int) *Line {
	return l.Text(key, strconv.FormatFloat(v, 'f', digits, 64))
}

// String is the line.
func (l *Line) String() string { return l.b.String() }
