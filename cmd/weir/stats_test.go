package main

import (
	"context"
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

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

// statsIn is a line of --stats, of a command that receives.
var statsIn = regexp.MustCompile(`^stats: (\d+) peers; in: (\d+) queued of \d+, (\d+) received, (\d+)/s, (\d+) bytes, (\d+)/s, (\d+) dropped$`)

// nextStats is the next line of --stats, as numbers: peers, queued, received, and its rate, bytes, and their rate, dropped.
func (c *command) nextStats() (n [7]int) {
	c.t.Helper()
	for line := range c.said {
		found := statsIn.FindStringSubmatch(line)
		if found == nil {
			continue // nobody has connected yet
		}
		for i := range n {
			var err error
			n[i], err = strconv.Atoi(found[i+1])
			require.NoError(c.t, err)
		}
		return n
	}
	require.Fail(c.t, "no more lines of --stats")
	return n
}

// TestStatsEverySecond has a line a second, whose ledger is what was sent: of each batch, of both together, and once more while nothing happens.
func TestStatsEverySecond(t *testing.T) {
	pull := start(t, "pull", "-b", anyPort, "--stats")
	push := start(t, "push", "-c", <-pull.bound)
	sent, size := 0, 0
	for _, batch := range [][]string{{"a", "bc", "def"}, {"ghij", "klmno", "", "p"}, {}} {
		push.write(batch...)
		for _, line := range batch {
			require.Equal(t, line, pull.read())
			sent, size = sent+1, size+2+len(line) // a short frame has a header of two bytes
		}
		st := pull.nextStats()
		for len(batch) > 0 && st[2] < sent || len(batch) == 0 && st[3] > 0 { // the line was due while the batch was on its way
			st = pull.nextStats()
		}
		require.Equal(t, [7]int{1, 0, sent, st[3], size, st[5], 0}, st)
		require.Equal(t, len(batch) > 0, st[3] > 0, "messages a second")
		require.Equal(t, len(batch) > 0, st[5] > 0, "bytes a second")
	}
	push.eof().wait(statusDone)
	pull.signal()
	pull.wait(statusDone)
}

// TestStatsLoop says a line a second, by a clock that nothing else moves, and none when it ends.
func TestStatsLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		begun, said := time.Now(), []time.Duration(nil)
		statsLoop(ctx, func() { said = append(said, time.Since(begun)) })
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}, said)
		require.Equal(t, 3500*time.Millisecond, time.Since(begun))
	})
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
