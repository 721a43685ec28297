package socket

import (
	"errors"
	"fmt"

	"github.com/weirmq/weir/wire"
)

// securityOptions choose a socket's mechanism, as libzmq does: setting a credential of a mechanism, or its server's role, chooses it, and the last
// choice counts. Over inproc there is no mechanism, and nobody is asked. Where no handshake is made (raw connections, pgm and epgm), Bind and Connect
// refuse a socket that has a mechanism other than NULL, or a ZapDomain.
type securityOptions struct {
	mechanism          string // of the last choice; empty for NULL
	server             bool   // this side is the mechanism's server
	username, password string
	curvePublic        wire.CurveKey // zero where it is not set; so are the others
	curveSecret        wire.CurveKey
	curveServer        wire.CurveKey
	zapDomain          string
	zapEnforce         bool

	secured wire.Mechanism // what they come to; set by secure
}

// choose makes a mechanism the socket's.
func (o *securityOptions) choose(mechanism string, server bool) {
	o.mechanism, o.server = mechanism, server
}

// PlainServer makes the socket a PLAIN server, which asks about each of its peers: see WithAuthenticator. It does not matter which side binds. False
// is NULL again. Default false.
//
// Of the options of PLAIN and CURVE the last that was set decides which of the two the socket speaks. Peers over inproc are not asked for anything.
// Where no handshake is made (STREAM, RouterRaw, pgm and epgm), Bind and Connect return ErrBadOption.
// (ZMQ_PLAIN_SERVER)
func PlainServer(on bool) Option {
	return func(o *options) error {
		o.choose(wire.MechanismPlain, true)
		if !on {
			o.choose("", false)
		}
		return nil
	}
}

// PlainUsername makes the socket a PLAIN client with this user name, 1 to 255 bytes. Everybody on the way can read it. Default none, which a client that
// has a PlainPassword sends as an empty one. (ZMQ_PLAIN_USERNAME)
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

// PlainPassword makes the socket a PLAIN client with this password, 1 to 255 bytes. Everybody on the way can read it. Default none, which a client
// sends as an empty one. (ZMQ_PLAIN_PASSWORD)
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

// CurveServer makes the socket a CURVE server, which needs its CurveSecretKey. It does not matter which side binds. Whether a client with a key of
// its own may come in is asked where somebody is there to be asked (see WithAuthenticator); else every client that knows the server's public key is
// let in. False is NULL again. Default false. See PlainServer for where there is no handshake. (ZMQ_CURVE_SERVER)
func CurveServer(on bool) Option {
	return func(o *options) error {
		o.choose(wire.MechanismCurve, true)
		if !on {
			o.choose("", false)
		}
		return nil
	}
}

// CurvePublicKey is this side's own public key, a client's or a server's: 32 bytes, or 40 characters of Z85. Default: what belongs to CurveSecretKey;
// another is ErrBadOption. (ZMQ_CURVE_PUBLICKEY)
func CurvePublicKey(key string) Option {
	return curveKey("CurvePublicKey", key, func(o *options) *wire.CurveKey { return &o.curvePublic })
}

// CurveSecretKey is this side's own secret key, a client's or a server's: 32 bytes, or 40 characters of Z85. NewCurveKeypair makes one. Default none.
// (ZMQ_CURVE_SECRETKEY)
func CurveSecretKey(key string) Option {
	return curveKey("CurveSecretKey", key, func(o *options) *wire.CurveKey { return &o.curveSecret })
}

// CurveServerKey is the public key of the server that a CURVE client trusts: 32 bytes, or 40 characters of Z85. It makes the socket a client. Default
// none. (ZMQ_CURVE_SERVERKEY)
func CurveServerKey(key string) Option {
	return func(o *options) error {
		o.server = false
		return curveKey("CurveServerKey", key, func(o *options) *wire.CurveKey { return &o.curveServer })(o)
	}
}

// curveKey sets a key, and with it the mechanism. The role stays as it is. An error does not show the key.
func curveKey(name, key string, field func(*options) *wire.CurveKey) Option {
	return func(o *options) error {
		k, err := wire.ParseCurveKey(key)
		if err == nil && k.IsZero() {
			err = errors.New("a key of zeros is none")
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrBadOption, name, err)
		}
		*field(o) = k
		o.choose(wire.MechanismCurve, o.server && o.mechanism == wire.MechanismCurve)
		return nil
	}
}

// A CurveKey is a key of the CURVE mechanism. Its String is Z85.
type CurveKey = wire.CurveKey

// NewCurveKeypair makes a new pair of keys for CURVE. (zmq_curve_keypair)
func NewCurveKeypair() (public, secret CurveKey, err error) { return wire.NewCurveKeypair() }

// CurvePublic returns the public key that belongs to a secret one. (zmq_curve_public)
func CurvePublic(secret CurveKey) CurveKey { return wire.CurvePublic(secret) }

// ownCurvePublic is this side's public key: the one that was set, or what belongs to the secret one.
func (o *securityOptions) ownCurvePublic() CurveKey {
	if !o.curvePublic.IsZero() || o.curveSecret.IsZero() {
		return o.curvePublic
	}
	return wire.CurvePublic(o.curveSecret)
}

// secureCurve makes CURVE's mechanism.
func (o *securityOptions) secureCurve() (err error) {
	public := o.ownCurvePublic()
	if !o.curveSecret.IsZero() && public != wire.CurvePublic(o.curveSecret) {
		return fmt.Errorf("%w: CurvePublicKey and CurveSecretKey do not belong together", ErrBadOption)
	}
	if o.server {
		o.secured, err = wire.CurveServer(o.curveSecret, o.zapDomain != "" || !o.zapEnforce)
	} else {
		o.secured, err = wire.CurveClient(public, o.curveSecret, o.curveServer)
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrBadOption, err)
	}
	return err
}

// ZapDomain is what the socket calls its security domain when it asks about a peer: 1 to 255 bytes. Over NULL it makes the socket ask, whichever side
// binds; where there is nobody to be asked, peers are let in unless ZapEnforceDomain is set. Once set it cannot be taken back, as in libzmq. Default none.
// (ZMQ_ZAP_DOMAIN)
func ZapDomain(domain string) Option {
	return func(o *options) error {
		if len(domain) == 0 || len(domain) > 255 {
			return badOption("ZapDomain", domain, "1 to 255 bytes")
		}
		o.zapDomain = domain
		return nil
	}
}

// ZapEnforceDomain makes it matter whether ZapDomain is set. With a domain, a peer that nobody can be asked about is refused. Without, a CURVE server
// does not ask, and a PLAIN server is not possible (ErrBadOption). Default false. (ZMQ_ZAP_ENFORCE_DOMAIN)
func ZapEnforceDomain(on bool) Option {
	return func(o *options) error {
		o.zapEnforce = on
		return nil
	}
}

// secures is what the options ask for that a handshake has to see to; empty for nothing.
func (o *securityOptions) secures() string {
	switch {
	case o.mechanism != "":
		return o.mechanism
	case o.zapDomain != "":
		return "ZapDomain"
	default:
		return ""
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
	case o.mechanism == wire.MechanismCurve:
		err = o.secureCurve()
	case o.zapDomain != "":
		o.secured = wire.NullAsking()
	default:
		o.secured = wire.Null()
	}
	return err
}
