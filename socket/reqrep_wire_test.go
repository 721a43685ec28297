package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// TestReqOnTheWire wants a request to be an empty delimiter and the body, and a reply without its delimiter to be the reply.
// https://rfc.zeromq.org/spec/28/#the-req-socket-type (libzmq: test_spec_req)
func TestReqOnTheWire(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req := newReq(t, rt)
	ep := bind(t, req, "tcp://127.0.0.1:*").String()
	peer := dialRaw(t, ep, "REP")
	require.NoError(t, req.Send(ctx, socket.NewMessage("A", "B")))
	require.Equal(t, []string{"", "A", "B"}, peer.recv())
	peer.send("", "answer", "more")
	m, err := req.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "answer|more", m.String())
}

// TestReqIgnoresStaleReplies answers one request twice: the second answer is not taken for the answer to the next request. (libzmq: req.cpp drops
// what is readable just before it writes a request)
func TestReqIgnoresStaleReplies(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req := newReq(t, rt)
	ep := bind(t, req, "tcp://127.0.0.1:*").String()
	peer := dialRaw(t, ep, "ROUTER")
	require.NoError(t, req.Send(ctx, socket.NewMessage("1")))
	require.Equal(t, []string{"", "1"}, peer.recv())
	peer.write(append(frames("", "one"), frames("", "one again")...)) // one write, so that both are there when one is
	m, err := req.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "one", m.String())
	require.NoError(t, req.Send(ctx, socket.NewMessage("2")))
	require.Equal(t, []string{"", "2"}, peer.recv())
	peer.send("", "two")
	m, err = req.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "two", m.String())
	require.Equal(t, only(socket.ReasonFiltered, 1), req.Stats().In.Dropped)
}

// TestReqIgnoresOthers wants a Req to take its reply from the peer that it asked, and from nobody else.
func TestReqIgnoresOthers(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req := newReq(t, rt)
	ep := bind(t, req, "tcp://127.0.0.1:*").String()
	asked := dialRaw(t, ep, "ROUTER")
	require.NoError(t, req.WaitPeers(ctx, 1))
	other := dialRaw(t, ep, "ROUTER")
	require.NoError(t, req.WaitPeers(ctx, 2))
	require.NoError(t, req.Send(ctx, socket.NewMessage("?")))
	require.Equal(t, []string{"", "?"}, asked.recv())
	other.send("", "wrong")
	other.write([]byte("\x04\x07\x04PING\x00\x00"))
	other.octets(7) // the PONG: what was sent before is there
	asked.send("", "right")
	m, err := req.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "right", m.String())
	require.NoError(t, req.Send(ctx, socket.NewMessage("?")))
	require.Equal(t, []string{"", "?"}, other.recv())
	other.send("", "its turn")
	m, err = req.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "its turn", m.String())
	require.Equal(t, only(socket.ReasonFiltered, 1), req.Stats().In.Dropped)
}

// TestReqTakesTurns asks its peers in turn. (libzmq: test_spec_req)
func TestReqTakesTurns(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req := newReq(t, rt)
	ep := bind(t, req, "tcp://127.0.0.1:*").String()
	var peers []*rawPeer
	for i := range 3 {
		peers = append(peers, dialRaw(t, ep, "REP"))
		require.NoError(t, req.WaitPeers(ctx, i+1))
	}
	for i := range 7 {
		require.NoError(t, req.Send(ctx, number(i)))
		at := peers[i%3]
		require.Equal(t, "", at.recv()[0])
		at.send("", "x")
		_, err := req.Recv(ctx)
		require.NoError(t, err)
	}
}

// TestRepEnvelope sends requests behind envelopes of several frames: each comes back before the reply, and nobody sees it in between.
// https://rfc.zeromq.org/spec/28/#the-rep-socket-type (libzmq: test_spec_rep)
func TestRepEnvelope(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	rep := newRep(t, rt)
	peer := dialRaw(t, bind(t, rep, "tcp://127.0.0.1:*").String(), "DEALER")
	for _, c := range []struct{ request, body, reply []string }{
		{[]string{"", "A"}, []string{"A"}, []string{"", "x", "y"}},
		{[]string{"X", "Y", "", "A", "", "B"}, []string{"A", "", "B"}, []string{"X", "Y", "", "x", "y"}},
		{[]string{"id", "", ""}, []string{""}, []string{"id", "", "x", "y"}},
		{[]string{"", "", "A"}, []string{"", "A"}, []string{"", "x", "y"}},
	} {
		peer.send(c.request...)
		m, err := rep.Recv(ctx)
		require.NoError(t, err)
		same(t, socket.NewMessage(c.body...), m)
		require.NoError(t, rep.Send(ctx, socket.NewMessage("x", "y")))
		require.Equal(t, c.reply, peer.recv())
	}
}

// TestRepSkipsWhatIsNoRequest sends messages without a delimiter, and without a body: they are skipped, and counted.
func TestRepSkipsWhatIsNoRequest(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	rep := newRep(t, rt)
	peer := dialRaw(t, bind(t, rep, "tcp://127.0.0.1:*").String(), "DEALER")
	peer.send("no", "delimiter")
	peer.send("alone")
	peer.send("id", "")
	peer.send("")
	peer.send("", "request")
	m, err := rep.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "request", m.String())
	require.Equal(t, only(socket.ReasonFiltered, 4), rep.Stats().In.Dropped)
	require.NoError(t, rep.Send(ctx, socket.NewMessage("reply")))
	require.Equal(t, []string{"", "reply"}, peer.recv())
}

// TestRepNeverWaits fills the way back to a peer that does not read: replies are dropped and counted, and the Rep goes on.
func TestRepNeverWaits(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	rep := newRep(t, rt, socket.SendHWM(1))
	peer := dialRaw(t, bind(t, rep, "tcp://127.0.0.1:*").String(), "DEALER")
	body := make([]byte, 4<<20)
	for range 20 {
		peer.send("", "again")
		_, err := rep.Recv(ctx)
		require.NoError(t, err)
		require.NoError(t, rep.Send(ctx, socket.MessageOf(body)))
	}
	out := rep.Stats().Out
	require.EqualValues(t, 20, out.Accepted)
	require.Positive(t, dropped(out))
}

// frames are the bytes of a message.
func frames(frames ...string) []byte { return wire.AppendMessage(nil, wire.NewMessage(frames...)) }
