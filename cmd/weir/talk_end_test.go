package main

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// How two-way commands end where something is queued for a peer that is not there: what they heard decides, and what was not sent is said.

// TestTalkDeadPeer ends by --count, with 0, though half of what was sent waits for a peer that never comes.
func TestTalkDeadPeer(t *testing.T) {
	for _, flags := range []string{"", "-t 3s", "--linger 20ms", "-o linger=20", "--linger 0"} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel() // without a flag it takes a second, and with a timeout, in which the answer must come, as long as that
			live := start(t, "dealer", "-b", anyPort)
			both := start(t, append(strings.Fields("dealer -n 1 -c "+nobody+" "+flags), "-c", <-live.bound)...)
			both.write(numbers(4)...)
			for range 2 {
				live.read()
			}
			live.write("an answer")
			out, stderr := both.wait(statusDone)
			require.Equal(t, []string{"an answer"}, out)
			require.Contains(t, stderr, "2 messages not sent: 2 to "+nobody)
		})
	}
}

// TestTalkDeadNamed is the same for the types that name the peer of each message.
func TestTalkDeadNamed(t *testing.T) {
	t.Run("router", func(t *testing.T) {
		t.Parallel()
		router := start(t, "router", "-b", anyPort, "-c", nobody, "-o", "connect_routing_id=dead", "-n", "2")
		dealer := start(t, "dealer", "-c", <-router.bound, "--id", "me")
		dealer.write("hi")
		require.Equal(t, "me\thi", router.read())
		router.write("dead\tx", "me\tgo")
		require.Equal(t, "go", dealer.read())
		dealer.write("bye")
		_, stderr := router.wait(statusDone)
		require.Contains(t, stderr, "1 messages not sent: 1 to "+nobody)
	})
	t.Run("stream", func(t *testing.T) {
		t.Parallel()
		stream := start(t, "stream", "-b", anyPort, "-c", nobody, "-o", "connect_routing_id=dead", "-n", "2", "-f", "json")
		conn, err := net.Dial("tcp", strings.TrimPrefix(<-stream.bound, "tcp://"))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		here := stream.read()
		stream.write(`["dead","x"]`, strings.Replace(here, `,""]`, `,"go"]`, 1))
		_, err = io.ReadFull(conn, make([]byte, 2))
		require.NoError(t, err)
		_, err = io.WriteString(conn, "bye")
		require.NoError(t, err)
		_, stderr := stream.wait(statusDone)
		require.Contains(t, stderr, "1 messages not sent: 1 to "+nobody)
	})
}

// TestTalkDeadPeerSilence ends by --timeout, with 0, in the same way.
func TestTalkDeadPeerSilence(t *testing.T) {
	live := start(t, "dealer", "-b", anyPort)
	both := start(t, "dealer", "-c", nobody, "-c", <-live.bound, "-t", "100ms")
	both.write("a", "b")
	live.read() // meanwhile it waits for input, which takes as long as it likes
	_, stderr := both.eof().wait(statusDone)
	require.Contains(t, stderr, "1 messages not sent: 1 to "+nobody)
}

// TestTimeoutOptions wants status 3, as for --timeout, where the time of ZMQ_RCVTIMEO or ZMQ_SNDTIMEO is over, for every way of waiting; 0 waits for nothing.
// What a two-way type cannot send is no reason: TestTalkUntaken.
func TestTimeoutOptions(t *testing.T) {
	for _, millis := range []string{"30", "0"} {
		for args, option := range map[string]string{
			"pull -b " + anyPort:                     "rcvtimeo",
			"sub -c " + nobody:                       "rcvtimeo",
			"rep -b " + anyPort:                      "rcvtimeo",
			"req -c " + nobody:                       "rcvtimeo", // the reply
			"push -b " + anyPort:                     "sndtimeo", // no peer
			"push --hwm 1 -c " + nobody:              "sndtimeo", // at the mark
			"req -b " + anyPort:                      "sndtimeo",
			"push -t 1h -b " + anyPort:               "sndtimeo", // whichever is less
			"pull -t 1h -b " + anyPort:               "rcvtimeo",
			"dealer -n 1 --linger 0 -c " + nobody:    "rcvtimeo",
			"router -n 1 -b " + anyPort:              "rcvtimeo",
			"xpub -n 1 -b " + anyPort:                "rcvtimeo",
			"dealer -n 1 -t 1h --hwm 9 -c " + nobody: "rcvtimeo",
		} {
			c := start(t, append(strings.Fields(args), "-o", option+"="+millis)...)
			go func() { _, _ = io.WriteString(c.stdin, "a\nb\nc\n"); _ = c.stdin.Close() }()
			out, stderr := c.wait(statusTimedOut)
			require.Empty(t, out, args)
			require.Contains(t, stderr, "for the time of -o "+option, args)
		}
	}
	for _, k := range twoWay { // silence after the end of input is an end, as with --timeout
		start(t, k.name, "-b", anyPort, "-o", "rcvtimeo=30").eof().wait(statusDone)
		start(t, k.name, "-b", anyPort, "-o", "rcvtimeo=30", "-t", "1h").eof().wait(statusDone)
	}
}
