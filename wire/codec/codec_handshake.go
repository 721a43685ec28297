package codec

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/weirmq/weir/wire"
)

// ErrHandshakeTimeout is the failure of a peer that connected and did not finish the handshake in time (ZMQ_HANDSHAKE_IVL).
var ErrHandshakeTimeout = errors.New("handshake timed out")

// A HandshakeError is the failure of a connection that was made and did not get as far as traffic.
type HandshakeError struct {
	// Remote is the peer's address.
	Remote string
	// Err is what went wrong: a *wire.ProtocolError, ErrHandshakeTimeout, or an error of the connection.
	Err error
}

// Error says where it was, and the reason.
func (e *HandshakeError) Error() string { return "handshake: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *HandshakeError) Unwrap() error { return e.Err }

// handshakeRead is how much is read at once before traffic begins, in bytes: a greeting and a READY of common size. Small, since a thousand
// silent peers hold one each.
const handshakeRead = 512

// ahead is how much to read at once of a handshake: no traffic where SmallBody is set, since that might have the beginning of a large body in it.
func (s *shaker) ahead() int {
	if s.c.cfg.SmallBody == 0 {
		return handshakeRead
	}
	return min(handshakeRead, s.h.Needs())
}

// handshake greets the peer and runs the mechanism to its end. The deadline lies on the connection: a silent peer costs one parked goroutine and
// delays nobody. What came behind the handshake is the beginning of the traffic, and is returned.
func (c *codec) handshake(r *run, conn net.Conn) (Peer, []byte, error) {
	var deadline time.Time
	if c.cfg.HandshakeInterval > 0 {
		deadline = time.Now().Add(c.cfg.HandshakeInterval)
	}
	if err := conn.SetDeadline(deadline); err != nil { // it is closed, or, as a net.Pipe says it, its other end is
		return Peer{}, nil, &HandshakeError{Remote: c.remote(conn), Err: err}
	}
	h := wire.NewHandshake(c.cfg.Handshake)
	s := &shaker{c: c, run: r, conn: conn, h: h}
	early, err := s.shake(r.ctx)
	if err != nil {
		s.seeOff(err, deadline)
		return Peer{}, nil, &HandshakeError{Remote: c.remote(conn), Err: s.because(err)}
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return Peer{}, nil, &HandshakeError{Remote: c.remote(conn), Err: err}
	}
	peer := Peer{Peer: h.Peer(), Local: nameOf(conn.LocalAddr()), Remote: c.remote(conn)}
	peer.Properties = wire.NewProperties(append(c.found(conn), peer.Vouched...), peer.Metadata)
	r.late = s.late()
	r.seal, r.open = h.Traffic()
	return peer, early, nil
}

// because is why a handshake failed, in words that help whoever reads them: a peer that does not like this side's mechanism may hang up before it has told its
// own, as libzmq does, and all that can be said is how far it came.
func (s *shaker) because(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrHandshakeTimeout
	}
	if _, broken := errors.AsType[*net.OpError](err); !broken && !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return err
	}
	ours := wire.MechanismNull
	if m := s.c.cfg.Handshake.Mechanism; m != nil {
		ours = m.Name()
	}
	switch peer := s.h.Peer(); {
	case !s.heard:
		return &hangUp{"the peer hung up without a word", err}
	case peer.Mechanism == "":
		return &hangUp{"the peer hung up amid its greeting, as one does that wants another mechanism than " + ours, err}
	default:
		return &hangUp{"the peer hung up amid the handshake over " + ours + ", as one does that does not let this side in", err}
	}
}

// A hangUp is a connection that ended amid the handshake.
type hangUp struct {
	when string
	err  error // of the connection
}

// Error says how far the handshake had come.
func (e *hangUp) Error() string { return e.when + ": " + e.err.Error() }

// Unwrap returns what the connection said.
func (e *hangUp) Unwrap() error { return e.err }

// found is what this side knows of the peer by itself.
func (c *codec) found(conn net.Conn) wire.Metadata {
	if c.cfg.PeerAddress != nil {
		if address := c.cfg.PeerAddress(conn); address != "" {
			return wire.Metadata{{Name: wire.PropertyPeerAddress, Value: address}}
		}
	}
	return nil
}

// remote names the peer.
func (c *codec) remote(conn net.Conn) string {
	if c.cfg.PeerName != nil {
		return c.cfg.PeerName(conn)
	}
	return nameOf(conn.RemoteAddr())
}

// nameOf is an address in words, or a placeholder where the transport has none (an unnamed unix socket, which package net words as nothing or "@").
func nameOf(a net.Addr) string {
	if a == nil {
		return "unnamed"
	}
	if s := a.String(); s != "" && s != "@" {
		return s
	}
	return "unnamed"
}
