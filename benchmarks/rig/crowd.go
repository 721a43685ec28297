package rig

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"time"
)

// StampSize is how many bytes of a message of a crowd say when it was sent, by Monotonic: a little-endian number at its beginning.
const StampSize = 8

// crowd receives on one PULL what the connections of another process send now and then, Count messages in all, and says how long each was on its way.
// With a count of 0 it sits there until its standard input ends: then what the connections cost is measured from outside.
func crowd(r *Run, p Peer) (*Line, error) {
	pull, err := p.Open(Spec{Kind: Pull, Body: r.Body()})
	if err != nil {
		return nil, err
	}
	bound, err := pull.Bind(r.Endpoint)
	if err != nil {
		return nil, err
	}
	Ready(bound)
	if r.Count == 0 {
		_, err := io.Copy(io.Discard, os.Stdin)
		return r.Line(), err
	}
	return r.ways(pull)
}

// ways takes Count messages, or those that come, and says how long each was on its way.
func (r *Run) ways(pull Socket) (*Line, error) {
	var m Meter
	var delays []time.Duration
	var sum time.Duration
	timer := time.AfterFunc(time.Hour, pull.Abandon) // until the first message
	defer timer.Stop()
	for len(delays) < r.Count {
		body, err := pull.Show()
		if errors.Is(err, ErrAbandoned) && len(delays) > 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(delays) == 0 {
			m.Start()
		}
		timer.Reset(quiet)
		d := time.Duration(Monotonic() - int64(binary.LittleEndian.Uint64(body)))
		delays, sum = append(delays, d), sum+d
	}
	m.Stop()
	line := r.Line()
	m.Delays(line, delays, sum/time.Duration(len(delays)), r.Count-len(delays))
	return line, nil
}
