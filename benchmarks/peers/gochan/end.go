package main

import (
	"errors"
	"strings"
	"sync"

	"github.com/weirmq/weir/benchmarks/rig"
)

// An end is one side of a channel, or of several.
type end struct {
	// Set by Open, then read-only.
	peer      *peer
	kind      string
	body      *rig.Body
	abandoned chan struct{}
	once      sync.Once

	// Set by Bind and Connect, before the first message.
	in  chan []byte
	out []chan []byte
}

// Bind gives it a name.
func (e *end) Bind(endpoint string) (string, error) {
	switch e.kind {
	case rig.Pull:
		e.in = make(chan []byte, mark)
	case rig.Req:
		e.in, e.out = make(chan []byte), []chan []byte{make(chan []byte)}
	case rig.Pub:
	default:
		return "", rig.ErrNotPlayed
	}
	e.peer.mu.Lock()
	defer e.peer.mu.Unlock()
	e.peer.bound[endpoint] = e
	return endpoint, nil
}

// Connect joins it to the end with that name.
func (e *end) Connect(endpoint string) error {
	e.peer.mu.Lock()
	defer e.peer.mu.Unlock()
	other := e.peer.bound[endpoint]
	if other == nil {
		return errors.New("nobody is bound to " + strings.TrimSpace(endpoint))
	}
	switch e.kind {
	case rig.Push:
		e.out = []chan []byte{other.in}
	case rig.Rep:
		e.in, e.out = other.out[0], []chan []byte{other.in}
	case rig.Sub:
		e.in = make(chan []byte, mark)
		other.out = append(other.out, e.in)
	}
	return nil
}

// WaitSubscribers has nothing to wait for.
func (e *end) WaitSubscribers(int) error { return nil }

// Put sends one message: the same bytes to all.
func (e *end) Put() error {
	m := e.body.Fresh()
	for _, c := range e.out {
		if !e.peer.withCtx {
			c <- m
			continue
		}
		select {
		case c <- m:
		case <-e.peer.ctx.Done():
		}
	}
	return nil
}

// Show receives one message.
func (e *end) Show() ([]byte, error) {
	var m []byte
	if !e.peer.withCtx {
		m = <-e.in
	} else {
		select {
		case m = <-e.in:
		case <-e.abandoned:
			return nil, rig.ErrAbandoned
		}
	}
	return m, e.body.Check(len(m))
}

// Take receives one message and checks it.
func (e *end) Take() error {
	_, err := e.Show()
	return err
}

// Answer receives one message and answers it.
func (e *end) Answer() error {
	if err := e.Take(); err != nil {
		return err
	}
	return e.Put()
}

// Abandon ends calls that wait, where they have a context: nothing is lost in a channel.
func (e *end) Abandon() { e.once.Do(func() { close(e.abandoned) }) }

// Close has nothing to do.
func (e *end) Close() error { return nil }
