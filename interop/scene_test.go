package interop

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// The reconnect interval on both sides of a scene: short, so that cases with a restart are quick.
const (
	reconnectIn     = 20 * time.Millisecond
	peerReconnectIn = "reconnect=20"
)

// A setup is what a case wants beyond the table's options. The zero value wants nothing.
type setup struct {
	weir      []socket.Option // for Weir's socket
	peer      []string        // for libzmq's
	runtime   []socket.RuntimeOption
	program   *program // what plays the other side; libzmq where nil
	noTopics  bool     // subscribers begin without a subscription, else with the one that matches all
	keepsNone bool     // leave out the table's options: publishers drop at the mark
}

// A scene is a pairing at work: a socket of Weir's, a peer, and the endpoint between them. All of it belongs to the test's goroutine.
type scene struct {
	*testing.T
	// Set by newScene, then read-only.
	ctx    context.Context // ends when the case has taken too long
	pair   pairing
	setup  setup
	rt     *socket.Runtime
	events *eventLog

	// Changed by the case as sockets come and go.
	weir     weirSocket
	peer     *peer
	endpoint string           // resolved, once somebody has bound it
	ours     *socket.Endpoint // what Weir's side has of it
	meetings int              // how many connections the sockets of Weir's side have had
}

// newScene makes both sides of a pairing: the sockets exist, and nothing is bound or connected.
func newScene(ctx context.Context, t *testing.T, p pairing, with setup) *scene {
	t.Helper()
	if with.program == nil {
		with.program = libzmq
	}
	s := &scene{T: t, ctx: ctx, pair: p, setup: with}
	s.rt, s.events = newRuntime(t, with.runtime...)
	s.openWeir()
	s.openPeer()
	return s
}

// openWeir makes Weir's socket, also in place of one that is closed.
func (s *scene) openWeir() {
	s.Helper()
	opts := []socket.Option{socket.ReconnectInterval(reconnectIn)}
	if !s.setup.keepsNone {
		opts = append(opts, s.pair.weirOpts...)
	}
	var err error
	s.weir, err = s.pair.open(s.rt, append(opts, s.setup.weir...)...)
	require.NoError(s, err)
	if sub, ok := s.weir.(interface{ Subscribe(prefix string) error }); ok && s.pair.weir != "XPUB" && !s.setup.noTopics {
		require.NoError(s, sub.Subscribe(""))
	}
}

// openPeer makes libzmq's socket, also in place of one that was killed.
func (s *scene) openPeer() {
	s.Helper()
	opts := []string{peerReconnectIn}
	if !s.setup.keepsNone {
		opts = append(opts, s.pair.peerOpts...)
	}
	s.peer = startPeer(s.ctx, s.T, s.setup.program, s.pair.partner, slices.Concat(opts, s.setup.peer)...)
	if s.pair.partner == "SUB" && !s.setup.noTopics {
		s.peer.do(s.ctx, "subscribe", "-")
	}
}

// placeWeir binds or connects Weir's socket, as the pairing says. It binds where it was bound before.
func (s *scene) placeWeir() {
	s.Helper()
	var err error
	if s.pair.weirBinds {
		s.ours, err = s.weir.Bind(s.ctx, s.address())
	} else {
		s.ours, err = s.weir.Connect(s.ctx, s.endpoint)
	}
	require.NoError(s, err)
	s.endpoint = s.ours.String()
}

// placePeer connects or binds libzmq's socket, as the pairing says.
func (s *scene) placePeer() {
	s.Helper()
	if s.pair.weirBinds {
		s.peer.do(s.ctx, "connect", s.endpoint)
		return
	}
	s.endpoint = s.peer.do(s.ctx, "bind", s.address())
}

// closeWeir closes Weir's socket. No process begins meanwhile: between fork and exec it would keep the listening socket open, and the address could
// not be bound again.
func (s *scene) closeWeir() {
	s.Helper()
	starting.RLock()
	defer starting.RUnlock()
	require.NoError(s, s.weir.Close(s.ctx))
}

// address is the endpoint to bind: the one bound before, or a fresh one.
func (s *scene) address() string {
	if s.endpoint != "" {
		return s.endpoint
	}
	return s.pair.place.fresh()
}

// join binds the one side, connects the other, and waits until both have met.
func (s *scene) join() {
	s.Helper()
	if s.pair.weirBinds {
		s.placeWeir()
		s.placePeer()
	} else {
		s.placePeer()
		s.placeWeir()
	}
	s.meet()
}

// meet waits until both sides know of a new connection, and then until what is sent is sure to arrive.
func (s *scene) meet() {
	s.Helper()
	s.meetings++
	s.peer.meetings++
	s.events.waitKind(s.ctx, s.T, s.meetings, socket.EventHandshakeSucceeded)
	require.NoError(s, s.weir.WaitPeers(s.ctx, 1))
	s.peer.do(s.ctx, "wait", "HANDSHAKE", s.peer.meetings, waitMS)
	s.subscribed()
}

// anotherPeer makes a second socket of libzmq's, which takes the place of the first in the scene and is joined to Weir's: at the same endpoint where
// that is Weir's, else at one of its own. It returns the first.
func (s *scene) anotherPeer() (first *peer) {
	s.Helper()
	first = s.peer
	s.openPeer()
	if s.pair.weirBinds {
		s.placePeer()
	} else {
		s.endpoint = ""
		s.placePeer()
		s.placeWeir()
	}
	return first
}

// anotherWeir is anotherPeer for a second socket of Weir's.
func (s *scene) anotherWeir() (first weirSocket) {
	s.Helper()
	first = s.weir
	s.openWeir()
	if s.pair.weirBinds {
		s.endpoint = ""
		s.placeWeir()
		s.placePeer()
	} else {
		s.placeWeir()
	}
	return first
}

// subscribed waits until the subscription that matches all has reached the publisher, where there is one.
func (s *scene) subscribed() {
	s.Helper()
	if s.setup.noTopics {
		return
	}
	switch w := s.weir.(type) {
	case *socket.Pub:
		require.NoError(s, w.WaitSubscribers(s.ctx, 1))
	case *socket.XPub:
		require.NoError(s, w.WaitSubscribers(s.ctx, 1))
	case *socket.Sub:
		pulse(s.ctx, s.peer, "pulse", w)
	case *socket.XSub:
		pulse(s.ctx, s.peer, "pulse", w)
	}
}

// pulse makes a publishing peer, which cannot tell when it knows of a subscription, send until each of Weir's subscribers gets something. When it
// returns, nothing of that is left.
func pulse[R socket.Receiver](ctx context.Context, p *peer, text string, subs ...R) {
	p.t.Helper()
	p.order("pulse", plain(text))
	for _, sub := range subs {
		m, err := sub.Recv(ctx)
		require.NoError(p.t, err)
		require.Equal(p.t, text, m.String())
	}
	end := text + " is over"
	p.order("send", waitMS, plain(end))
	p.okay(ctx) // the pulse's report, now that another command is there
	p.okay(ctx) // of the send
	for _, sub := range subs {
		for got := ""; got != end; {
			m, err := sub.Recv(ctx)
			require.NoError(p.t, err)
			got = m.String()
			require.Contains(p.t, []string{text, end}, got)
		}
	}
}

// sender is Weir's socket, of a type that sends.
func (s *scene) sender() socket.Sender { return s.weir.(socket.Sender) }

// receiver is Weir's socket, of a type that receives.
func (s *scene) receiver() socket.Receiver { return s.weir.(socket.Receiver) }

// send sends from Weir's side.
func (s *scene) send(m socket.Message) {
	s.Helper()
	require.NoError(s, s.sender().Send(s.ctx, m))
}

// recv receives on Weir's side.
func (s *scene) recv() socket.Message {
	s.Helper()
	m, err := s.receiver().Recv(s.ctx)
	require.NoError(s, err)
	return m
}

// named is a message as Weir's socket sends it: a ROUTER has the peer's name before it.
func (s *scene) named(m socket.Message) socket.Message {
	if s.pair.weir == "ROUTER" {
		return m.Prepend([]byte("zmq"))
	}
	return m
}

// unnamed takes the peer's name off a message that Weir's socket has received.
func (s *scene) unnamed(m socket.Message) socket.Message {
	s.Helper()
	if s.pair.weir == "ROUTER" {
		require.Equal(s, "zmq", string(m.Frame(0)))
		return m.Tail(1)
	}
	return m
}
