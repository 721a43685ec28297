package wire

import (
	"crypto/rand"
	"errors"
	"io"

	"golang.org/x/crypto/nacl/box"
)

// CurveClient returns the client's side of the CURVE mechanism: own are its
// long-term keys, server the long-term public key of the server that it trusts.
//
// https://rfc.zeromq.org/spec/26/
func CurveClient(public, secret, server CurveKey) (Mechanism, error) {
	if public.IsZero() || secret.IsZero() || server.IsZero() {
		return nil, errors.New("a CURVE client needs a public key, a secret key and its server's public key")
	}
	return &curveClient{public: public, secret: secret, server: server, rand: rand.Reader}, nil
}

// curveClient implements [Mechanism].
type curveClient struct {
	public, secret, server CurveKey
	rand                   io.Reader // of keys and nonces; tests put something else here
}

// Name returns "CURVE".
func (*curveClient) Name() string { return MechanismCurve }

// AsServer returns false.
func (*curveClient) AsServer() bool { return false }

// Begin starts an exchange.
func (m *curveClient) Begin(local Metadata) Exchange {
	return &curveClientExchange{keys: m, local: local}
}

// A curveClientExchange is the client's side of one handshake.
//
//	Start: HELLO out ──▶ greeted ── WELCOME in, INITIATE out ──▶ initiated ── READY in ──▶ done
//	                        └────────────────── ERROR in, or anything else ───────┴──────▶ error
//
// https://rfc.zeromq.org/spec/26/#curvezmq-commands
type curveClientExchange struct {
	// Set by Begin, then read-only.
	keys  *curveClient
	local Metadata

	// Owned by the Handshake that drives the exchange.
	transientPublic, transientSecret *[curveKeySize]byte // C', c'
	shared                           *[curveKeySize]byte // of c' and S'; nil before WELCOME
	peerNonce                        uint64              // the server's last short nonce
	peer                             Metadata
	done                             bool  // READY has come
	err                              error // there is no randomness
}

// Start appends HELLO.
//
// "An anti-amplification padding field." "The signature box (80 octets). This
// SHALL contain 64 zero octets, encrypted from the client's transient key C' to
// the server's permanent key S."
// https://rfc.zeromq.org/spec/26/#the-hello-command
func (e *curveClientExchange) Start(dst []byte) []byte {
	e.transientPublic, e.transientSecret, e.err = box.GenerateKey(e.keys.rand)
	if e.err != nil {
		return dst
	}
	dst = appendCommandHeader(dst, nameHello, curveHelloSize)
	dst = append(dst, 1, 0)
	dst = append(dst, make([]byte, curvePadding)...)
	dst = append(dst, e.transientPublic[:]...)
	nonce := shortNonce("CurveZMQHELLO---", 1)
	dst = append(dst, nonce[16:]...)
	return box.Seal(dst, make([]byte, 64), &nonce, (*[curveKeySize]byte)(&e.keys.server), e.transientSecret)
}

// Receive takes WELCOME, and then READY.
//
// "curvezmq = C:hello ( S:welcome | S:error ) C:initiate ( S:ready | S:error )"
// https://rfc.zeromq.org/spec/26/#high-level-grammar
func (e *curveClientExchange) Receive(dst, body []byte) ([]byte, error) {
	if e.err != nil {
		return dst, e.err
	}
	name, data, err := splitCommand(body)
	if err != nil {
		return dst, err
	}
	switch string(name) {
	case nameWelcome:
		if e.shared != nil {
			return dst, unexpected(name, nameReady)
		}
		return e.welcome(dst, data)
	case nameReady:
		if e.shared == nil {
			return dst, unexpected(name, nameWelcome)
		}
		return dst, e.ready(data)
	}
	return dst, refusal(name, data, nameReady)
}

// welcome takes the data of WELCOME and appends INITIATE.
//
// https://rfc.zeromq.org/spec/26/#the-welcome-command
func (e *curveClientExchange) welcome(dst, data []byte) ([]byte, error) {
	if len(data) != curveWelcomeSize {
		return dst, protocolErrorf("WELCOME command of %d octets", len(data)).coded(CodeMalformedWelcome)
	}
	nonce := longNonce("WELCOME-", data[:16])
	plain, ok := box.Open(nil, data[16:], &nonce, (*[curveKeySize]byte)(&e.keys.server), e.transientSecret)
	if !ok {
		return dst, unopened("WELCOME")
	}
	server, cookie := [curveKeySize]byte(plain), plain[curveKeySize:]
	vouch, err := e.vouch(&server)
	if err != nil {
		return dst, err
	}
	e.shared = new([curveKeySize]byte)
	box.Precompute(e.shared, &server, e.transientSecret)

	plain = append(append([]byte(nil), e.keys.public[:]...), vouch...)
	plain = e.local.AppendTo(plain)
	nonce = shortNonce("CurveZMQINITIATE", 2)
	dst = appendCommandHeader(dst, nameInitiate, curveCookie+8+box.Overhead+len(plain))
	dst = append(dst, cookie...)
	dst = append(dst, nonce[16:]...)
	return box.SealAfterPrecomputation(dst, plain, &nonce, e.shared), nil
}

// vouch proves that the long-term key is ours: it says that C' is meant for S.
//
// "The vouch box (80 octets), that encrypts the client's transient key C' (32
// octets) and the server permanent key S (32 octets) from the client permanent
// key C to the server transient key S'."
// https://rfc.zeromq.org/spec/26/#the-initiate-command
func (e *curveClientExchange) vouch(server *[curveKeySize]byte) ([]byte, error) {
	var random [16]byte
	if _, err := io.ReadFull(e.keys.rand, random[:]); err != nil {
		return nil, err
	}
	nonce := longNonce("VOUCH---", random[:])
	plain := append(append([]byte(nil), e.transientPublic[:]...), e.keys.server[:]...)
	return box.Seal(random[:], plain, &nonce, server, (*[curveKeySize]byte)(&e.keys.secret)), nil
}

// ready takes the data of READY.
//
// https://rfc.zeromq.org/spec/26/#the-ready-command
func (e *curveClientExchange) ready(data []byte) error {
	if len(data) < 8+box.Overhead {
		return protocolErrorf("READY command of %d octets", len(data)).coded(CodeMalformedReady)
	}
	nonce := receivedNonce("CurveZMQREADY---", data)
	plain, ok := box.OpenAfterPrecomputation(nil, data[8:], &nonce, e.shared)
	if !ok {
		return unopened("READY")
	}
	var err error
	e.peer, err = ParseMetadata(plain)
	e.peerNonce, e.done = nonceOf(data), err == nil
	return err
}

// Done reports whether the server's READY has come.
func (e *curveClientExchange) Done() (Metadata, bool) { return e.peer, e.done }

// Traffic returns how messages are sealed and opened from now on.
func (e *curveClientExchange) Traffic() (*Sealer, *Opener) {
	return newCurveTraffic(e.shared, 3, e.peerNonce, 'C', 'S')
}
