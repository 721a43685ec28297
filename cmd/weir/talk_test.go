package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// twoWay are the commands that send and print at the same time.
var twoWay = slices.DeleteFunc(slices.Clone(kinds), func(k kind) bool { return !k.talks })

// TestTalk sends and prints at the same time, in both directions.
func TestTalk(t *testing.T) {
	for _, name := range []string{"dealer", "pair"} {
		a := start(t, name, "-b", anyPort, "-n", "3")
		b := start(t, name, "-c", <-a.bound)
		for _, line := range numbers(3) {
			a.write("to b " + line)
			require.Equal(t, "to b "+line, b.read())
			b.write("to a " + line)
			require.Equal(t, "to a "+line, a.read())
		}
		a.wait(statusDone)
		b.signal()
		b.wait(statusDone)
	}
}

// TestRouterIdentity has the identity as the first frame, both ways.
func TestRouterIdentity(t *testing.T) {
	router := start(t, "router", "-b", anyPort, "-n", "1")
	dealer := start(t, "dealer", "-c", <-router.bound, "--id", "me", "-n", "1")
	dealer.write("hello\tthere")
	require.Equal(t, "me\thello\tthere", router.read())
	router.wait(statusDone) // it had nothing to say
	dealer.signal()
	_, stderr := dealer.wait(statusFailed)
	require.Contains(t, stderr, "after 0 of 1 messages")

	router = start(t, "router", "-b", anyPort)
	dealer = start(t, "dealer", "-c", <-router.bound, "--id", "me", "-n", "1")
	dealer.write("first")
	require.Equal(t, "me\tfirst", router.read())
	router.write("nobody\tlost", "me\tan answer")
	out, _ := dealer.wait(statusDone)
	require.Equal(t, []string{"an answer"}, out)
	router.signal()
	router.wait(statusDone)
}

// TestRouterAstray reports and counts lines for an identity that nobody has, where that is asked for, and goes on.
func TestRouterAstray(t *testing.T) {
	router := start(t, "router", "-b", anyPort, "-o", "router_mandatory=1", "-n", "1")
	dealer := start(t, "dealer", "-c", <-router.bound, "-o", "routing_id=me")
	router.write("nobody\tlost")
	router.hear("line 1: ")
	dealer.write("hello")
	out, stderr := router.wait(statusDone) // it has what it was to receive
	require.Equal(t, []string{"me\thello"}, out)
	require.Contains(t, stderr, "1 messages not sent: nobody has the identity")
}

// TestXPubXSub passes subscriptions up and messages down.
func TestXPubXSub(t *testing.T) {
	xpub := start(t, "xpub", "-b", anyPort, "-f", "hex")
	xsub := start(t, "xsub", "-c", <-xpub.bound, "-s", "a", "-f", "hex")
	require.Equal(t, "0161", xpub.read())
	xsub.write("0162") // subscribes to b
	require.Equal(t, "0162", xpub.read())
	xpub.write("6331", "6131", "6231")
	require.Equal(t, "6131", xsub.read())
	require.Equal(t, "6231", xsub.read())
	xsub.write("0062") // and ends that
	require.Equal(t, "0062", xpub.read())
	xpub.signal()
	xpub.wait(statusDone)
}

// TestTalkEndOfInput ends with 0 where standard input has ended and nothing arrives for the timeout.
func TestTalkEndOfInput(t *testing.T) {
	for _, k := range twoWay {
		out, stderr := start(t, k.name, "-b", anyPort, "-t", "30ms").eof().wait(statusDone)
		require.Empty(t, out, k.name)
		require.Empty(t, stderr, k.name)
	}
}

// TestTalkTimeout wants status 3 where a number of messages does not come, or peers that are waited for. A line that cannot be sent is no reason: once
// standard input has ended it is counted, and the status is 0, and until then it waits.
func TestTalkTimeout(t *testing.T) {
	for _, k := range twoWay {
		c := start(t, k.name, "-b", anyPort, "-n", "1", "-t", "30ms")
		_, stderr := c.wait(statusTimedOut)
		require.Contains(t, stderr, "timed out", k.name)
		if k.name != "xsub" {
			c = start(t, k.name, "-b", anyPort, "--wait-peers", "1", "-t", "30ms")
			c.wait(statusTimedOut)
		}
	}
	for _, args := range []string{"dealer -b " + anyPort, "pair -b " + anyPort, "dealer --hwm 1 -c " + nobody} {
		c := startWith(t, strings.NewReader("a\nb\nc\n"), append(strings.Fields(args), "-t", "30ms")...)
		_, stderr := c.wait(statusDone)
		require.Contains(t, stderr, "3 messages not sent", args)
	}
	for _, name := range []string{"dealer", "pair"} {
		c := start(t, name, "-b", anyPort, "-t", "30ms")
		c.write("a", "b")
		peer := start(t, name, "-c", <-c.bound)
		require.Equal(t, "a", peer.read())
		require.Equal(t, "b", peer.read())
		peer.write("an answer")
		require.Equal(t, "an answer", c.read())
		_, stderr := c.eof().wait(statusDone)
		require.Empty(t, stderr)
	}
}

// TestTalkUntaken reports the lines that nobody takes for the time of sndtimeo, counts them, and goes on: with printing, with the lines that follow, and to
// an end that is as good as any. At a signal what was not sent is a failure.
func TestTalkUntaken(t *testing.T) {
	for _, millis := range []string{"0", "20"} {
		for _, name := range []string{"dealer", "pair"} {
			c := start(t, name, "-b", anyPort, "-o", "sndtimeo="+millis, "-n", "1")
			c.write("a", "b")
			c.hear("line 1: not sent: timed out")
			c.hear("line 2: not sent: timed out")
			peer := start(t, name, "-c", <-c.bound)
			peer.write("an answer")
			out, stderr := c.wait(statusDone)
			require.Equal(t, []string{"an answer"}, out)
			require.Contains(t, stderr, "2 messages not sent: 2 that no peer had room for")

			_, stderr = start(t, name, "-b", anyPort, "-o", "sndtimeo="+millis, "-t", "50ms").eof("a").wait(statusDone)
			require.Contains(t, stderr, "1 messages not sent")

			c = start(t, name, "-b", anyPort, "-o", "sndtimeo="+millis)
			c.write("a")
			c.hear("line 1: not sent")
			c.signal()
			_, stderr = c.wait(statusFailed)
			require.Contains(t, stderr, "1 messages not sent")
		}
	}
}

// TestTalkHeld counts the line that was in hand at a signal.
func TestTalkHeld(t *testing.T) {
	c := start(t, "dealer", "-b", anyPort)
	c.write("a", "b") // the second is read once the first is in hand
	c.signal()
	_, stderr := c.wait(statusFailed)
	require.Contains(t, stderr, "1 messages not sent: 1 that no peer had room for")
}

// TestStream asks a server that does not speak ZeroMQ, by a name of our own for it.
func TestStream(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer server.Close()
	stream := start(t, "stream", "-c", "tcp://"+server.Listener.Addr().String(), "-o", "connect_routing_id=web", "-f", "json", "-n", "2")
	stream.write(`["web","GET / HTTP/1.0\r\n\r\n"]`)
	out, _ := stream.wait(statusDone)
	require.Equal(t, `["web",""]`, out[0])
	require.Contains(t, out[1], "200 OK")
}
