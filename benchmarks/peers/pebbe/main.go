//go:build cgo

// Command pebbe is the peer "pebbe" of the benchmarks: the scenarios of package rig on github.com/pebbe/zmq4, which calls libzmq through cgo. It needs
// libzmq's headers, so without cgo there is no such program.
package main

import (
	"errors"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/weirmq/weir/benchmarks/rig"
)

const (
	// maxSockets is how many sockets a context may have: libzmq's default is below the number of dealers.
	maxSockets = 5000

	// backlog is how many connections may wait to be accepted: as many as in Go, since with libzmq's own 100 a thousand that come at once take seconds.
	backlog = 65535

	// patience is how long a receiver waits before it looks whether it was abandoned.
	patience = 500 * time.Millisecond
)

func main() { rig.Main("pebbe", rig.Modes(open)) }

// A peer has nothing of its own.
type peer struct{}

// open makes the peer.
func open(*rig.Run) (rig.Peer, error) { return peer{}, zmq4.SetMaxSockets(maxSockets) }

// Close has nothing to do: all is sent when it is called.
func (peer) Close() error { return nil }

// kinds are the sockets there are. A PUB is an XPUB, to hear of subscriptions.
var kinds = map[string]zmq4.Type{
	rig.Push:   zmq4.PUSH,
	rig.Pull:   zmq4.PULL,
	rig.Pub:    zmq4.XPUB,
	rig.Sub:    zmq4.SUB,
	rig.Req:    zmq4.REQ,
	rig.Rep:    zmq4.REP,
	rig.Dealer: zmq4.DEALER,
	rig.Router: zmq4.ROUTER,
}

// Open makes a socket.
func (peer) Open(s rig.Spec) (rig.Socket, error) {
	kind, ok := kinds[s.Kind]
	if !ok {
		return nil, rig.ErrNotPlayed
	}
	sock, err := zmq4.NewSocket(kind)
	if err != nil {
		return nil, err
	}
	err = errors.Join(sock.SetRcvtimeo(patience), sock.SetBacklog(backlog), encrypt(sock, s.Curve))
	switch s.Kind {
	case rig.Sub:
		err = errors.Join(err, sock.SetSubscribe(s.Topic))
	case rig.Pub:
		err = errors.Join(err, sock.SetXpubVerbose(1), sock.SetXpubNodrop(s.Lossless))
	}
	return &end{sock: sock, body: s.Body, routes: kind == zmq4.ROUTER}, err
}

// encrypt sets the keys.
func encrypt(sock *zmq4.Socket, c rig.Curve) error {
	switch {
	case c.Server:
		return errors.Join(sock.SetCurveServer(1), sock.SetCurveSecretkey(c.Secret))
	case c.On:
		return errors.Join(sock.SetCurveServerkey(c.ServerKey), sock.SetCurvePublickey(c.Public), sock.SetCurveSecretkey(c.Secret))
	}
	return nil
}

// Proxy moves messages until the process ends.
func (peer) Proxy(front, back rig.Socket) error {
	return zmq4.Proxy(front.(*end).sock, back.(*end).sock, nil)
}

// An end is one socket in a measurement.
type end struct {
	// Set by Open, then read-only.
	sock   *zmq4.Socket
	body   *rig.Body
	routes bool // messages have the routing id of their peer in front

	// Atomic: written by Abandon, read by the receiver.
	abandoned atomic.Bool
}

// Bind binds it.
func (e *end) Bind(endpoint string) (string, error) {
	if err := e.sock.Bind(endpoint); err != nil {
		return "", err
	}
	return e.sock.GetLastEndpoint()
}

// Connect connects it.
func (e *end) Connect(endpoint string) error { return e.sock.Connect(endpoint) }

// WaitSubscribers receives so many subscriptions.
func (e *end) WaitSubscribers(n int) error {
	for range n {
		if _, err := e.recv(); err != nil {
			return err
		}
	}
	return nil
}

// Put sends one message, which libzmq copies.
func (e *end) Put() error {
	_, err := e.sock.SendBytes(e.body.Bytes(), 0)
	return err
}

// recv receives one frame, however long it takes.
func (e *end) recv() ([]byte, error) {
	for {
		frame, err := e.sock.RecvBytes(0)
		if err == nil || zmq4.AsErrno(err) != zmq4.Errno(syscall.EAGAIN) {
			return frame, err
		}
		if e.abandoned.Load() {
			return nil, rig.ErrAbandoned
		}
	}
}

// Show receives one message and returns its bytes.
func (e *end) Show() ([]byte, error) {
	body, err := e.recv()
	if err != nil {
		return nil, err
	}
	return body, e.body.Check(len(body))
}

// Take receives one message and checks it.
func (e *end) Take() error {
	_, err := e.Show()
	return err
}

// Answer receives one message and answers it.
func (e *end) Answer() error {
	if !e.routes {
		if err := e.Take(); err != nil {
			return err
		}
		return e.Put()
	}
	id, err := e.recv()
	if err != nil {
		return err
	}
	if err := e.Take(); err != nil {
		return err
	}
	if _, err := e.sock.SendBytes(id, zmq4.SNDMORE); err != nil {
		return err
	}
	return e.Put()
}

// Abandon ends calls that wait.
func (e *end) Abandon() { e.abandoned.Store(true) }

// Close closes the socket.
func (e *end) Close() error { return e.sock.Close() }
