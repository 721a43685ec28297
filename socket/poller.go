package socket

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"syscall"

	"github.com/weirmq/weir/transport"
)

// PollEvents is what can be waited for, as bits.
type PollEvents uint8

// The bits of PollEvents.
const (
	// PollIn: something can be received, or read, without waiting; of a channel: a value was received.
	PollIn PollEvents = 1 << iota
	// PollOut: something can be sent, or written, without waiting.
	PollOut
	// PollErr: the socket or channel is closed, or the connection broken. It need not be asked for.
	PollErr
)

// A PollEvent is what a Poller found: one for each thing that is ready.
type PollEvent struct {
	// Socket, Conn or Chan is what was added; the other two are nil. A Chan is a <-chan T, whatever it was added as.
	Socket Socket
	Conn   syscall.Conn
	Chan   any
	// Events says what it is ready for.
	Events PollEvents
	// Value is what was received from Chan; nil with PollErr.
	Value any
}

// A Poller waits for many things at once: sockets of any runtime, connections and files that have a descriptor, and Go channels. Sockets and descriptors are
// level-triggered, as with zmq_poll: they are reported as long as they are ready, and nothing is taken from them. A channel cannot be asked without
// taking: its value comes with the event, and a Wait that ends without an event has taken none. Add and its kind, Modify and Remove may be called by any
// goroutine, while another waits too; one goroutine waits at a time. It holds nothing that must be closed. (zmq_poll, zmq_poller)
type Poller struct {
	turn    chan struct{} // holds one element while somebody waits
	changed chan struct{} // room for one: something has happened that may make something ready

	mu    sync.Mutex
	items []*pollItem // guarded by mu: in the order they were added; replaced, never written to
}

// A pollItem is one thing that is waited for. Read-only.
type pollItem struct {
	socket Socket
	conn   syscall.Conn
	raw    syscall.RawConn // of conn
	channel
	events PollEvents
}

// A channel is a channel in a poller.
type channel struct {
	typed any           // the <-chan T
	value reflect.Value // of typed
}

// NewPoller makes a Poller with nothing to wait for.
func NewPoller() *Poller {
	return &Poller{turn: make(chan struct{}, 1), changed: make(chan struct{}, 1)}
}

// Add waits for a socket. events may be 0: only PollErr is reported then. A socket that has been added already is ErrBadOption (see Modify), and so are
// none at all and events that there are not.
func (p *Poller) Add(s Socket, events PollEvents) error {
	if s == nil {
		return fmt.Errorf("%w: no socket to wait for", ErrBadOption)
	}
	return p.add(&pollItem{socket: s, events: events})
}

// AddConn waits for a connection or file with a descriptor: a net.Conn of package net, or an os.File. Where the platform cannot wait for readiness
// (Windows), it returns errors.ErrUnsupported. Remove it before it is closed: the closing is put off
// while somebody waits for it. One that is closed all the same is reported with PollErr until it is removed.
func (p *Poller) AddConn(c syscall.Conn, events PollEvents) error {
	if !transport.CanPoll {
		return fmt.Errorf("poll a descriptor: %w", errors.ErrUnsupported)
	}
	if c == nil {
		return fmt.Errorf("%w: no descriptor to wait for", ErrBadOption)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return fmt.Errorf("poll a descriptor: %w", err)
	}
	return p.add(&pollItem{conn: c, raw: raw, events: events})
}

// AddChan makes p wait for values of c. When c is closed that is reported once, with PollErr, and c is waited for no more.
func AddChan[T any](p *Poller, c <-chan T) error {
	return p.add(&pollItem{channel: channel{typed: c, value: reflect.ValueOf(c)}, events: PollIn})
}

// Modify changes what is waited for of a socket or connection that was added.
func (p *Poller) Modify(what any, events PollEvents) error {
	if err := events.check(); err != nil {
		return err
	}
	return p.replace(what, func(it *pollItem) *pollItem {
		if it.typed != nil {
			return it
		}
		changed := *it
		changed.events = events
		return &changed
	})
}

// Remove takes a socket, connection or channel (as a <-chan T) off what is waited for.
func (p *Poller) Remove(what any) error {
	return p.replace(what, func(*pollItem) *pollItem { return nil })
}

// Len is how many things are waited for.
func (p *Poller) Len() int { return len(p.snapshot()) }

// Poll returns what is ready now, in the order it was added, without waiting: nothing, maybe. While another goroutine waits it returns nothing.
func (p *Poller) Poll() []PollEvent {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
		events, _ := p.scan(p.snapshot(), nil) // an error of a descriptor is reported as its event
		return events
	default:
		return nil
	}
}

// Wait waits until something is ready and returns all that is, in the order it was added, or the error of ctx. It waits too where nothing was added yet.
func (p *Poller) Wait(ctx context.Context) ([]PollEvent, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		events, err := p.round(ctx, p.snapshot())
		if err != nil || len(events) > 0 {
			return events, err
		}
	}
}

// check refuses events that there are not.
func (e PollEvents) check() error {
	if e&^(PollIn|PollOut|PollErr) != 0 {
		return badOption("events", uint8(e), "PollIn, PollOut and PollErr, or none of them")
	}
	return nil
}

// add adds an item.
func (p *Poller) add(it *pollItem) error {
	if err := it.events.check(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.ContainsFunc(p.items, func(o *pollItem) bool { return o.is(it.subject()) }) {
		return fmt.Errorf("%w: it has been added already", ErrBadOption)
	}
	p.items = append(slices.Clone(p.items), it)
	p.nudge()
	return nil
}

// replace puts what f returns in the place of an item; nil takes it off.
func (p *Poller) replace(what any, f func(*pollItem) *pollItem) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.items, func(o *pollItem) bool { return o.is(what) })
	if i < 0 {
		return fmt.Errorf("%w: it was not added", ErrBadOption)
	}
	items := slices.Clone(p.items)
	if it := f(items[i]); it != nil {
		items[i] = it
	} else {
		items = slices.Delete(items, i, i+1)
	}
	p.items = items
	p.nudge()
	return nil
}

// snapshot is what is waited for now.
func (p *Poller) snapshot() []*pollItem {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.items
}

// nudge makes whoever waits look again.
func (p *Poller) nudge() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// subject is what the item was made of.
func (it *pollItem) subject() any {
	switch {
	case it.socket != nil:
		return it.socket
	case it.conn != nil:
		return it.conn
	default:
		return it.typed
	}
}

// is says whether the item was made of what.
func (it *pollItem) is(what any) bool {
	return what != nil && reflect.TypeOf(what).Comparable() && it.subject() == what
}
