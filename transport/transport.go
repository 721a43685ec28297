package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
)

// Inproc is the scheme of the transport between sockets of one process. It has no connections, so it has no row here.
const Inproc = "inproc"

// PGM and EPGM are the schemes of multicast, raw and within UDP. They have packets and no connections, so they have no rows
// here: see package pgm below this one.
const (
	PGM  = "pgm"
	EPGM = "epgm"
)

// A Transport is one row of the table: a scheme, and what is special about it. Rows are read-only. The zero value is
// no transport.
type Transport struct {
	// Scheme is the word before "://".
	Scheme string

	// Wildcard is an address to bind that lets the system choose a free place, reachable from this machine alone.
	// What Listener.Endpoint then says can be dialed.
	Wildcard string

	// checkBind and checkConnect find the fault in an address: ErrSyntax and ErrNameTooLong, or nil.
	checkBind, checkConnect func(address string) error

	// canonical is the one spelling of an address; false for what names no one place.
	canonical func(address string) (string, bool)

	// dial makes one attempt to connect to an address that passed checkConnect.
	dial func(ctx context.Context, address string, opts Options) (net.Conn, error)

	// listen binds an address that passed checkBind.
	listen func(ctx context.Context, address string, opts Options) (Listener, error)
}

// table holds the transports in the order in which users see them.
func table() []Transport {
	return []Transport{
		tcp(),
		ipc(),
	}
}

// Transports gives the rows of the table, for suites that range over them. The slice is the caller's.
func Transports() []Transport {
	return table()
}

// Schemes lists every scheme that [Parse] accepts: those of the table, and then those without connections. The slice is the caller's.
func Schemes() []string {
	var all []string
	for _, t := range table() {
		all = append(all, t.Scheme)
	}
	return append(all, connectionless()...)
}

// connectionless are the schemes that are only named here.
func connectionless() []string { return []string{PGM, EPGM, Inproc} }

// lookup finds the row of a scheme; the error is ErrScheme.
func lookup(scheme string) (Transport, error) {
	rows := table()
	i := slices.IndexFunc(rows, func(t Transport) bool { return t.Scheme == scheme })
	if i < 0 {
		return Transport{}, schemeError(scheme)
	}
	return rows[i], nil
}

// CheckBind reports whether the endpoint could be bound, as far as its text tells: [ErrSyntax], [ErrScheme],
// [ErrNameTooLong], or nil. It asks neither the network nor the file system, so it never waits. Any goroutine may call
// it.
func CheckBind(ep Endpoint) error {
	return check(ep, func(t Transport) error { return t.checkBind(ep.Address) })
}

// CheckConnect reports whether the endpoint could be dialed, as far as its text tells, in the manner of [CheckBind]. A
// host that does not resolve and a path where nothing is both pass: that may change before the next attempt.
func CheckConnect(ep Endpoint) error {
	return check(ep, func(t Transport) error { return t.checkConnect(ep.Address) })
}

// check looks up the endpoint's row and runs find on it. A scheme without connections has no syntax here beyond not being empty.
func check(ep Endpoint, find func(Transport) error) error {
	if ep.Address == "" {
		return at(ep.String(), syntaxError("no address"))
	}
	if slices.Contains(connectionless(), ep.Scheme) {
		return nil
	}
	t, err := lookup(ep.Scheme)
	if err == nil {
		err = find(t)
	}
	if err != nil {
		return at(ep.String(), err)
	}
	return nil
}

// Dial makes one attempt to connect. Host names are resolved anew at each call. It returns when the connection stands,
// when the attempt failed, or soon after ctx ends, and then the error wraps ctx's own; past opts.ConnectTimeout it is
// [ErrConnectTimeout]. An endpoint that [CheckConnect]
// refuses gives that error; a refusal is [ErrRefused]; a missing ipc file is fs.ErrNotExist; for the rest see the
// sentinels. The connection is one of package net's own types, so that net.Buffers reaches writev. Any number of
// goroutines may call Dial.
func Dial(ctx context.Context, ep Endpoint, opts Options) (net.Conn, error) {
	if err := CheckConnect(ep); err != nil {
		return nil, err
	}
	t, err := lookup(ep.Scheme)
	if err != nil {
		return nil, at(ep.String(), err)
	}
	attempt, end := opts.bounded(ctx)
	defer end()
	conn, err := t.dial(attempt, ep.Address, opts)
	if err != nil {
		switch {
		case errors.Is(context.Cause(attempt), ErrConnectTimeout):
			err = ErrConnectTimeout
		case ctx.Err() != nil && !errors.Is(err, ctx.Err()): // a proxy's dialer has other words for it
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		case errors.Is(err, os.ErrDeadlineExceeded): // package net's word for the deadline of ctx, the only one there is
			err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
		}
		return nil, fail("dial", ep, err)
	}
	return conn, nil
}

// Listen binds the endpoint and starts to queue connections. The context bounds the resolving of names alone: ending
// it later does not close the listener. An endpoint that [CheckBind] refuses gives that error; for the rest see the
// sentinels. Any number of goroutines may call Listen.
func Listen(ctx context.Context, ep Endpoint, opts Options) (Listener, error) {
	if err := CheckBind(ep); err != nil {
		return nil, err
	}
	t, err := lookup(ep.Scheme)
	if err != nil {
		return nil, at(ep.String(), err)
	}
	ln, err := t.listen(ctx, ep.Address, opts)
	if err != nil {
		return nil, fail("listen", ep, err)
	}
	return ln, nil
}
