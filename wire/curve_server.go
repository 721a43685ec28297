package wire

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io"

	"golang.org/x/crypto/nacl/box"
	"golang.org/x/crypto/nacl/secretbox"
)

// CurveServer returns the server's side of the CURVE mechanism with its
// long-term secret key. asks says whether it asks about each client: else
// everybody who knows the public key is let in.
//
// https://rfc.zeromq.org/spec/26/
func CurveServer(secret CurveKey, asks bool) (Mechanism, error) {
	if secret.IsZero() {
		return nil, errors.New("a CURVE server needs a secret key")
	}
	return &curveServer{secret: secret, public: CurvePublic(secret), asks: asks, rand: rand.Reader}, nil
}

// curveServer implements [Mechanism].
type curveServer struct {
	secret, public CurveKey
	asks           bool
	rand           io.Reader // of keys and nonces; tests put something else here
}

// Name returns "CURVE".
func (*curveServer) Name() string { return MechanismCurve }

// AsServer returns true.
func (*curveServer) AsServer() bool { return true }

// Begin starts an exchange.
func (m *curveServer) Begin(local Metadata) Exchange {
	return &curveServerExchange{keys: m, local: local}
}

// A curveServerExchange is the server's side of one handshake.
//
//	waiting ── HELLO in, WELCOME out ──▶ welcomed ── INITIATE in ──▶ asking ── let in, READY out ──▶ done
//	   └──────────────────────────────────────┴──── anything else ─────┴───── refused ─────────▶ error
//
// https://rfc.zeromq.org/spec/26/#curvezmq-commands
type curveServerExchange struct {
	// Set by Begin, then read-only.
	keys  *curveServer
	local Metadata

	// Owned by the Handshake that drives the exchange.
	client          *[curveKeySize]byte // C'; nil before HELLO
	transientSecret *[curveKeySize]byte // s'
	cookieKey       [curveKeySize]byte
	shared          *[curveKeySize]byte // of C' and s'; nil before INITIATE
	peerNonce       uint64              // the client's last short nonce
	question        *Question           // nil unless asking
	peer            Metadata
	done            bool // READY has gone out
}

// Start appends nothing: the client speaks first.
func (e *curveServerExchange) Start(dst []byte) []byte { return dst }

// Receive takes HELLO, and then INITIATE.
func (e *curveServerExchange) Receive(dst, body []byte) ([]byte, error) {
	name, data, err := splitCommand(body)
	if err != nil {
		return dst, err
	}
	switch {
	case e.shared != nil:
		return dst, protocolErrorf("the peer sent %q while it was to wait for READY", name).coded(CodeUnspecified)
	case e.client == nil && string(name) != nameHello:
		return dst, unexpected(name, nameHello)
	case e.client == nil:
		return e.hello(dst, data)
	case string(name) != nameInitiate:
		return dst, unexpected(name, nameInitiate)
	}
	if err := e.initiate(data); err != nil {
		return dst, err
	}
	if e.question != nil {
		return dst, nil
	}
	return e.ready(dst), nil
}

// hello takes the data of HELLO and appends WELCOME.
//
// "The server SHALL validate all fields and SHALL reject and disconnect clients
// who send malformed HELLO commands."
// https://rfc.zeromq.org/spec/26/#the-hello-command
func (e *curveServerExchange) hello(dst, data []byte) ([]byte, error) {
	if len(data) != curveHelloSize || data[0] != 1 || data[1] != 0 {
		return dst, protocolErrorf("HELLO command of %d octets, or of another version than 1.0", len(data)).coded(CodeMalformedHello)
	}
	rest := data[2+curvePadding:]
	client, rest := [curveKeySize]byte(rest), rest[curveKeySize:]
	nonce := receivedNonce("CurveZMQHELLO---", rest)
	plain, ok := box.Open(nil, rest[8:], &nonce, &client, (*[curveKeySize]byte)(&e.keys.secret))
	if !ok || subtle.ConstantTimeCompare(plain, make([]byte, 64)) != 1 {
		return dst, unopened("HELLO")
	}
	e.client, e.peerNonce = &client, nonceOf(rest)
	return e.welcome(dst)
}

// welcome appends WELCOME. The cookie is of use only on this connection, which
// keeps its key.
//
// "The server SHALL generate a new cookie for each WELCOME command it sends."
// https://rfc.zeromq.org/spec/26/#the-welcome-command
func (e *curveServerExchange) welcome(dst []byte) ([]byte, error) {
	public, secret, err := box.GenerateKey(e.keys.rand)
	if err != nil {
		return dst, err
	}
	e.transientSecret = secret
	var random [curveKeySize + 2*16]byte
	if _, err := io.ReadFull(e.keys.rand, random[:]); err != nil {
		return dst, err
	}
	e.cookieKey = [curveKeySize]byte(random[:])
	cookieNonce := longNonce("COOKIE--", random[curveKeySize:][:16])
	plain := append(append([]byte(nil), public[:]...), cookieNonce[8:]...)
	plain = secretbox.Seal(plain, append(append([]byte(nil), e.client[:]...), secret[:]...), &cookieNonce, &e.cookieKey)
	nonce := longNonce("WELCOME-", random[curveKeySize+16:])
	dst = appendCommandHeader(dst, nameWelcome, curveWelcomeSize)
	dst = append(dst, nonce[8:]...)
	return box.Seal(dst, plain, &nonce, e.client, (*[curveKeySize]byte)(&e.keys.secret)), nil
}

// initiate takes the data of INITIATE: the cookie must be ours, the client must
// know c' and c, and must have meant C' for us. libzmq does not look at S in the
// vouch (curve_server.cpp); RFC 26 put it there so that a server cannot pass a
// client's vouch on to another.
//
// https://rfc.zeromq.org/spec/26/#the-initiate-command
func (e *curveServerExchange) initiate(data []byte) error {
	if len(data) < curveCookie+8+box.Overhead+curveKeySize+curveVouch {
		return protocolErrorf("INITIATE command of %d octets", len(data)).coded(CodeMalformedInitiate)
	}
	cookieNonce := longNonce("COOKIE--", data[:16])
	cookie, ok := secretbox.Open(nil, data[16:curveCookie], &cookieNonce, &e.cookieKey)
	if !ok || subtle.ConstantTimeCompare(cookie[:curveKeySize], e.client[:])&subtle.ConstantTimeCompare(cookie[curveKeySize:], e.transientSecret[:]) != 1 {
		return unopened("the cookie of INITIATE")
	}
	data = data[curveCookie:]
	if nonceOf(data) <= e.peerNonce {
		return stale()
	}
	e.peerNonce = nonceOf(data)
	shared := new([curveKeySize]byte)
	box.Precompute(shared, e.client, e.transientSecret)
	nonce := receivedNonce("CurveZMQINITIATE", data)
	plain, ok := box.OpenAfterPrecomputation(nil, data[8:], &nonce, shared)
	if !ok {
		return unopened("INITIATE")
	}
	client, rest := [curveKeySize]byte(plain), plain[curveKeySize:]
	vouchNonce := longNonce("VOUCH---", rest[:16])
	vouch, ok := box.Open(nil, rest[16:curveVouch], &vouchNonce, &client, e.transientSecret)
	if !ok {
		return unopened("the vouch of INITIATE")
	}
	if subtle.ConstantTimeCompare(vouch[:curveKeySize], e.client[:])&subtle.ConstantTimeCompare(vouch[curveKeySize:], e.keys.public[:]) != 1 {
		return protocolErrorf("the vouch of INITIATE is for other keys").coded(CodeKeyExchange)
	}
	var err error
	if e.peer, err = ParseMetadata(rest[curveVouch:]); err != nil {
		return err
	}
	e.shared = shared
	if e.keys.asks {
		e.question = &Question{Mechanism: MechanismCurve, Credentials: [][]byte{client[:]}}
	}
	return nil
}

// ready appends READY.
//
// https://rfc.zeromq.org/spec/26/#the-ready-command
func (e *curveServerExchange) ready(dst []byte) []byte {
	plain := e.local.AppendTo(nil)
	nonce := shortNonce("CurveZMQREADY---", 1)
	dst = appendCommandHeader(dst, nameReady, 8+box.Overhead+len(plain))
	dst = append(dst, nonce[16:]...)
	e.done = true
	return box.SealAfterPrecomputation(dst, plain, &nonce, e.shared)
}

// Asks returns whose key it is, once INITIATE has come.
func (e *curveServerExchange) Asks() *Question { return e.question }

// Answer appends READY, or an ERROR.
func (e *curveServerExchange) Answer(dst []byte, v Verdict) ([]byte, error) {
	e.question = nil
	if v.Status != StatusOK {
		return v.refuse(dst)
	}
	return e.ready(dst), nil
}

// Done reports whether our READY has gone out.
func (e *curveServerExchange) Done() (Metadata, bool) { return e.peer, e.done }

// Traffic returns how messages are sealed and opened from now on.
func (e *curveServerExchange) Traffic() (*Sealer, *Opener) {
	return newCurveTraffic(e.shared, 2, e.peerNonce, 'S', 'C')
}
