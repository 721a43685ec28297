package socket_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// bubble runs f in a bubble of testing/synctest, with a runtime that is shut down at its end. In it synctest.Wait returns when everybody is parked,
// and a wake-up that got lost meets the end of ctx at once, in fake time. Only inproc works inside.
func bubble(t *testing.T, f func(t *testing.T, ctx context.Context, rt *socket.Runtime)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, within(t), newRuntime(t)) })
}

// newPush makes a Push.
func newPush(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.Push {
	t.Helper()
	s, err := socket.NewPush(rt, opts...)
	require.NoError(t, err)
	return s
}

// newPull makes a Pull.
func newPull(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.Pull {
	t.Helper()
	s, err := socket.NewPull(rt, opts...)
	require.NoError(t, err)
	return s
}

// newPub makes a Pub.
func newPub(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.Pub {
	t.Helper()
	s, err := socket.NewPub(rt, opts...)
	require.NoError(t, err)
	return s
}

// newSub makes a Sub with subscriptions.
func newSub(t testing.TB, rt *socket.Runtime, topics []string, opts ...socket.Option) *socket.Sub {
	t.Helper()
	s, err := socket.NewSub(rt, opts...)
	require.NoError(t, err)
	for _, topic := range topics {
		require.NoError(t, s.Subscribe(topic))
	}
	return s
}

// newReq makes a Req.
func newReq(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.Req {
	t.Helper()
	s, err := socket.NewReq(rt, opts...)
	require.NoError(t, err)
	return s
}

// newRep makes a Rep.
func newRep(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.Rep {
	t.Helper()
	s, err := socket.NewRep(rt, opts...)
	require.NoError(t, err)
	return s
}

// newDealer makes a Dealer.
func newDealer(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.Dealer {
	t.Helper()
	s, err := socket.NewDealer(rt, opts...)
	require.NoError(t, err)
	return s
}

// newRouter makes a Router.
func newRouter(t testing.TB, rt *socket.Runtime, opts ...socket.Option) *socket.Router {
	t.Helper()
	s, err := socket.NewRouter(rt, opts...)
	require.NoError(t, err)
	return s
}

// An anySocket is what all types have in common.
type anySocket interface {
	Bind(ctx context.Context, endpoint string) (*socket.Endpoint, error)
	Connect(ctx context.Context, endpoint string, opts ...socket.EndpointOption) (*socket.Endpoint, error)
	WaitPeers(ctx context.Context, n int) error
	Set(ctx context.Context, opts ...socket.Option) error
	Settle(ctx context.Context) error
	WaitAtMost(ctx context.Context, n int) error
	Stats() socket.Stats
	Close(ctx context.Context) error
	String() string
}

// bind binds s.
func bind(t testing.TB, s anySocket, endpoint string) *socket.Endpoint {
	t.Helper()
	ep, err := s.Bind(within(t), endpoint)
	require.NoError(t, err)
	return ep
}

// connect connects s.
func connect(t testing.TB, s anySocket, endpoint string) *socket.Endpoint {
	t.Helper()
	ep, err := s.Connect(within(t), endpoint)
	require.NoError(t, err)
	return ep
}

// join binds one socket to a fresh endpoint, connects the other, and waits until both have their peer.
func join(t testing.TB, endpoint string, binder, connecter anySocket) (bound, connected *socket.Endpoint) {
	t.Helper()
	bound = bind(t, binder, endpoint)
	connected = connect(t, connecter, bound.String())
	require.NoError(t, connecter.WaitPeers(within(t), 1))
	require.NoError(t, binder.WaitPeers(within(t), 1))
	return bound, connected
}

// inprocNames numbers names. Atomic.
var inprocNames atomic.Int64

// inprocName is an endpoint that nobody else has.
func inprocName(testing.TB) string { return fmt.Sprintf("inproc://test-%d", inprocNames.Add(1)) }

// nobody is an endpoint of tcp where nobody listens.
func nobody(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return "tcp://" + l.Addr().String()
}

// nowhere is an endpoint of ipc where nobody listens. Its path is short: 107 bytes are the most there is.
func nowhere(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir") //nolint:usetesting // the path of t.TempDir has the test's name in it, and is too long
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return "ipc://" + filepath.Join(dir, "s")
}

// fill sends numbered messages until there is no room, limit at most, and returns how many went.
func fill(t testing.TB, s socket.Sender, limit int) int {
	t.Helper()
	for i := range limit {
		if err := s.TrySend(number(i)); err != nil {
			require.ErrorIs(t, err, socket.ErrWouldBlock)
			return i
		}
	}
	return limit
}

// number is a message that is a number.
func number(i int) socket.Message { return socket.MessageOf(strconv.AppendInt(nil, int64(i), 10)) }

// numberOf is the number that m is.
func numberOf(t testing.TB, m socket.Message) int {
	t.Helper()
	i, err := strconv.Atoi(string(m.Bytes()))
	require.NoError(t, err)
	return i
}

// receive receives n messages that are the numbers from first on.
func receive(t testing.TB, s socket.Receiver, first, n int) {
	t.Helper()
	ctx := within(t)
	for i := range n {
		m, err := s.Recv(ctx)
		require.NoError(t, err, "message %d of %d", i, n)
		require.Equal(t, first+i, numberOf(t, m))
	}
}

// wantEmpty wants s to have nothing to receive now.
func wantEmpty(t testing.TB, s socket.Receiver) {
	t.Helper()
	_, err := s.TryRecv()
	require.ErrorIs(t, err, socket.ErrWouldBlock)
}

// dropped is how many messages a ledger says were dropped.
func dropped(l socket.Ledger) uint64 {
	var n uint64
	for _, k := range l.Dropped {
		n += k
	}
	return n
}

// balanced wants a quiet ledger to add up.
func balanced(t testing.TB, l socket.Ledger) {
	t.Helper()
	require.Equal(t, l.Accepted, l.Delivered+l.Queued+dropped(l), "%+v", l)
}

// only is a count of drops for one reason.
func only(why mailbox.Reason, n uint64) map[mailbox.Reason]uint64 {
	return map[mailbox.Reason]uint64{why: n}
}
