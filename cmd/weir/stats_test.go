package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// TestStats says on standard error how the sockets stand, at least at the end.
func TestStats(t *testing.T) {
	pull := start(t, "pull", "-b", anyPort, "--stats", "-n", "3")
	push := start(t, "push", "-c", <-pull.bound, "--stats").eof("a", "b", "c")
	_, stderr := push.wait(statusDone)
	require.Contains(t, stderr, "out: 0 queued, 3 sent, ")
	require.Contains(t, stderr, " 9 bytes, ")
	out, stderr := pull.wait(statusDone)
	require.Equal(t, []string{"a", "b", "c"}, out)
	require.Contains(t, stderr, "; in: 0 queued, 3 received, ")
	require.Contains(t, stderr, " 9 bytes, ")
	require.NotContains(t, stderr, "out:", "a PULL sends nothing")
}

// TestStatsEverySecond has a line while nothing else happens.
func TestStatsEverySecond(t *testing.T) {
	pull := start(t, "pull", "-b", anyPort, "--stats")
	<-pull.bound
	pull.hear("stats: 0 peers")
	pull.signal()
	pull.wait(statusDone)
}

// TestStatsLine has depth, mark, rates, bytes and drops by reason.
func TestStatsLine(t *testing.T) {
	require.Equal(t, "stats: 0 peers", statsLine(socket.Stats{}, socket.Rates{}))
	st := socket.Stats{
		Peers:     []socket.PeerStats{{Connected: true, OutMark: 10}, {OutMark: 10, InMark: 5}},
		Out:       socket.Ledger{Accepted: 20, Delivered: 7, Queued: 10, Dropped: map[mailbox.Reason]uint64{"full": 2, "connection lost": 1}},
		SentBytes: 99,
	}
	require.Equal(t, "stats: 1 peers; out: 10 queued of 20, 7 sent, 3/s, 99 bytes, 42/s, 3 dropped (connection lost 1, full 2)"+
		"; in: 0 queued of 5, 0 received, 0/s, 0 bytes, 0/s, 0 dropped", statsLine(st, socket.Rates{Sent: 3.4, SentBytes: 42}))
	st = socket.Stats{Peers: []socket.PeerStats{{Connected: true}}, In: socket.Ledger{Accepted: 1, Queued: 1}}
	require.Equal(t, "stats: 1 peers; in: 1 queued, 0 received, 0/s, 0 bytes, 0/s, 0 dropped", statsLine(st, socket.Rates{}))
}
