package socket_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// A pairBook is the test's own account of sockets of which some have closed.
type pairBook struct{ sent, received, left, unread, bytes uint64 }

// TestRuntimeStats sums over all sockets, those that have closed included: what the test has counted itself. Each pair sends a random number of messages and
// receives a part; its sender closes, and of every other one its receiver.
func TestRuntimeStats(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			const pairs = 6
			ctx, rnd := within(t), seeded(t)
			rt := newRuntime(t, socket.IOWorkers(2))
			var book pairBook
			for i := range pairs {
				push, pull := newPush(t, rt), newPull(t, rt)
				join(t, at.fresh(t), pull, push)
				n := 1 + rnd.IntN(50)
				require.Equal(t, n, fill(t, push, n))
				for k := range n {
					book.bytes += 2 + uint64(len(number(k).Bytes())) // the header of a short frame, and its body
				}
				taken := rnd.IntN(n)
				receive(t, pull, 0, taken)
				require.NoError(t, push.Close(ctx))
				book.sent += uint64(n)
				book.received += uint64(taken)
				gone(t, pull)
				if i%2 == 0 {
					require.NoError(t, pull.Close(ctx))
					book.unread += uint64(n - taken)
				} else {
					book.left += uint64(n - taken)
				}
			}
			st := rt.Stats()
			require.Equal(t, pairs/2, st.Sockets)
			require.Equal(t, uint64(2*pairs), st.SocketsMade)
			wantSums(t, at, book, st)
			require.Equal(t, rt.Workers(), st.Workers)
			require.Len(t, st.Workers, 2)
			require.NoError(t, newPull(t, rt).Monitor(ctx, inprocName(t), socket.MonitorAll))
			require.Equal(t, uint64(2*pairs+1), rt.Stats().SocketsMade, "the one that tells is not the application's")

			require.NoError(t, rt.Shutdown(ctx))
			book.unread, book.left = book.unread+book.left, 0
			st = rt.Stats()
			require.Zero(t, st.Sockets)
			wantSums(t, at, book, st)
			require.Equal(t, float64(0), st.Since(st).Sent)
		})
	}
}

// wantSums wants a runtime's sums to be those of the test's book. Over inproc both sides are about the same queues, and there are no bytes.
func wantSums(t *testing.T, at place, b pairBook, st socket.RuntimeStats) {
	t.Helper()
	balanced(t, st.Out)
	balanced(t, st.In)
	in := socket.Ledger{Accepted: b.sent, Delivered: b.received, Queued: b.left, Dropped: only(socket.ReasonUnread, b.unread)}
	out := socket.Ledger{Accepted: b.sent, Delivered: b.sent}
	if at.scheme == "inproc" {
		out, b.bytes = in, 0
	}
	require.Equal(t, in, st.In)
	require.Equal(t, out, st.Out)
	require.Equal(t, []uint64{b.bytes, b.bytes}, []uint64{st.SentBytes, st.ReceivedBytes})
}

// TestRuntimeStatsOfLeftovers has a receiver that outlives many senders and reads what they left after they have closed: each message is on the books once.
func TestRuntimeStatsOfLeftovers(t *testing.T) {
	const senders = 100
	ctx := within(t)
	rt := newRuntime(t)
	pull := newPull(t, rt)
	at := bind(t, pull, inprocName(t)).String()
	for i := range senders {
		push := newPush(t, rt)
		connect(t, push, at)
		require.NoError(t, push.Send(ctx, number(i)))
		require.NoError(t, push.WaitPeers(ctx, 1))
		require.NoError(t, push.Close(ctx))
	}
	require.Equal(t, socket.Ledger{Accepted: senders, Queued: senders}, rt.Stats().Out)
	for range senders {
		_, err := pull.Recv(ctx)
		require.NoError(t, err)
	}
	st := rt.Stats()
	require.Equal(t, socket.Ledger{Accepted: senders, Delivered: senders}, st.Out)
	require.Equal(t, st.Out, st.In)
	require.Zero(t, socket.ClosedSockets(rt), "what has nothing left is forgotten")
}

// TestRuntimeRates are those of all sockets together, over at least a second, and so are a pipe's of its own.
func TestRuntimeRates(t *testing.T) {
	bubble(t, func(t *testing.T, _ context.Context, rt *socket.Runtime) {
		began := rt.Stats()
		for range 2 {
			push, pull := newPush(t, rt), newPull(t, rt)
			join(t, inprocName(t), pull, push)
			fill(t, push, 50)
			receive(t, pull, 0, 50)
			require.NoError(t, push.Close(within(t)))
		}
		time.Sleep(2 * time.Second)
		st := rt.Stats()
		require.Equal(t, socket.Rates{Window: 2 * time.Second, Sent: 50, Received: 50}, st.Rates)
		require.Equal(t, st.Rates, st.Since(began))
	})
}

// TestRuntimeLastError is the newest of all sockets', and stays when the socket has closed.
func TestRuntimeLastError(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	require.Empty(t, rt.Stats().LastError)
	for range 2 {
		push := newPush(t, rt, socket.ReconnectInterval(time.Hour))
		events := watch(t, push.Events(ctx))
		connect(t, push, nobody(t))
		events.until(socket.EventConnectFailed)
		last := push.Stats().LastError
		require.Contains(t, last, "refused")
		require.Equal(t, last, rt.Stats().LastError)
		require.NoError(t, push.Close(ctx))
		require.Equal(t, last, rt.Stats().LastError, "it has closed")
	}
	pull, push := newPull(t, rt), newPush(t, rt)
	join(t, "tcp://127.0.0.1:*", pull, push)
	last := rt.Stats().LastError
	require.NoError(t, push.Close(ctx))
	gone(t, pull)
	require.NotEmpty(t, pull.Stats().LastError)
	require.NotEqual(t, last, pull.Stats().LastError)
	require.Equal(t, pull.Stats().LastError, rt.Stats().LastError)
	require.NoError(t, rt.Shutdown(ctx))
	require.NotEmpty(t, rt.Stats().LastError)
}

// TestRuntimeStatsInJSON are what programs outside read: the names are stable.
func TestRuntimeStatsInJSON(t *testing.T) {
	b, err := json.Marshal(socket.RuntimeStats{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Sockets: 1, SocketsMade: 2, In: socket.Ledger{Accepted: 1, Queued: 1},
		LastError: "refused", Workers: []socket.WorkerStats{{ID: 1}},
	})
	require.NoError(t, err)
	require.JSONEq(t, `{
		"time": "2026-01-02T03:04:05Z", "sockets": 1, "sockets_made": 2,
		"out": {"accepted": 0, "delivered": 0, "queued": 0}, "in": {"accepted": 1, "delivered": 0, "queued": 1},
		"sent_bytes": 0, "received_bytes": 0,
		"rates": {"window_ns": 0, "sent": 0, "received": 0, "sent_bytes": 0, "received_bytes": 0, "dropped": 0},
		"restarts": 0, "last_error": "refused",
		"workers": [{"id": 1, "endpoints": 0, "dials": 0, "handshakes": 0, "connections": 0, "restarts": 0}]
	}`, string(b))
}
