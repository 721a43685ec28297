package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProxyBroker serves clients by workers, over several endpoints a side, and shows all of it to a capture.
func TestProxyBroker(t *testing.T) {
	ipc := ipcEndpoint(t)
	proxy := start(t, "proxy", "--frontend", "router:"+anyPort+","+ipc, "--backend", "dealer:"+anyPort, "--capture", "pub:"+anyPort)
	front, also, back, _ := <-proxy.bound, <-proxy.bound, <-proxy.bound, <-proxy.bound
	require.Equal(t, ipc, also)
	start(t, "rep", "-c", back)
	for _, ep := range []string{front, also} {
		req := start(t, "req", "-c", ep).eof("a", "b")
		out, _ := req.wait(statusDone)
		require.Equal(t, []string{"a", "b"}, out)
	}
	proxy.signal()
	_, stderr := proxy.wait(statusDone)
	require.Contains(t, stderr, "passed: frontend 4 in, 4 out; backend 4 in, 4 out")
}

// TestProxyForwarder connects to a publisher, and passes subscriptions up to it.
func TestProxyForwarder(t *testing.T) {
	pub := start(t, "pub", "-b", anyPort, "--wait-peers", "1")
	proxy := start(t, "proxy", "--frontend", "xsub:>"+<-pub.bound, "--backend", "xpub:@"+anyPort)
	sub := start(t, "sub", "-c", <-proxy.bound, "-s", "b", "-n", "2")
	pub.eof("a", "b1", "b2").wait(statusDone)
	out, _ := sub.wait(statusDone)
	require.Equal(t, []string{"b1", "b2"}, out)
	proxy.signal()
	proxy.wait(statusDone)
}

// TestProxyEndpoints takes a flag more than once, and a capture that waits holds the proxy up.
func TestProxyEndpoints(t *testing.T) {
	proxy := start(t, "proxy", "--frontend", "pull:"+anyPort, "--frontend", "pull:"+anyPort, "--backend", "push:"+anyPort, "--capture", "push:"+anyPort)
	one, two, back, tap := <-proxy.bound, <-proxy.bound, <-proxy.bound, <-proxy.bound
	start(t, "push", "-c", one).eof("a").wait(statusDone)
	pull := start(t, "pull", "-c", back, "-n", "2")
	ear := start(t, "pull", "-c", tap, "-n", "2")
	start(t, "push", "-c", two).eof("b").wait(statusDone)
	for _, c := range []*command{ear, pull} {
		out, _ := c.wait(statusDone)
		require.ElementsMatch(t, []string{"a", "b"}, out)
	}
	proxy.signal()
	proxy.wait(statusDone)
}

// TestProxyUsage refuses what makes no sense.
func TestProxyUsage(t *testing.T) {
	for args, reason := range map[string]string{
		"":                                      "no --frontend",
		"--frontend router:" + anyPort:          "no --backend",
		"--frontend router --backend dealer:x":  "want TYPE:EP",
		"--frontend pusher:x --backend pull:x":  "want TYPE:EP",
		"--frontend router: --backend dealer:x": "want TYPE:EP",
		"--frontend pull:x --frontend sub:y --backend push:x": "it is a pull already",
		"--frontend pull:x --backend push:x --capture pull:x": "of a type that sends",
		"--frontend pull:x --backend push:x --capture sub:x":  "of a type that sends",
		"--frontend pull:x --backend push:x --linger soon":    "invalid argument",
		"--frontend pull:x --backend push:x somebody":         "unknown command",
	} {
		_, stderr := start(t, append([]string{"proxy"}, strings.Fields(args)...)...).wait(statusUsage)
		require.Contains(t, stderr, reason, args)
	}
	for args, reason := range map[string]string{
		"--frontend pull:nonsense --backend push:" + anyPort:        "malformed endpoint",
		"--frontend push:" + anyPort + " --backend push:" + anyPort: "nothing passes",
	} {
		_, stderr := start(t, append([]string{"proxy"}, strings.Fields(args)...)...).wait(statusFailed)
		require.Contains(t, stderr, reason, args)
	}
}

// TestProxyGivenUp ends, with 1, when no endpoint is left.
func TestProxyGivenUp(t *testing.T) {
	proxy := start(t, "proxy", "--frontend", "pull:>"+garbage(t), "--backend", "push:>"+garbage(t))
	_, stderr := proxy.wait(statusFailed)
	require.Contains(t, stderr, "2 of 2 endpoints given up")
}
