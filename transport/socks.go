package transport

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/net/proxy"
)

// Proxy is a SOCKS5 server that tcp connects through. Names are for the proxy to resolve, and so are addresses of
// either family, whatever Options.IPv6 says: that is about the way to the proxy. The zero value is no proxy.
// https://www.rfc-editor.org/rfc/rfc1928
type Proxy struct {
	// Address is the proxy's own, as host:port. Empty for no proxy. (ZMQ_SOCKS_PROXY.)
	Address string

	// Username and Password are what the proxy is told where it asks, up to 255 bytes each. An empty Username is none,
	// and then a proxy that asks is a failure. (ZMQ_SOCKS_USERNAME, ZMQ_SOCKS_PASSWORD.)
	Username, Password string
}

// maxCredential is the most bytes of a user name or a password: one byte counts them.
// https://www.rfc-editor.org/rfc/rfc1929#section-2
const maxCredential = 255

// Check finds the fault in a proxy: ErrSyntax, or nil. It asks nothing of the network.
func (p Proxy) Check() error {
	switch {
	case p.Address == "" && p != Proxy{}:
		return syntaxError("a user or a password, and no proxy")
	case p.Username == "" && p.Password != "":
		return syntaxError("a proxy's password, and no user")
	case len(p.Username) > maxCredential || len(p.Password) > maxCredential:
		return syntaxError("more than 255 bytes for a proxy's user or password")
	case p.Address == "":
		return nil
	}
	from, _, err := parseRemote(p.Address)
	if err == nil && from != nil {
		err = syntaxError("a source address before that of a proxy")
	}
	return err
}

// dial connects to a target, "host:port", through the proxy, with a dialer for the way there.
func (p Proxy) dial(ctx context.Context, d *net.Dialer, network, target string) (net.Conn, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	_, to, err := parseRemote(p.Address)
	if err != nil {
		return nil, err
	}
	var auth *proxy.Auth
	if p.Username != "" {
		auth = &proxy.Auth{User: p.Username, Password: p.Password}
	}
	way := &way{dialer: d}
	through, err := proxy.SOCKS5(network, to.String(), auth, way)
	if err != nil {
		return nil, p.failed(err)
	}
	if _, err := through.(proxy.ContextDialer).DialContext(ctx, network, target); err != nil {
		return nil, p.failed(err)
	}
	return way.conn, nil
}

// failed puts the proxy in front of what went wrong there, or on the way.
func (p Proxy) failed(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err // the rest is the target, which the caller knows
	}
	return fmt.Errorf("%w %s: %w", ErrProxy, p.Address, err)
}

// A way is the dialer of the connection to a proxy. It keeps that connection: what the proxy's dialer returns is
// wrapped, and net.Buffers would not reach writev.
type way struct {
	dialer *net.Dialer
	conn   net.Conn // the last one
}

// DialContext implements proxy.ContextDialer.
func (w *way) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := w.dialer.DialContext(ctx, network, address)
	w.conn = conn
	return conn, err
}

// Dial implements proxy.Dialer.
func (w *way) Dial(network, address string) (net.Conn, error) {
	return w.DialContext(context.Background(), network, address)
}
