package interop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestEndpointClosed unbinds and disconnects, on Weir's side and then on libzmq's, and meets again elsewhere: the sockets outlive their endpoints.
// A libzmq PAIR is left out: it may still hold the pipe that it was told to disconnect when the next one comes, and then refuses it for good.
func TestEndpointClosed(t *testing.T) {
	overWide(t, crowds, func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		p.moves.many(s, 0, 50, 20)
		require.NoError(t, s.ours.Close(s.ctx))
		s.peer.do(s.ctx, "wait", "DISCONNECTED", 1, waitMS)
		verb := "unbind"
		if p.weirBinds {
			verb = "disconnect"
		}
		s.peer.do(s.ctx, verb, s.endpoint)
		s.endpoint = ""
		s.join()
		p.moves.many(s, 50, 50, 20)
		s.peer.do(s.ctx, verb, s.endpoint)
		if p.partner == "REQ" && !p.weirBinds {
			return // that one of libzmq's lets its connections go when it next waits for a reply
		}
		s.peer.order("idle", waitMS) // libzmq takes a connection down while its socket is being asked for something
		s.events.waitKind(s.ctx, t, 2, socket.EventDisconnected)
	})
}
