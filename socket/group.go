package socket

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/transport/pgm"
)

// A group is what an endpoint over pgm or epgm has beside others: there is no connection, and one pipe stands for all who listen, or all who send. To
// bind and to connect are the same.
type group struct {
	// Set when the endpoint is made, then read-only.
	addr pgm.Address

	// Guarded by mu.
	mu     sync.Mutex
	opener func(pgm.Address, pgm.Options) (groupConn, error) // openGroup, but in tests
	first  groupConn                                         // opened by the caller of Bind or Connect, for the first incarnation of the codec; nil once it is taken
}

// A groupConn is the sockets of a group: a *pgm.Conn.
type groupConn interface {
	Local() netip.Addr
	Inlets() int
	Read(inlet int, dst []pgm.Datagram) ([]pgm.Datagram, error)
	Send(outs []pgm.Out) (int, error)
	SendBy(end time.Time, outs []pgm.Out) (int, error)
	PassOn(d pgm.Datagram)
	Watch() error
	Cut()
	Close() error
}

// openGroup is pgm.Open.
func openGroup(a pgm.Address, o pgm.Options) (groupConn, error) {
	conn, err := pgm.Open(a, o)
	if err != nil {
		return nil, err // and not a nil *pgm.Conn
	}
	return conn, nil
}

// isGroup says whether a scheme is one of multicast.
func isGroup(scheme string) bool { return scheme == transport.PGM || scheme == transport.EPGM }

// joinGroup makes an endpoint over pgm or epgm, for a caller of Bind, or of Connect.
func (s *socket) joinGroup(ctx context.Context, addr transport.Endpoint, verb string, strategy actor.Strategy) (*Endpoint, error) {
	e, err := s.newGroup(addr)
	if failed, ok := errors.AsType[*groupError](err); ok && verb == "bind" {
		s.emit(Event{Kind: EventBindFailed, Endpoint: addr.String(), bound: true, Err: failed.error})
	}
	made := e
	if err == nil {
		if made, err = s.take(ctx, e, strategy); made != e {
			e.group.drop()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", verb, addr, err)
	}
	return made, nil
}

// A groupError says that the sockets of a group could not be had.
type groupError struct{ error }

// Unwrap is what the system says.
func (e *groupError) Unwrap() error { return e.error }

// newGroup makes the endpoint. Its sockets are opened at once, so that what is wrong with them is the caller's error, and handed to the codec.
func (s *socket) newGroup(addr transport.Endpoint) (*Endpoint, error) {
	if !s.typ.publisher && !s.typ.subscriber {
		return nil, fmt.Errorf("%w: %s does not multicast: PUB, XPUB, SUB and XSUB do", ErrIncompatible, s.typ.name)
	}
	e := newEndpoint(s, addr, addr.String(), false)
	a, err := pgm.ParseAddress(addr.Address)
	if err == nil {
		err = e.opts.checkRate()
	}
	if err != nil {
		return nil, err
	}
	e.group = &group{addr: a, opener: openGroup}
	if e.group.first, err = e.group.opener(a, e.opts.multicast(addr.Scheme)); err != nil {
		return nil, &groupError{err}
	}
	return e, nil
}

// open yields the sockets: those of the caller, or others after a failure.
func (g *group) open(o pgm.Options) (groupConn, error) {
	g.mu.Lock()
	conn := g.first
	opener := g.opener
	g.first = nil
	g.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	return opener(g.addr, o)
}

// drop closes the sockets that no codec has taken.
func (g *group) drop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.first != nil {
		_ = g.first.Close() // nobody has used them
		g.first = nil
	}
}

// multicast says whether p stands for a group.
func (p *pipe) multicast() bool { return p.endpoint != nil && p.endpoint.group != nil }

// subscribeAll makes a publisher send everything to p: nobody says upstream what he wants. Its application is not told.
func (s *socket) subscribeAll(p *pipe) {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	switch pattern := s.route.pattern.(type) {
	case *pub:
		pattern.subscribe(p, "")
	case *xpub:
		pattern.subscribe(p, "")
	}
}
