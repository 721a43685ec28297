package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// malformed are messages that can be no reply.
var malformed = map[string][]string{
	"no delimiter":          {"no", "delimiter"},
	"a body alone":          {"body"},
	"an empty frame alone":  {""},
	"a number alone":        {"1234"},
	"no body":               {"1234", ""},
	"number, no delimiter":  {"1234", "x", "body"},
	"number of three bytes": {"123", "", "body"},
}

// TestMalformedReplyEndsEndpoint connects a Req to a peer that sends what is no reply: the endpoint ends, and is not tried again.
// https://rfc.zeromq.org/spec/28/#the-req-socket-type (libzmq: req_session_t)
func TestMalformedReplyEndsEndpoint(t *testing.T) {
	for name, reply := range malformed {
		t.Run(name, func(t *testing.T) {
			ended := make(chan error, 1)
			rt := newRuntime(t, socket.WithEvents(func(e socket.Event) {
				if e.Kind == socket.EventEnded {
					ended <- e.Err
				}
			}))
			l, ep := listenRaw(t)
			req := newReq(t, rt)
			connect(t, req, ep)
			peer := acceptRaw(t, l, "ROUTER")
			peer.send(reply...)
			select {
			case err := <-ended:
				var breach *socket.ProtocolError
				require.ErrorAs(t, err, &breach)
			case <-within(t).Done():
				require.Fail(t, "the endpoint goes on")
			}
			peer.wantEnd()
			require.ErrorIs(t, req.TrySend(number(1)), socket.ErrNoPeers)
		})
	}
}

// TestMalformedReplyEndsConnection has a peer of a bound Req send a reply and then what is none: the reply counts, and the connection ends, alone.
func TestMalformedReplyEndsConnection(t *testing.T) {
	for name, reply := range malformed {
		t.Run(name, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			req := newReq(t, rt)
			ep := bind(t, req, "tcp://127.0.0.1:*").String()
			bad := dialRaw(t, ep, "ROUTER")
			require.NoError(t, req.WaitPeers(ctx, 1))
			good := dialRaw(t, ep, "REP")
			require.NoError(t, req.WaitPeers(ctx, 2))
			require.NoError(t, req.Send(ctx, number(1)))
			require.Equal(t, []string{"", "1"}, bad.recv())
			bad.write(append(frames("", "1"), frames(reply...)...))
			bad.wantEnd()
			receive(t, req, 1, 1)
			require.NoError(t, req.WaitAtMost(ctx, 1))
			require.NoError(t, req.Settle(ctx))
			require.NoError(t, req.Send(ctx, number(2)))
			require.Equal(t, []string{"", "2"}, good.recv())
			good.send("", "2")
			receive(t, req, 2, 1)
		})
	}
}

// TestUnexpectedReplyIsSkipped sends what could be a reply and is not the one: the connection stays. (libzmq: req_session_t lets it pass, req_t drops it)
func TestUnexpectedReplyIsSkipped(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req := newReq(t, rt)
	peer := dialRaw(t, bind(t, req, "tcp://127.0.0.1:*").String(), "ROUTER")
	require.NoError(t, req.Send(ctx, number(1)))
	require.Equal(t, []string{"", "1"}, peer.recv())
	peer.send("1234", "", "a number that nobody asked for")
	peer.send("", "1")
	receive(t, req, 1, 1)
	require.Equal(t, only(socket.ReasonFiltered, 1), req.Stats().In.Dropped)
}
