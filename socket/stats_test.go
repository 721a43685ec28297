package socket_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestStatsOfAPeer has the depth against the mark, bytes on the wire, names, attempts and the last error of each peer.
func TestStatsOfAPeer(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router := newRouter(t, rt, socket.RecvHWM(7))
	counted := make(chan struct{}, 1)
	dealer := newDealer(t, rt, socket.RoutingID("worker"), socket.SendHWM(5), socket.ReconnectInterval(time.Millisecond),
		socket.WithTrace(socket.Trace{Sent: func(socket.Conn, socket.Message) { counted <- struct{}{} }}))
	lost := watch(t, dealer.Events(ctx))
	join(t, "tcp://127.0.0.1:*", router, dealer)
	require.NoError(t, dealer.Send(ctx, socket.NewMessage("hello")))
	m, err := router.Recv(ctx)
	require.NoError(t, err)
	require.NoError(t, router.Send(ctx, m))
	_, err = dealer.Recv(ctx)
	require.NoError(t, err)
	<-counted          // it may have been answered before
	const wire = 2 + 5 // a header and a body
	peer := dealer.Stats().Peers[0]
	require.Equal(t, uint64(wire), peer.SentBytes)
	require.Equal(t, uint64(wire), peer.ReceivedBytes)
	require.Equal(t, []int{5, 1000}, []int{peer.OutMark, peer.InMark})
	require.Equal(t, uint64(1), peer.Attempts)
	require.Empty(t, peer.LastError)
	there := router.Stats().Peers[0]
	require.Equal(t, "worker", there.Identity)
	require.Equal(t, 7, there.InMark)

	require.NoError(t, router.Close(ctx))
	lost.until(socket.EventConnectFailed)
	require.Equal(t, 5, fill(t, dealer, 10))
	st := dealer.Stats()
	require.Equal(t, uint64(5), st.Peers[0].Out.Queued)
	require.Equal(t, uint64(1), st.Peers[0].OutMarkReached)
	require.Contains(t, st.Peers[0].LastError, "refused")
	require.Equal(t, st.LastError, st.Peers[0].LastError)
	require.GreaterOrEqual(t, st.Peers[0].Attempts, uint64(2))
	require.Equal(t, uint64(wire), st.SentBytes)
	require.Equal(t, uint64(wire), router.Stats().ReceivedBytes, "of a peer that is gone")
}

// TestRates are taken over at least a second, and over as much time as a caller chooses.
func TestRates(t *testing.T) {
	bubble(t, func(t *testing.T, _ context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt, socket.SendHWM(0)), newPull(t, rt)
		join(t, inprocName(t), pull, push)
		began := pull.Stats()
		move := func(n int, took time.Duration) socket.Stats {
			fill(t, push, n)
			receive(t, pull, 0, n)
			time.Sleep(took)
			st := pull.Stats()
			require.Equal(t, st.Rates, st.Peers[0].Rates, "it has one peer")
			return st
		}
		st := move(100, 500*time.Millisecond)
		require.Equal(t, socket.Rates{Window: 500 * time.Millisecond, Received: 200}, st.Rates, "the socket is younger than a second")
		st = move(100, 1500*time.Millisecond)
		require.Equal(t, socket.Rates{Window: 2 * time.Second, Received: 100}, st.Rates)
		st = move(300, 100*time.Millisecond)
		require.Equal(t, 2100*time.Millisecond, st.Rates.Window)
		last := move(100, time.Second)
		require.Equal(t, 1100*time.Millisecond, last.Rates.Window)
		require.InDelta(t, 400/1.1, last.Rates.Received, 1e-6)
		require.InDelta(t, 100, last.Since(st).Received, 1e-6)
		require.Equal(t, time.Second, last.Since(st).Window)
		require.InDelta(t, 600/3.1, last.Since(began).Received, 1e-6)
		require.Zero(t, last.Since(last))
	})
}

// TestStatsInJSON are what programs outside read: the names are stable.
func TestStatsInJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b, err := json.Marshal(socket.Stats{
		Time: at, Socket: "1-push", Type: "PUSH", Peers: []socket.PeerStats{{Endpoint: "tcp://a:1", OutMark: 5}},
		Out: socket.Ledger{Accepted: 3, Delivered: 1, Queued: 1, Dropped: only("full", 1)},
	})
	require.NoError(t, err)
	require.JSONEq(t, `{
		"time": "2026-01-02T03:04:05Z", "socket": "1-push", "type": "PUSH",
		"peers": [{
			"endpoint": "tcp://a:1", "connected": false, "reconnects": 0, "attempts": 0, "rtt_ns": 0,
			"out": {"accepted": 0, "delivered": 0, "queued": 0}, "in": {"accepted": 0, "delivered": 0, "queued": 0},
			"out_mark": 5, "in_mark": 0, "out_mark_reached": 0, "in_mark_reached": 0, "sent_bytes": 0, "received_bytes": 0,
			"rates": {"window_ns": 0, "sent": 0, "received": 0, "sent_bytes": 0, "received_bytes": 0, "dropped": 0}, "restarts": 0
		}],
		"out": {"accepted": 3, "delivered": 1, "queued": 1, "dropped": {"full": 1}},
		"in": {"accepted": 0, "delivered": 0, "queued": 0},
		"sent_bytes": 0, "received_bytes": 0,
		"rates": {"window_ns": 0, "sent": 0, "received": 0, "sent_bytes": 0, "received_bytes": 0, "dropped": 0},
		"restarts": 0
	}`, string(b))
}
