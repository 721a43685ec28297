package wire

import "fmt"

// A Status is what an authenticator says of a peer.
//
// "this shall be "200" to indicate success, "300" to indicate a temporary
// error, "400" to indicate authentication failure, and "500" to indicate an
// internal error (system failure)."
// https://rfc.zeromq.org/spec/27/#message-format
type Status int

// The four there are.
const (
	StatusOK        Status = 200 // the peer is let in
	StatusTemporary Status = 300 // the connection is closed without a word; the peer may try again
	StatusRefused   Status = 400 // the peer is told so, and does not come back
	StatusInternal  Status = 500 // the same; it was not the peer's fault
)

// A Question is what an exchange has to know about its peer before it goes on:
// whether somebody with these credentials may come in.
//
// "To perform authentication for the PLAIN mechanism: [...] The credentials
// SHALL consist of two string frames: a username and a password."
// "[...] for the CURVE mechanism: [...] The credentials SHALL consist of a
// 32-byte long-term public key of the peer being authenticated."
// https://rfc.zeromq.org/spec/27/#the-plain-mechanism
type Question struct {
	Mechanism   string
	Credentials [][]byte // none for NULL
}

// A Verdict answers a [Question].
type Verdict struct {
	Status   Status
	Text     string   // further explains the status; the peer is not told
	UserID   string   // what to call the peer; for StatusOK
	Metadata Metadata // more to know about the peer; for StatusOK
}

// vouched is what the verdict says about the peer.
func (v Verdict) vouched() Metadata {
	return append(Metadata{{Name: PropertyUserID, Value: v.UserID}}, v.Metadata...)
}

// An Asker is an [Exchange] that may ask about its peer. While the question is
// open, it receives on; what the peer says then is mostly out of turn.
type Asker interface {
	Exchange

	// Asks returns the open question, or nil.
	Asks() *Question

	// Answer closes it, and appends to dst the frames to send. They are to be
	// sent even if there is an error, which is an *AuthError.
	Answer(dst []byte, v Verdict) ([]byte, error)
}

// An AuthError says that a peer was not let in: by us, or that the other side
// did not let us in.
type AuthError struct {
	Status Status
	Text   string         // what the authenticator said; empty if it was the peer's
	Peer   *ProtocolError // the ERROR that the peer sent; nil if it was we who refused
}

// Error says who refused, and why.
func (e *AuthError) Error() string {
	switch {
	case e.Peer != nil:
		return e.Peer.Error()
	case e.Text == "":
		return fmt.Sprintf("not let in: status %d (27/ZAP)", e.Status)
	}
	return fmt.Sprintf("not let in: status %d, %q (27/ZAP)", e.Status, e.Text)
}

// Unwrap returns the peer's ERROR, where that is what happened.
func (e *AuthError) Unwrap() error {
	if e.Peer == nil {
		return nil
	}
	return e.Peer
}

// refuse appends what a peer is told that v does not let in, and returns the
// error that ends the handshake. Of a temporary failure it is told nothing.
//
// "If the client does not pass authentication, the server SHALL not respond
// except by closing the connection." libzmq sends an ERROR all the same but for
// status 300, as RFC 24 has it (zap_client.cpp), and so do we.
// https://rfc.zeromq.org/spec/26/#the-initiate-command
func (v Verdict) refuse(dst []byte) ([]byte, error) {
	if v.Status != StatusTemporary {
		dst = Error{Reason: fmt.Sprint(int(v.Status))}.AppendTo(dst)
	}
	return dst, &AuthError{Status: v.Status, Text: v.Text}
}

// refused turns an ERROR command of the peer into the error that ends the
// handshake: an *AuthError if its reason is a status, as libzmq sends it.
//
// "The peer SHALL treat an incoming ERROR command as fatal, and act by closing
// the connection, and not re-connecting using the same security credentials."
// https://rfc.zeromq.org/spec/37/#error-handling
func refused(c Error) error {
	err := protocolErrorf("the peer refused the handshake with ERROR %q", c.Reason)
	switch c.Reason {
	case "300", "400", "500":
		return &AuthError{Status: Status(c.Reason[0]-'0') * 100, Peer: err}
	}
	return err
}
