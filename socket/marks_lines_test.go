package socket_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// TestMarksOfSpeakers fills the queue of a peer that is there and does not read, for each type that sends, bound and connected: SNDHWM messages and not
// one more, what the connection is about to write included; and a change of the mark holds at once.
func TestMarksOfSpeakers(t *testing.T) {
	for _, p := range speakers {
		overLines(t, p.String(), func(t *testing.T, ctx context.Context, rt *socket.Runtime, bound bool) {
			for _, mark := range []int{1, 2, 5, 0} {
				s := p.open(t, rt, socket.SendHWM(mark))
				peer := onLine(t, ctx, s, bound, p.peer, p.id)
				to := p
				if p.typ == "STREAM" {
					m, err := s.Recv(ctx) // the connection is there, and this is its id
					require.NoError(t, err)
					to.id = string(m.Frame(0))
				}
				require.NoError(t, s.WaitPeers(ctx, 1))
				if strings.HasSuffix(p.peer, "SUB") {
					peer.write(wire.Subscribe{}.AppendTo(nil))
					require.NoError(t, s.WaitSubscribers(ctx, 1))
				}
				ask := func() { peer.send("", "please") }
				want := mark
				if mark == 0 {
					want = tries
				}
				require.Equal(t, want, to.fill(t, s, ask), "a mark of %d", mark)
				for _, next := range []int{want + 3, want + 1, want + 4} {
					require.NoError(t, s.Set(ctx, socket.SendHWM(next)))
					want = max(want, next)
					require.Equal(t, want, to.fill(t, s, ask), "a mark of %d", next)
				}
				require.NoError(t, peer.conn.Close())
			}
		})
	}
}

// A hearer is a type that receives, a type that speaks to it, and what goes before the body of what that says.
type hearer struct {
	typ, peer string
	before    []string
	mute      bool // nothing is received out of turn
	atOnce    bool // each message that is received makes room for one; of others, half of the mark do
}

// hearers are all types that have a receive mark.
var hearers = []hearer{
	{typ: "PULL", peer: "PUSH"},
	{typ: "SUB", peer: "PUB"},
	{typ: "XSUB", peer: "PUB"},
	{typ: "XSUB", peer: "XPUB"},
	{typ: "DEALER", peer: "DEALER"},
	{typ: "PAIR", peer: "PAIR"},
	{typ: "ROUTER", peer: "DEALER"},
	{typ: "ROUTER", peer: "REQ", before: []string{""}},
	{typ: "REP", peer: "REQ", before: []string{""}},
	{typ: "REQ", peer: "REP", before: []string{""}, mute: true},
	{typ: "XPUB", peer: "SUB", atOnce: true},
	{typ: "STREAM"},
}

// TestMarksOfHearers has a peer write more than is received, to each type that receives, bound and connected: RCVHWM messages are there and not one more,
// and the connection is not read; a change of the mark holds at once; and once half of the mark has been received it is filled up again.
func TestMarksOfHearers(t *testing.T) {
	for _, h := range hearers {
		overLines(t, h.typ+"-"+h.peer, func(t *testing.T, ctx context.Context, rt *socket.Runtime, bound bool) {
			for _, mark := range []int{1, 2, 5, 0} {
				s, err := socket.Open(rt, h.typ, socket.RecvHWM(mark))
				require.NoError(t, err)
				peer := onLine(t, ctx, s, bound, h.peer, "")
				if h.typ == "STREAM" {
					_, err := s.Recv(ctx) // the connection is there
					require.NoError(t, err)
				}
				if h.typ == "SUB" {
					go func() { _, _ = peer.conn.Read(make([]byte, 64)) }() // the subscription
					require.NoError(t, s.Subscribe(""))
				}
				require.NoError(t, s.WaitPeers(ctx, 1))
				go h.speakLoop(peer, 2*tries)
				h.wantQueued(t, ctx, s, mark)
				require.NoError(t, peer.conn.Close())
			}
		})
	}
}

// speakLoop writes n messages, each at once, to the end or to that of the connection.
func (h hearer) speakLoop(peer *rawPeer, n int) {
	for range n {
		b := []byte("chunk")
		if h.peer != "" {
			b = wire.AppendMessage(nil, wire.NewMessage(append(h.before, "body")...))
		}
		if _, err := peer.conn.Write(b); err != nil {
			return
		}
	}
}

// wantQueued counts what is there to be received.
func (h hearer) wantQueued(t *testing.T, ctx context.Context, s *socket.Any, mark int) {
	t.Helper()
	want := func(n int) {
		t.Helper()
		synctest.Wait()
		require.EqualValues(t, n, s.Stats().In.Queued, "a mark of %d", mark)
	}
	if mark == 0 {
		want(2 * tries)
		return
	}
	want(mark)
	mark += 3
	require.NoError(t, s.Set(ctx, socket.RecvHWM(mark)))
	want(mark)
	if h.mute {
		return
	}
	half := (mark + 1) / 2
	if h.atOnce {
		half = 1
	}
	for i := range half {
		want(mark - i)
		_, err := s.Recv(ctx)
		require.NoError(t, err)
		if h.typ == "REP" {
			require.NoError(t, s.Send(ctx, socket.NewMessage("answer")))
		}
	}
	want(mark)
}
