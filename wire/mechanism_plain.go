package wire

import (
	"bytes"
	"fmt"
)

// Names of the commands that only handshakes have.
const (
	nameHello    = "HELLO"
	nameWelcome  = "WELCOME"
	nameInitiate = "INITIATE"
)

// maxCredential is the most octets that a user name or a password can have.
const maxCredential = 255

// PlainClient returns the client's side of the PLAIN mechanism, which tells the
// server a user name and a password of 0 to 255 octets each, for everybody on
// the way to read.
//
// https://rfc.zeromq.org/spec/24/
func PlainClient(username, password string) (Mechanism, error) {
	if len(username) > maxCredential || len(password) > maxCredential {
		return nil, fmt.Errorf("user name or password of more than %d octets", maxCredential)
	}
	return plainClient{username: username, password: password}, nil
}

// plainClient implements [Mechanism].
type plainClient struct{ username, password string }

// Name returns "PLAIN".
func (plainClient) Name() string { return MechanismPlain }

// AsServer returns false.
func (plainClient) AsServer() bool { return false }

// Begin starts an exchange.
func (m plainClient) Begin(local Metadata) Exchange {
	return &plainClientExchange{credentials: m, local: local}
}

// A plainClientExchange is the client's side of one handshake.
//
//	Start: HELLO out ──▶ greeted ── WELCOME in, INITIATE out ──▶ welcomed ── READY in ──▶ done
//	                        └───────────────── ERROR in, or anything else ──────┴──────▶ error
//
// https://rfc.zeromq.org/spec/24/#implementation
type plainClientExchange struct {
	// Set by Begin, then read-only.
	credentials plainClient
	local       Metadata

	// Owned by the Handshake that drives the exchange.
	welcomed bool // WELCOME has come
	peer     Metadata
	done     bool // READY has come
}

// Start appends HELLO.
//
// "hello = command-size %d5 "HELLO" username password"
// https://rfc.zeromq.org/spec/24/#implementation
func (e *plainClientExchange) Start(dst []byte) []byte {
	c := e.credentials
	data := make([]byte, 0, 2+len(c.username)+len(c.password))
	data = append(data, byte(len(c.username)))
	data = append(data, c.username...)
	data = append(data, byte(len(c.password)))
	return Unknown{Name: nameHello, Body: append(data, c.password...)}.AppendTo(dst)
}

// Receive takes WELCOME, and then READY.
//
// "plain = C:hello ( S:welcome | S:error ) C:initiate ( S:ready | S:error )"
// https://rfc.zeromq.org/spec/24/#implementation
func (e *plainClientExchange) Receive(dst, body []byte) ([]byte, error) {
	name, data, err := splitCommand(respelt(body))
	if err != nil {
		return dst, err
	}
	switch string(name) {
	case nameWelcome:
		if e.welcomed {
			return dst, unexpected(name, nameReady)
		}
		if len(data) > 0 {
			return dst, protocolErrorf("WELCOME command with %d octets behind its name", len(data)).coded(CodeMalformedWelcome)
		}
		e.welcomed = true
		return appendInitiate(dst, e.local), nil
	case nameReady:
		if !e.welcomed {
			return dst, unexpected(name, nameWelcome)
		}
		e.peer, err = ParseMetadata(data)
		e.done = err == nil
		return dst, err
	}
	return dst, refusal(name, data, nameReady)
}

// misspelt is how a PLAIN server of libzmq up to 4.3.4 begins its ERROR: in its
// source \x5ERROR stands for \x05ERROR (plain_common.hpp), and E is a hex digit.
const misspelt = "\x5ERROR"

// respelt returns the body of a command as it should be.
func respelt(body []byte) []byte {
	if bytes.HasPrefix(body, []byte(misspelt)) {
		return append([]byte("\x05ERROR"), body[len(misspelt):]...)
	}
	return body
}

// Done reports whether the server's READY has come.
func (e *plainClientExchange) Done() (Metadata, bool) { return e.peer, e.done }

// appendInitiate appends an INITIATE with our metadata in the clear.
//
// "initiate = command-size %d8 "INITIATE" metadata"
// https://rfc.zeromq.org/spec/24/#implementation
func appendInitiate(dst []byte, local Metadata) []byte {
	return local.AppendTo(appendCommandHeader(dst, nameInitiate, local.size()))
}

// unexpected is the error for a command where another was due.
func unexpected(name []byte, due string) error {
	return protocolErrorf("the peer sent %q where %s is due", name, due).coded(CodeUnexpectedCommand)
}

// refusal is the error for a command that is neither WELCOME nor READY: an ERROR
// of the server, or something out of place.
func refusal(name, data []byte, due string) error {
	if string(name) != nameError {
		return unexpected(name, due)
	}
	c, err := parseError(data)
	if err != nil {
		return err
	}
	return refused(c.(Error))
}

// PlainServer returns the server's side of the PLAIN mechanism, which asks
// about each user.
//
// https://rfc.zeromq.org/spec/24/
func PlainServer() Mechanism { return plainServer{} }

// plainServer implements [Mechanism].
type plainServer struct{}

// Name returns "PLAIN".
func (plainServer) Name() string { return MechanismPlain }

// AsServer returns true.
//
// "The PLAIN mechanism uses the greeting as-server field to identify which peer
// is "client" and which peer is "server"."
// https://rfc.zeromq.org/spec/24/#implementation
func (plainServer) AsServer() bool { return true }

// Begin starts an exchange.
func (plainServer) Begin(local Metadata) Exchange { return &plainServerExchange{local: local} }

// A plainServerExchange is the server's side of one handshake.
//
//	waiting ── HELLO in ──▶ asking ── let in, WELCOME out ──▶ welcoming ── INITIATE in, READY out ──▶ done
//	   └───────────────────────┴────── refused, ERROR out; anything else in ──────┴────────────▶ error
//
// https://rfc.zeromq.org/spec/24/#implementation
type plainServerExchange struct {
	// Set by Begin, then read-only.
	local Metadata

	// Owned by the Handshake that drives the exchange.
	question *Question // nil unless asking
	admitted bool      // the verdict has let the peer in
	peer     Metadata
	done     bool // INITIATE has come
}

// Start appends nothing: the client speaks first.
func (e *plainServerExchange) Start(dst []byte) []byte { return dst }

// Receive takes HELLO, and then INITIATE.
func (e *plainServerExchange) Receive(dst, body []byte) ([]byte, error) {
	name, data, err := splitCommand(body)
	if err != nil {
		return dst, err
	}
	switch {
	case e.question != nil:
		return dst, protocolErrorf("the peer sent %q while it was to wait for WELCOME", name).coded(CodeUnspecified)
	case !e.admitted:
		if string(name) != nameHello {
			return dst, unexpected(name, nameHello)
		}
		e.question, err = parsePlainHello(data)
		return dst, err
	case string(name) != nameInitiate:
		return dst, unexpected(name, nameInitiate)
	}
	if e.peer, err = ParseMetadata(data); err != nil {
		return dst, err
	}
	e.done = true
	return Ready{Metadata: e.local}.AppendTo(dst), nil
}

// parsePlainHello decodes the data of a PLAIN client's HELLO.
//
// "username = OCTET *VCHAR"
// "password = OCTET *VCHAR"
// https://rfc.zeromq.org/spec/24/#implementation
func parsePlainHello(data []byte) (*Question, error) {
	username, rest, ok := cutShort(data)
	if !ok {
		return nil, protocolErrorf("HELLO command ends within the user name").coded(CodeMalformedHello)
	}
	password, rest, ok := cutShort(rest)
	if !ok || len(rest) > 0 {
		return nil, protocolErrorf("HELLO command does not end with the password").coded(CodeMalformedHello)
	}
	return &Question{Mechanism: MechanismPlain, Credentials: [][]byte{append([]byte(nil), username...), append([]byte(nil), password...)}}, nil
}

// cutShort cuts p behind the string at its beginning, which follows an octet
// with its length.
func cutShort(p []byte) (s, rest []byte, ok bool) {
	if len(p) == 0 || len(p) < 1+int(p[0]) {
		return nil, nil, false
	}
	end := 1 + int(p[0])
	return p[1:end], p[end:], true
}

// Asks returns who wants to come in, once HELLO has come.
func (e *plainServerExchange) Asks() *Question { return e.question }

// Answer appends WELCOME, or an ERROR.
//
// "To reject a client connection explicitly, a server SHALL send an ERROR
// command"
// https://rfc.zeromq.org/spec/24/#implementation
func (e *plainServerExchange) Answer(dst []byte, v Verdict) ([]byte, error) {
	e.question = nil
	if v.Status != StatusOK {
		return v.refuse(dst)
	}
	e.admitted = true
	return Unknown{Name: nameWelcome}.AppendTo(dst), nil
}

// Done reports whether the client's INITIATE has come.
func (e *plainServerExchange) Done() (Metadata, bool) { return e.peer, e.done }
