package socket

import (
	"context"

	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// An AuthRequest asks whether a peer may come in: what the ZeroMQ Authentication Protocol tells of it. https://rfc.zeromq.org/spec/27/
type AuthRequest struct {
	// Domain is the asking socket's, from ZapDomain.
	Domain string
	// Address is where the peer is: its IP address without a port; for ipc "localhost:uid:gid:pid" of its process, where the system tells; else empty.
	Address string
	// RoutingID is the asking socket's own, as in libzmq, not the peer's.
	RoutingID string
	// Mechanism is "NULL", "PLAIN" or "CURVE".
	Mechanism string
	// Credentials are what the mechanism has: nothing; a user name and a password; the 32 bytes of a public key.
	Credentials [][]byte
}

// Username is the user name that a PLAIN client tells; empty for other mechanisms.
func (r AuthRequest) Username() string { return r.credential(wire.MechanismPlain, 0) }

// Password is the password that a PLAIN client tells; empty for other mechanisms.
func (r AuthRequest) Password() string { return r.credential(wire.MechanismPlain, 1) }

// PublicKey is the long-term public key that a CURVE client has proved to be its own; zero for other mechanisms.
func (r AuthRequest) PublicKey() CurveKey {
	key := r.credential(wire.MechanismCurve, 0)
	if len(key) != len(CurveKey{}) {
		return CurveKey{}
	}
	return CurveKey([]byte(key))
}

// credential is one of a mechanism's credentials.
func (r AuthRequest) credential(mechanism string, i int) string {
	if r.Mechanism != mechanism || i >= len(r.Credentials) {
		return ""
	}
	return string(r.Credentials[i])
}

// An AuthReply says whether a peer may come in. The zero value says no.
//
// UserID and Metadata become properties of the peer, and of each message that comes from it: the first as User-Id.
type AuthReply = wire.Verdict

// What an AuthReply can say of a peer.
const (
	// AuthOK lets it in.
	AuthOK = wire.StatusOK
	// AuthLater closes the connection without a word: the peer may try again, and does.
	AuthLater = wire.StatusTemporary
	// AuthRefused tells the peer so, and it does not come back.
	AuthRefused = wire.StatusRefused
	// AuthInternal does the same; it was not the peer's fault.
	AuthInternal = wire.StatusInternal
)

// Allow lets a peer in, under the name of userID.
func Allow(userID string) AuthReply { return AuthReply{Status: AuthOK, Text: "OK", UserID: userID} }

// Deny refuses a peer. It is not told why; events and logs have the text.
func Deny(text string) AuthReply { return AuthReply{Status: AuthRefused, Text: text} }

// An Authenticator decides which peers may come in. It is asked during a handshake, by several goroutines at once, and may take its time: until it
// answers only that one peer waits, HandshakeInterval at most. ctx ends when nobody waits for the answer any more: it must return then. An error, and
// a panic, refuse the peer with AuthInternal.
type Authenticator interface {
	Authenticate(ctx context.Context, r AuthRequest) (AuthReply, error)
}

// An AuthenticatorFunc is a function as an Authenticator.
type AuthenticatorFunc func(ctx context.Context, r AuthRequest) (AuthReply, error)

// Authenticate calls f.
func (f AuthenticatorFunc) Authenticate(ctx context.Context, r AuthRequest) (AuthReply, error) {
	return f(ctx, r)
}

// WithAuthenticator makes the runtime's sockets ask a about their peers: PLAIN servers about each; CURVE servers too, unless ZapEnforceDomain is set
// without ZapDomain; over NULL those with ZapDomain. A handler of the ZeroMQ Authentication Protocol that is bound to inproc://zeromq.zap.01 is not
// asked then. Default none: such a handler is asked where there is one. (libzmq has the
// handler alone.)
func WithAuthenticator(a Authenticator) RuntimeOption {
	return func(o *runtimeOptions) error {
		if a == nil {
			return badOption("WithAuthenticator", a, "an authenticator")
		}
		o.auth = a
		return nil
	}
}

// AuthError is why a peer was not let in: by this side, or this side by the peer. Its Status is what the authenticator said.
type AuthError = wire.AuthError

// ErrNoAuthenticator is why a handshake failed that has to ask whether its peer may come in, where nobody is there to be asked.
var ErrNoAuthenticator = codec.ErrNoAuthenticator
