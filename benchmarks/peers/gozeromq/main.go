// Command gozeromq is the peer "go-zeromq" of the benchmarks: the scenarios of package rig on github.com/go-zeromq/zmq4, with defaults.
//
// It has no CURVE, and a PUB that cannot wait: what it loses shows as loss.
package main

import (
	"context"
	"io"
	"log"
	"strings"
	"time"

	"github.com/go-zeromq/zmq4"

	"github.com/weirmq/weir/benchmarks/rig"
)

func main() { rig.Main("go-zeromq", rig.Modes(open)) }

// A peer has nothing of its own.
type peer struct{}

// open makes the peer.
func open(*rig.Run) (rig.Peer, error) { return peer{}, nil }

// Close has nothing to do.
func (peer) Close() error { return nil }

// kinds are the sockets there are.
var kinds = map[string]func(context.Context, ...zmq4.Option) zmq4.Socket{
	rig.Push:   zmq4.NewPush,
	rig.Pull:   zmq4.NewPull,
	rig.Pub:    zmq4.NewPub,
	rig.Sub:    zmq4.NewSub,
	rig.Req:    zmq4.NewReq,
	rig.Rep:    zmq4.NewRep,
	rig.Dealer: zmq4.NewDealer,
	rig.Router: zmq4.NewRouter,
}

// Open makes a socket.
func (peer) Open(s rig.Spec) (rig.Socket, error) {
	make := kinds[s.Kind]
	if make == nil || s.Curve.On {
		return nil, rig.ErrNotPlayed
	}
	e := &end{body: s.Body, routes: s.Kind == rig.Router}
	e.ctx, e.abandon = context.WithCancel(context.Background())
	e.sock = make(e.ctx, zmq4.WithLogger(log.New(io.Discard, "", 0)))
	if s.Kind == rig.Sub {
		return e, e.sock.SetOption(zmq4.OptionSubscribe, s.Topic)
	}
	return e, nil
}

// Proxy moves messages until the process ends.
func (peer) Proxy(front, back rig.Socket) error {
	return zmq4.NewProxy(context.Background(), front.(*end).sock, back.(*end).sock, nil).Run()
}

// An end is one socket in a measurement.
type end struct {
	// Set by Open, then read-only.
	ctx     context.Context
	abandon context.CancelFunc
	sock    zmq4.Socket
	body    *rig.Body
	routes  bool // messages have the routing id of their peer in front
}

// Bind binds it.
func (e *end) Bind(endpoint string) (string, error) {
	if err := e.sock.Listen(strings.Replace(endpoint, ":*", ":0", 1)); err != nil {
		return "", err
	}
	if strings.HasPrefix(endpoint, "tcp:") {
		return "tcp://" + e.sock.Addr().String(), nil
	}
	return endpoint, nil
}

// Connect connects it, and returns once it is.
func (e *end) Connect(endpoint string) error { return e.sock.Dial(endpoint) }

// arrivalTime is how long a subscription may take to reach a publisher, which has no word for it.
const arrivalTime = 200 * time.Millisecond

// WaitSubscribers gives subscriptions the time to arrive.
func (e *end) WaitSubscribers(n int) error {
	time.Sleep(arrivalTime + time.Duration(n)*time.Millisecond)
	return nil
}

// Put sends one message. A bound REQ refuses to while nobody is connected, for which it has no error of its own: it is asked again.
func (e *end) Put() error {
	for {
		err := e.sock.Send(zmq4.NewMsg(e.body.Fresh()))
		if err == nil || !strings.Contains(err.Error(), "no connections available") {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// recv receives a message and checks it; the body is its last frame.
func (e *end) recv() (zmq4.Msg, []byte, error) {
	m, err := e.sock.Recv()
	if err != nil {
		if e.ctx.Err() != nil {
			err = rig.ErrAbandoned
		}
		return m, nil, err
	}
	body := m.Frames[len(m.Frames)-1]
	return m, body, e.body.Check(len(body))
}

// Take receives one message and checks it.
func (e *end) Take() error {
	_, _, err := e.recv()
	return err
}

// Answer receives one message and answers it.
func (e *end) Answer() error {
	m, _, err := e.recv()
	if err != nil {
		return err
	}
	if e.routes {
		return e.sock.SendMulti(zmq4.NewMsgFrom(m.Frames[0], e.body.Fresh()))
	}
	return e.Put()
}

// Show receives one message and returns its bytes.
func (e *end) Show() ([]byte, error) {
	_, body, err := e.recv()
	return body, err
}

// Abandon ends calls that wait.
func (e *end) Abandon() { e.abandon() }

// Close closes the socket. What it says of connections that have ended is no matter.
func (e *end) Close() error {
	_ = e.sock.Close()
	return nil
}
