package socket_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/transport"
)

// The conformance suite: every pair of types that the table lets talk, over every transport, bound from either side. A new row of the table is
// tested without new code here; a new transport wants a row in places.

// A place is a transport: where a socket can bind to an endpoint that nobody else has.
type place struct {
	scheme string
	fresh  func(testing.TB) string
	parts  bool // closing a bound endpoint parts its peers (libzmq leaves those of inproc joined)
}

// places are the transports.
var places = []place{
	{scheme: "tcp", fresh: func(testing.TB) string { return "tcp://127.0.0.1:*" }, parts: true},
	{scheme: "ipc", fresh: nowhere, parts: true},
	{scheme: "inproc", fresh: inprocName},
}

// A pair is two types of the table of which the first speaks first.
type pair struct{ from, to socket.Row }

// pairs are the pairs of the table whose messages arrive as they were sent, but for the peer's name before them: both sides put them into envelopes, or
// neither does. Of the others, such as a DEALER and a REP, tests of their own say what the envelope is. A STREAM talks to another.
func pairs(t *testing.T) []pair {
	t.Helper()
	rt := newRuntime(t)
	rows := socket.Rows()
	var all []pair
	for _, from := range rows {
		if from.Raw {
			all = append(all, pair{from, from})
		}
		if !from.Sends || from.Raw || from.Subscriber || !startsTalking(t, rt, from) {
			continue
		}
		for _, to := range rows {
			if to.Receives && from.Enveloped == to.Enveloped && slices.Contains(from.Peers, to.Name) && slices.Contains(to.Peers, from.Name) {
				all = append(all, pair{from, to})
			}
		}
	}
	return all
}

// startsTalking says whether a fresh socket of the type may send.
func startsTalking(t *testing.T, rt *socket.Runtime, row socket.Row) bool {
	t.Helper()
	s, err := socket.Open(rt, row.Name)
	require.NoError(t, err)
	err = s.TrySend(socket.NewMessage())
	if row.Blocks {
		require.ErrorIs(t, err, socket.ErrNoPeers)
		return true
	}
	return err == nil
}

// A cell is one cell of the suite: a pair, a transport, and who binds.
type cell struct {
	pair
	place
	fromBinds bool
}

// String names the cell.
func (c cell) String() string {
	binder := c.to.Name
	if c.fromBinds {
		binder = c.from.Name
	}
	return fmt.Sprintf("%s-%s/%s/%s-binds", c.from.Name, c.to.Name, c.scheme, binder)
}

// A rig is a pair of sockets that are joined.
type rig struct {
	cell
	rt               *socket.Runtime
	a, b             *talker // a speaks first
	bound, connected *socket.Endpoint
}

// rig joins two new sockets.
func (c cell) rig(t *testing.T, rt *socket.Runtime, opts ...socket.Option) *rig {
	t.Helper()
	r := &rig{cell: c, rt: rt, a: open(t, rt, c.from, opts...), b: open(t, rt, c.to, opts...)}
	binder, connecter := r.sides()
	r.bound, r.connected = join(t, c.fresh(t), binder, connecter)
	r.meet(t)
	return r
}

// meet waits until a can send to b. Both have their peer.
func (r *rig) meet(t *testing.T) {
	t.Helper()
	if r.from.Publisher {
		require.NoError(t, r.a.WaitSubscribers(within(t), 1))
	}
	r.a.meet(t, r.b, 1)
	r.b.meet(t, r.a, 0)
}

// sides are the two sockets by who binds.
func (r *rig) sides() (binder, connecter *talker) {
	if r.fromBinds {
		return r.a, r.b
	}
	return r.b, r.a
}

// inTurn says whether b must answer before a may speak again.
func (c cell) inTurn() bool { return c.from.Enveloped }

// pass sends m from a to b, and back where b answers, and wants it to arrive as it was.
func (r *rig) pass(t *testing.T, m socket.Message) {
	t.Helper()
	ctx := within(t)
	require.NoError(t, r.a.Send(ctx, m))
	got, err := r.b.Recv(ctx)
	require.NoError(t, err)
	same(t, m, got)
	if !r.inTurn() {
		return
	}
	require.NoError(t, r.b.Send(ctx, got))
	back, err := r.a.Recv(ctx)
	require.NoError(t, err)
	same(t, m, back)
}

// same wants two messages to have the same frames.
func same(t *testing.T, want, got socket.Message) {
	t.Helper()
	require.Equal(t, want.Len(), got.Len())
	for i, f := range want.All() {
		require.Equal(t, string(f), string(got.Frame(i)), "frame %d", i)
	}
}

// features are what each cell must do.
var features = []struct {
	name  string
	check func(t *testing.T, c cell, rt *socket.Runtime)
}{
	{"frames", checkFrames},
	{"order", checkOrder},
	{"try", checkTry},
	{"crowd", checkCrowd},
	{"spread", checkSpread},
	{"gather", checkGather},
	{"cancelled receives", checkCancelledRecv},
	{"cancelled sends", checkCancelledSend},
	{"connect first", checkConnectFirst},
	{"unbind", checkUnbind},
	{"disconnect", checkDisconnect},
	{"peer closes", checkPeerCloses},
	{"closed", checkClosed},
	{"waiters", checkWaitersWoken},
	{"ledger", checkLedger},
}

// TestConformance runs every feature in every cell.
func TestConformance(t *testing.T) {
	all := pairs(t)
	require.Len(t, all, 12, "PUSH-PULL, REQ-REP, PAIR-PAIR, STREAM-STREAM, DEALER and ROUTER with both, and PUB and XPUB with SUB and XSUB; count a new pair here")
	for _, p := range all {
		for _, at := range places {
			if p.from.Raw && at.scheme != "tcp" {
				continue // see TestStreamRefusals
			}
			for _, fromBinds := range []bool{true, false} {
				c := cell{p, at, fromBinds}
				t.Run(c.String(), func(t *testing.T) {
					rt := newRuntime(t)
					for _, f := range features {
						t.Run(f.name, func(t *testing.T) { f.check(t, c, rt) })
					}
				})
			}
		}
	}
}

// TestPlaces wants a row in places for each scheme there is, but for those of groups, which have no connections: TestGroup… has them.
func TestPlaces(t *testing.T) {
	for _, scheme := range transport.Schemes() {
		if strings.HasSuffix(scheme, "pgm") {
			continue
		}
		require.True(t, slices.ContainsFunc(places, func(p place) bool { return p.scheme == scheme }), scheme)
	}
}

// TestEveryTypeIsPaired wants each row of the table to take part.
func TestEveryTypeIsPaired(t *testing.T) {
	all := pairs(t)
	for _, row := range socket.Rows() {
		require.True(t, slices.ContainsFunc(all, func(p pair) bool { return p.from.Name == row.Name || p.to.Name == row.Name }), row.Name)
	}
}

// TestDirections wants the typed sockets to have the methods of their row's directions and no others: the wrong direction does not compile.
func TestDirections(t *testing.T) {
	faces := map[string]any{
		"PUSH": &socket.Push{}, "PULL": &socket.Pull{}, "PUB": &socket.Pub{}, "SUB": &socket.Sub{}, "REQ": &socket.Req{}, "REP": &socket.Rep{},
		"DEALER": &socket.Dealer{}, "ROUTER": &socket.Router{},
		"PAIR": &socket.Pair{}, "STREAM": &socket.Stream{}, "XPUB": &socket.XPub{}, "XSUB": &socket.XSub{},
	}
	for _, row := range socket.Rows() {
		face := faces[row.Name]
		require.NotNil(t, face, row.Name)
		_, sends := face.(socket.Sender)
		_, receives := face.(socket.Receiver)
		_, sendChan := face.(interface {
			SendChan(context.Context) (chan<- socket.Message, func() ([]socket.Message, error))
		})
		_, recvChan := face.(interface {
			RecvChan(context.Context) <-chan socket.Message
		})
		_, subscribes := face.(interface{ Subscribe(string) error })
		_, publishes := face.(interface {
			WaitSubscribers(context.Context, int) error
		})
		require.Equal(t, row.Sends, sends, row.Name)
		require.Equal(t, row.Sends, sendChan, row.Name)
		require.Equal(t, row.Receives, receives, row.Name)
		require.Equal(t, row.Receives, recvChan, row.Name)
		require.Equal(t, row.Subscriber || row.Hears, subscribes, row.Name)
		require.Equal(t, row.Publisher, publishes, row.Name)
		_, common := face.(anySocket)
		require.True(t, common, row.Name)
	}
}
