package transport

import (
	"errors"
	"net"
)

// Sentinels for errors.Is. Where the operating system gave the reason, its own error is wrapped beside the sentinel, so
// that errors.Is and errors.As find both. An error that fits none of them wraps the system's alone.
var (
	// ErrSyntax says that the endpoint is malformed. Trying again cannot help. (libzmq: EINVAL.)
	ErrSyntax = errors.New("malformed endpoint")

	// ErrScheme says that the scheme is not known, or has no connections. (libzmq: EPROTONOSUPPORT.)
	ErrScheme = errors.New("unknown scheme")

	// ErrAddrInUse says that somebody else listens there, or that a file is in the way. (libzmq: EADDRINUSE.)
	ErrAddrInUse = errors.New("address in use")

	// ErrAddrNotAvailable says that the address is not one of this machine's. (libzmq: EADDRNOTAVAIL.)
	ErrAddrNotAvailable = errors.New("address not available")

	// ErrNoDevice says that a host to bind, or to dial from, is neither an address, nor a network interface, nor a
	// name that resolves, or that all it has is IPv6 while that is off. (libzmq: ENODEV.)
	ErrNoDevice = errors.New("no such device")

	// ErrNameTooLong says that an ipc path does not fit into a socket address. (libzmq: ENAMETOOLONG.)
	ErrNameTooLong = errors.New("name too long")

	// ErrRefused says that nobody listens at the address dialed: for tcp the other machine refused, for ipc the
	// socket file has no owner any more. (libzmq: ECONNREFUSED.)
	ErrRefused = errors.New("connection refused")

	// ErrConnectTimeout says that an attempt to connect took longer than Options.ConnectTimeout. (libzmq: ETIMEDOUT.)
	ErrConnectTimeout = errors.New("connect timed out")

	// ErrProxy says that a proxy could not be reached, or would not connect; a connection that the proxy's own machine
	// refused is this and not ErrRefused. What the proxy said is in the text.
	ErrProxy = errors.New("proxy")
)

// A failure is what Dial and Listen return when a name did not resolve or the operating system said no.
type failure struct {
	op       string // "dial" or "listen"
	endpoint string // as the caller gave it
	kind     error  // one of the sentinels; nil when none fits
	cause    error  // what the row of the table returned; never nil
}

// Error gives the operation, the endpoint and the reason, once each.
func (f *failure) Error() string {
	return "transport: " + f.op + " " + f.endpoint + ": " + f.reason()
}

// reason is the cause in words, without the address, which package net would repeat.
func (f *failure) reason() string {
	if op, ok := errors.AsType[*net.OpError](f.cause); ok && !errors.Is(f.cause, ErrProxy) {
		return op.Err.Error()
	}
	return f.cause.Error()
}

// Unwrap shows errors.Is and errors.As both the sentinel and the cause.
func (f *failure) Unwrap() []error {
	if f.kind == nil {
		return []error{f.cause}
	}
	return []error{f.kind, f.cause}
}

// fail names the operation in front of err, which must not be nil, and sorts it under a sentinel.
func fail(op string, ep Endpoint, err error) error {
	return &failure{op: op, endpoint: ep.String(), kind: sentinelOf(err), cause: err}
}

// sentinelOf finds the sentinel that the error number in err stands for; nil when there is none. Rows that wrap a
// sentinel themselves need no second one.
func sentinelOf(err error) error {
	if errors.Is(err, ErrProxy) {
		return nil
	}
	for _, row := range errnos {
		if errors.Is(err, row.errno) {
			return row.sentinel
		}
	}
	return nil
}
