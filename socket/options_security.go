package socket

import (
	"fmt"

	"github.com/weirmq/weir/wire"
)

// securityOptions choose a socket's mechanism, as libzmq does: setting a credential of a mechanism, or its server's role, chooses it, and the last
// choice counts. Over inproc there is no mechanism, and nobody is asked.
type securityOptions struct {
	mechanism          string // of the last choice; empty for NULL
	server             bool   // this side is the mechanism's server
	username, password string
	zapDomain          string
	zapEnforce         bool

	secured wire.Mechanism // what they come to; set by secure
}

// choose makes a mechanism the socket's.
func (o *securityOptions) choose(mechanism string, server bool) {
	o.mechanism, o.server = mechanism, server
}

// PlainServer makes the socket a PLAIN server, which asks about each of its peers: see WithAuthenticator. It does not matter which side binds. False is
// NULL again. Default false. (ZMQ_PLAIN_SERVER)
func PlainServer(on bool) Option {
	return func(o *options) error {
		o.choose(wire.MechanismPlain, true)
		if !on {
			o.choose("", false)
		}
		return nil
	}
}

// PlainUsername makes the socket a PLAIN client with this user name, 1 to 255 bytes. Default none. (ZMQ_PLAIN_USERNAME)
func PlainUsername(name string) Option {
	return func(o *options) error {
		if len(name) == 0 || len(name) > 255 {
			return badOption("PlainUsername", name, "1 to 255 bytes")
		}
		o.username = name
		o.choose(wire.MechanismPlain, false)
		return nil
	}
}

// PlainPassword makes the socket a PLAIN client with this password, 1 to 255 bytes. Everybody on the way can read it. Default none, which a client sends
// as an empty one. (ZMQ_PLAIN_PASSWORD)
func PlainPassword(password string) Option {
	return func(o *options) error {
		if len(password) == 0 || len(password) > 255 {
			return fmt.Errorf("%w: PlainPassword: want 1 to 255 bytes", ErrBadOption)
		}
		o.password = password
		o.choose(wire.MechanismPlain, false)
		return nil
	}
}

// ZapDomain is what the socket calls its security domain when it asks about a peer: 1 to 255 bytes. Over NULL it makes the socket ask, whichever side
// binds; where there is nobody to be asked, peers are let in unless ZapEnforceDomain is set. Default none. (ZMQ_ZAP_DOMAIN)
func ZapDomain(domain string) Option {
	return func(o *options) error {
		if len(domain) == 0 || len(domain) > 255 {
			return badOption("ZapDomain", domain, "1 to 255 bytes")
		}
		o.zapDomain = domain
		return nil
	}
}

// ZapEnforceDomain makes it matter whether ZapDomain is set. With a domain, a peer that nobody can be asked about is refused. Without, a CURVE server does
// not ask, and a PLAIN server is not possible (ErrBadOption). Default false. (ZMQ_ZAP_ENFORCE_DOMAIN)
func ZapEnforceDomain(on bool) Option {
	return func(o *options) error {
		o.zapEnforce = on
		return nil
	}
}

// admitsUnasked says whether peers may come in where there is nobody to be asked.
func (o *securityOptions) admitsUnasked() bool {
	return o.mechanism != wire.MechanismPlain && !o.zapEnforce
}

// secure makes the mechanism.
func (o *securityOptions) secure() (err error) {
	switch {
	case o.mechanism == wire.MechanismPlain && o.server:
		if o.zapEnforce && o.zapDomain == "" {
			return fmt.Errorf("%w: PlainServer with ZapEnforceDomain needs a ZapDomain", ErrBadOption)
		}
		o.secured = wire.PlainServer()
	case o.mechanism == wire.MechanismPlain:
		o.secured, err = wire.PlainClient(o.username, o.password)
	case o.zapDomain != "":
		o.secured = wire.NullAsking()
	default:
		o.secured = wire.Null()
	}
	return err
}
