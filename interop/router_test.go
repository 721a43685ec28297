package interop

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// routed are the pairings in which somebody is a ROUTER, or in which only one side makes the envelope: they are no rows of the table, since what one
// side sends is not what the other receives.
func routed(weir, partner string) *kind {
	return &kind{weir: weir, partner: partner, sends: true, receives: true, open: map[string]opener{
		"ROUTER": opening(socket.NewRouter), "DEALER": opening(socket.NewDealer), "REQ": opening(socket.NewReq), "REP": opening(socket.NewRep),
		"STREAM": opening(socket.NewStream),
	}[weir]}
}

// overRouted runs a case for one pairing over all transports, whoever binds.
func overRouted(t *testing.T, k *kind, with setup, f func(s *scene)) {
	for _, at := range places {
		for _, weirBinds := range []bool{true, false} {
			p := pairing{kind: k, place: at, weirBinds: weirBinds}
			t.Run(p.String(), func(t *testing.T) {
				t.Parallel()
				s := newScene(begin(t, libzmq), t, p, with)
				s.join()
				f(s)
			})
		}
	}
}

// wants receives a message on Weir's side.
func (s *scene) wants(frames ...string) {
	s.Helper()
	require.Equal(s, texts(frames...), words(s.recv()))
}

// peerWants receives a message on libzmq's side.
func (s *scene) peerWants(frames ...string) {
	s.Helper()
	require.Equal(s, texts(frames...), s.peer.do(s.ctx, "recv", waitMS))
}

// says sends from Weir's side.
func (s *scene) says(frames ...string) {
	s.Helper()
	s.send(socket.NewMessage(frames...))
}

// peerSays sends from libzmq's side.
func (s *scene) peerSays(frames ...string) {
	s.Helper()
	s.peer.do(s.ctx, "send", waitMS, texts(frames...))
}

// TestWeirRouter has Weir's ROUTER serve libzmq's types, with a name and without.
func TestWeirRouter(t *testing.T) {
	mandatory := []socket.Option{socket.RouterMandatory(true), socket.RoutingID("weir")}
	for _, named := range []bool{true, false} {
		var opts []string
		if named {
			opts = []string{"id=zmq"}
		}
		t.Run(fmt.Sprintf("named %t", named), func(t *testing.T) {
			for _, partner := range []string{"DEALER", "REQ", "ROUTER"} {
				overRouted(t, routed("ROUTER", partner), setup{weir: mandatory, peer: opts}, func(s *scene) {
					head := map[string][]string{"REQ": {""}}[partner]
					for i := range 3 {
						body := []string{fmt.Sprint(i), "", "x"}
						if partner == "ROUTER" {
							s.peerSays(append([]string{"weir"}, body...)...)
						} else {
							s.peerSays(body...)
						}
						m := s.recv()
						if named {
							require.Equal(s, "zmq", string(m.Frame(0)))
						} else {
							require.Len(s, m.Frame(0), 5)
						}
						require.Equal(s, texts(append(head, body...)...), words(m.Tail(1)))
						s.send(m)
						if partner == "ROUTER" {
							body = append([]string{"weir"}, body...)
						}
						s.peerWants(body...)
					}
					require.ErrorIs(s, s.sender().TrySend(socket.NewMessage("nobody", "x")), socket.ErrUnroutable)
				})
			}
		})
	}
}

// TestPeerRouter has libzmq's ROUTER serve Weir's types.
func TestPeerRouter(t *testing.T) {
	for _, weir := range []string{"DEALER", "REQ", "ROUTER"} {
		overRouted(t, routed(weir, "ROUTER"), setup{weir: []socket.Option{socket.RoutingID("weir")}, peer: []string{"id=zmq", "mandatory=1"}}, func(s *scene) {
			head := map[string][]string{"REQ": {""}}[weir]
			for i := range 3 {
				body := []string{fmt.Sprint(i), "", "x"}
				say := body
				if weir == "ROUTER" {
					say = append([]string{"zmq"}, body...)
				}
				s.says(say...)
				there := append(append([]string{"weir"}, head...), body...)
				s.peerWants(there...)
				s.peerSays(there...)
				s.wants(say...)
			}
		})
	}
}

// TestEnvelopes has a DEALER on one side make the envelope for a REP on the other, which gives it back before its reply.
func TestEnvelopes(t *testing.T) {
	for _, envelope := range [][]string{{""}, {"a", "bc", "def", ""}} {
		t.Run(fmt.Sprint(len(envelope)), func(t *testing.T) {
			overRouted(t, routed("DEALER", "REP"), setup{}, func(s *scene) {
				s.says(append(envelope, "question", "", "more")...)
				s.peerWants("question", "", "more")
				s.peerSays("answer")
				s.wants(append(envelope, "answer")...)
			})
			overRouted(t, routed("REP", "DEALER"), setup{}, func(s *scene) {
				s.peerSays("no", "delimiter")
				s.peerSays(append(envelope, "question", "", "more")...)
				s.wants("question", "", "more")
				s.says("answer")
				s.peerWants(append(envelope, "answer")...)
			})
		})
	}
}

// TestProbes wants each side's ROUTER to see the other's probe.
func TestProbes(t *testing.T) {
	for _, prober := range []string{"DEALER", "ROUTER", "REQ"} {
		overRouted(t, routed("ROUTER", prober), setup{peer: []string{"id=zmq", "probe=1"}}, func(s *scene) { s.wants("zmq", "") })
		overRouted(t, routed(prober, "ROUTER"), setup{weir: []socket.Option{socket.RoutingID("weir"), socket.ProbeRouter(true)}},
			func(s *scene) { s.peerWants("weir", "") })
	}
}

// TestRouterReconnects kills libzmq's DEALER, whose messages are not read yet, and starts another with its name: Weir's ROUTER knows it at once.
func TestRouterReconnects(t *testing.T) {
	overRouted(t, routed("ROUTER", "DEALER"), setup{peer: []string{"id=zmq"}}, func(s *scene) {
		poller := socket.NewPoller()
		require.NoError(s, poller.Add(s.weir.(socket.Socket), socket.PollIn))
		s.peerSays("unread")
		_, err := poller.Wait(s.ctx)
		require.NoError(s, err)
		s.says("zmq", "one")
		s.peerWants("one")
		s.killPeer(1)
		s.openPeer()
		s.placePeer()
		s.meet()
		s.says("zmq", "two")
		s.peerWants("two")
		s.wants("zmq", "unread")
		s.peerSays("again")
		s.wants("zmq", "again")
	})
}
