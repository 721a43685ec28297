package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/weirmq/weir/transport"
)

// Connections and listeners that were made elsewhere. libzmq takes file descriptors of bound sockets (ZMQ_USE_FD); Go has net.Listener and net.Conn,
// of any kind: a service manager's (net.FileListener), TLS, an SSH tunnel.

// errHandedOver is why a connection that was handed over does not come back.
var errHandedOver = errors.New("weir: a connection that was handed over cannot be made again")

// BindListener makes the socket reachable through a listener that somebody else has made: by socket activation, say, or with TLS around it. From the
// call on, l belongs to the socket: it is closed with the endpoint, or at once where there is an error. Nothing is set on l itself: how it is bound,
// its Backlog and its BindToDevice are its maker's business, as in libzmq. Where it is a listener of package net, tcp's or ipc's, what it accepts gets
// what SendBuffer, RecvBuffer, TypeOfService, Priority, TCPKeepAlive and TCPMaxRetransmit ask for; of another, TLS say, that is its maker's business
// too. The endpoint is named after l's address: tcp://127.0.0.1:5555, ipc:///run/weir. Errors: ErrIncompatible, ErrNoIOWorker, ErrClosed. (ZMQ_USE_FD)
func (b base) BindListener(ctx context.Context, l net.Listener) (*Endpoint, error) {
	if l == nil {
		return nil, badOption("BindListener", l, "a listener")
	}
	e := newEndpoint(b.s, transport.EndpointOf(l.Addr()), "", true)
	listener := transport.Adopt(l, e.opts.transport())
	e.text = listener.Endpoint()
	err := b.s.serves(e.addr)
	if err == nil {
		err = b.s.bind(ctx, e, listener)
	}
	if err != nil {
		_ = listener.Close() // the error says enough
		return nil, fmt.Errorf("bind %s: %w", e.text, err)
	}
	return e, nil
}

// ConnectConn makes whoever is at the other end of a connection a peer. From the call on, conn belongs to the socket, which closes it. It cannot be
// made again: when it is lost, the endpoint ends, with EventEnded, and what was queued for the peer is dropped and counted; Connect with a Dialer
// comes back. Both sides begin by writing, so it must have a buffer: over a net.Pipe two sockets would wait for each other. The endpoint is named
// after the other end's address. It does not matter who accepted and who dialed: a server may hand over what it has accepted. Errors: ErrBadOption
// for Reconnect and Dialer, ErrIncompatible, ErrNoIOWorker, ErrClosed. (ZMQ_USE_FD)
func (b base) ConnectConn(ctx context.Context, conn net.Conn, opts ...EndpointOption) (*Endpoint, error) {
	if conn == nil {
		return nil, badOption("ConnectConn", conn, "a connection")
	}
	e, err := b.connectConn(ctx, conn, opts)
	if err != nil {
		_ = conn.Close() // the error says enough
	}
	return e, err
}

// connectConn is ConnectConn, and leaves conn alone where it fails.
func (b base) connectConn(ctx context.Context, conn net.Conn, opts []EndpointOption) (*Endpoint, error) {
	addr := transport.EndpointOf(conn.RemoteAddr())
	set, err := b.s.endpointOptions(addr.Scheme, opts)
	if err == nil && (set.strategy != nil || set.dial != nil) {
		err = fmt.Errorf("%w: Reconnect and Dialer are of no use to a connection that was handed over", ErrBadOption)
	}
	if err == nil {
		err = b.s.serves(addr)
	}
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", addr, err)
	}
	e := newEndpoint(b.s, addr, addr.String(), false)
	e.peer = set.routingID
	var taken atomic.Bool
	e.handed = conn
	e.open = func(context.Context) (net.Conn, error) {
		if taken.Swap(true) {
			return nil, errHandedOver
		}
		return conn, nil
	}
	return b.s.connect(ctx, e, unrepeatable{})
}

// Dialer makes f open the connections of one Connect in place of the transport: with TLS, through a tunnel, from a pool. f is given the endpoint as
// Connect was, runs in a goroutine of its own, is called again for each attempt, and must return when ctx ends, which it does with the endpoint, or
// after ConnectTimeout. Its errors are failed attempts. The options that say how tcp and ipc connections are made have no say in it. Default nil, the
// transport. It is not for Bind, and inproc, pgm and epgm refuse it with ErrBadOption. (In place of ZMQ_USE_FD of a connected descriptor; see also
// ConnectConn)
func Dialer(f func(ctx context.Context, endpoint string) (net.Conn, error)) EndpointOption {
	return func(o *endpointOptions) { o.dial = f }
}

// openWith is how an endpoint opens its connections with a Dialer.
func (e *Endpoint) openWith(f func(context.Context, string) (net.Conn, error)) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		if limit := e.opts.net.ConnectTimeout; limit > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, limit, ErrConnectTimeout)
			defer cancel()
		}
		conn, err := f(ctx, e.text)
		if err != nil && errors.Is(context.Cause(ctx), ErrConnectTimeout) {
			err = fmt.Errorf("%w: %w", ErrConnectTimeout, err)
		}
		if err == nil && conn == nil {
			err = errors.New("weir: the Dialer returned neither a connection nor an error")
		}
		return conn, err
	}
}
