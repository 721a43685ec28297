package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/weirmq/weir/socket"

	"github.com/weirmq/weir/benchmarks/rig"
)

// An end is one socket in a measurement.
type end struct {
	// Set by newEnd, then read-only.
	ctx     context.Context
	abandon context.CancelFunc
	sock    socket.Socket
	to      socket.Sender   // nil where it does not send
	from    socket.Receiver // nil where it does not receive
	fresh   *bodies
	recycle bool
	routes  bool // messages have the routing id of their peer in front
}

// newEnd wraps a socket.
func newEnd(sock socket.Socket, body *rig.Body, recycle bool) *end {
	e := &end{sock: sock, fresh: newBodies(body, recycle), recycle: recycle}
	e.ctx, e.abandon = context.WithCancel(context.Background())
	e.to, _ = sock.(socket.Sender)
	e.from, _ = sock.(socket.Receiver)
	_, e.routes = sock.(*socket.Router)
	return e
}

// Bind binds it.
func (e *end) Bind(endpoint string) (string, error) {
	bound, err := e.sock.Bind(e.ctx, endpoint)
	if err != nil {
		return "", err
	}
	return bound.String(), nil
}

// Connect connects it.
func (e *end) Connect(endpoint string) error {
	_, err := e.sock.Connect(e.ctx, endpoint)
	return err
}

// WaitSubscribers waits for subscribers.
func (e *end) WaitSubscribers(n int) error { return e.sock.(*socket.Pub).WaitSubscribers(e.ctx, n) }

// Put sends one message.
func (e *end) Put() error { return e.to.Send(e.ctx, e.fresh.next()) }

// Take receives one message and checks it.
func (e *end) Take() error {
	m, err := e.recv(1)
	if err == nil && e.recycle {
		m.Release()
	}
	return err
}

// recv receives a message of so many frames, the last of which has the right size.
func (e *end) recv(frames int) (socket.Message, error) {
	m, err := e.from.Recv(e.ctx)
	if err != nil {
		return m, e.why(err)
	}
	if m.Len() != frames {
		return m, fmt.Errorf("received a message of %d frames, want %d", m.Len(), frames)
	}
	return m, e.fresh.body.Check(len(m.Frame(frames - 1)))
}

// why tells what ended a call.
func (e *end) why(err error) error {
	if e.ctx.Err() != nil {
		return rig.ErrAbandoned
	}
	return err
}

// Answer receives one message and answers it.
func (e *end) Answer() error {
	if !e.routes {
		if err := e.Take(); err != nil {
			return err
		}
		return e.Put()
	}
	m, err := e.recv(2)
	if err != nil {
		return err
	}
	err = e.sock.(*socket.Router).SendTo(e.ctx, m.Frame(0), e.fresh.next())
	if e.recycle {
		m.Release()
	}
	return err
}

// Show receives one message and returns its bytes.
func (e *end) Show() ([]byte, error) {
	m, err := e.recv(1)
	if err != nil {
		return nil, err
	}
	body := slices.Clone(m.Bytes())
	if e.recycle {
		m.Release()
	}
	return body, nil
}

// Abandon ends calls that wait.
func (e *end) Abandon() { e.abandon() }

// Close closes the socket.
func (e *end) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), partingTime)
	defer cancel()
	return e.sock.Close(ctx)
}
