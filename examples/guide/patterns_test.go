package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestRelay has the signal go through all three steps, in one program and in three.
func TestRelay(t *testing.T) {
	require.Contains(t, start(t, "mtrelay").ends(), "Test successful!")
	p := newPlace(t)
	var steps []*running
	for _, n := range []string{"1", "3", "2"} {
		steps = append(steps, start(t, "mtrelay", "-step2", p.at("2"), "-step3", p.at("3"), "-only", n))
	}
	require.Equal(t, "Step 1 ready, signaling step 2\n", steps[0].ends())
	require.Equal(t, "Test successful!\n", steps[1].ends())
	require.Equal(t, "Step 2 ready, signaling step 3\n", steps[2].ends())
}

// TestSynchronized has no subscriber miss one message.
func TestSynchronized(t *testing.T) {
	p := newPlace(t)
	var subs []*running
	for range 3 {
		subs = append(subs, start(t, "syncsub", "-connect", p.at("pub"), "-sync", p.at("sync")))
	}
	start(t, "syncpub", "-bind", p.at("pub"), "-sync", p.at("sync"), "-subscribers", "3", "-n", "5000").ends()
	for _, s := range subs {
		require.Equal(t, "Received 5000 updates\n", s.ends())
	}
}

// TestEnvelopes has the subscriber see one of two topics.
func TestEnvelopes(t *testing.T) {
	at := newPlace(t).at("pub")
	start(t, "psenvpub", "-bind", at, "-every", "1ms")
	s := start(t, "psenvsub", "-connect", at)
	s.says("[B] We would like to see this\n", 3)
	said, _ := s.out.read()
	require.NotContains(t, said, "[A]")
}

// TestIdentity looks at what a ROUTER calls its peers, in one program and in two.
func TestIdentity(t *testing.T) {
	dump := regexp.MustCompile(`(?m)^\[005\] 00[0-9A-F]{8}\n\[000\] \n\[039\] ROUTER uses a generated 5 byte identity$`)
	check := func(said string) {
		require.Regexp(t, dump, said)
		require.Contains(t, said, "[005] PEER2\n[000] \n[040] ROUTER socket uses REQ's socket identity\n")
	}
	check(start(t, "identity").ends())
	at := newPlace(t).at("sink")
	sink := start(t, "identity", "-at", at, "-only", "sink")
	start(t, "identity", "-at", at, "-only", "peers").ends()
	check(sink.ends())
}

// TestWorkers has a ROUTER give work to REQs and to DEALERs until it is done.
func TestWorkers(t *testing.T) {
	for _, name := range []string{"rtreq", "rtdealer"} {
		t.Run(name, func(t *testing.T) {
			said := start(t, name, "-at", newPlace(t).at("broker"), "-workers", "4", "-n", "40", "-work", "0").ends()
			require.Equal(t, 4, strings.Count(said, "Completed: "), said)
		})
	}
}

// TestWorkersApart has the workers of rtdealer work for the broker of rtreq, and for no other.
func TestWorkersApart(t *testing.T) {
	at := newPlace(t).at("broker")
	broker := start(t, "rtreq", "-at", at, "-only", "broker", "-workers", "3", "-n", "30")
	said := start(t, "rtdealer", "-at", at, "-only", "workers", "-workers", "3", "-work", "0").ends()
	require.Equal(t, 3, strings.Count(said, "Completed: "), said)
	require.Empty(t, broker.ends())
}

// TestBalance has each client get its reply, in one program and in three.
func TestBalance(t *testing.T) {
	p := newPlace(t)
	said := start(t, "lbbroker", "-frontend", p.at("f"), "-backend", p.at("b")).ends()
	require.Equal(t, 10, strings.Count(said, "Client: OK\n"), said)
	require.Equal(t, 10, strings.Count(said, "Worker: HELLO\n"), said)

	p = newPlace(t)
	where := []string{"-frontend", p.at("f"), "-backend", p.at("b"), "-clients", "5", "-workers", "2", "-only"}
	workers := start(t, "lbbroker", append(where, "workers")...)
	clients := start(t, "lbbroker", append(where, "clients")...)
	start(t, "lbbroker", append(where, "broker")...).ends()
	require.Equal(t, strings.Repeat("Client: OK\n", 5), clients.ends())
	workers.says("Worker: HELLO\n", 5)
}

// TestAsynchronous has three clients get replies, as many as come, each to its own requests.
func TestAsynchronous(t *testing.T) {
	p := newPlace(t)
	server := start(t, "asyncsrv", "-at", p.at("server"), "-every", "1ms", "-only", "server")
	clients := start(t, "asyncsrv", "-at", p.at("server"), "-every", "1ms", "-only", "clients")
	clients.until(func(said string) bool {
		replies := map[string]int{} // by client
		for line := range strings.Lines(said) {
			name, request, _ := strings.Cut(line, ": ")
			require.Regexp(t, `^request #\d+\n$`, request)
			replies[name]++
		}
		return len(replies) == 3 && slices.Min(slices.Collect(maps.Values(replies))) >= 5
	})
	server.stop()
	clients.stop()
}

// TestPeering has two brokers do all tasks of their clients; the one has no workers, so that its tasks must go to the other.
func TestPeering(t *testing.T) {
	dir := string(newPlace(t)) + "/"
	start(t, "peering", "-dir", dir, "me", "you")
	start(t, "peering", "-dir", dir, "you", "me")
	start(t, "peeringworkers", "-dir", dir, "-pace", "1ms", "-n", "3", "you")
	me := start(t, "peeringclients", "-dir", dir, "-pace", "1ms", "-n", "3", "me")
	you := start(t, "peeringclients", "-dir", dir, "-pace", "1ms", "-n", "2", "you")
	me.says("\n", 40)
	you.says("\n", 40)
	for _, r := range []*running{me, you} {
		said, _ := r.out.read()
		require.Regexp(t, `^([0-9A-F]{4}\n)+`, said)
		require.NotContains(t, said, "lost")
	}
}

// TestEspresso has the listener see subscriptions come, messages pass, and subscriptions go.
func TestEspresso(t *testing.T) {
	p := newPlace(t)
	e := start(t, "espresso", "-publisher", p.at("pub"), "-outlet", p.at("out"), "-every", "1ms")
	e.says(`"\x00B"`, 1)
	said, _ := e.out.read()
	require.Contains(t, said, `"\x01A"`)
	require.Regexp(t, `(?m)^"[AB]-\d{5}"$`, said)
}

// TestCache has two subscribers, one after the other, get the last value of a topic that was published before they came.
func TestCache(t *testing.T) {
	p := newPlace(t)
	ctx, rt := newRuntime(t)
	pub, err := bound(ctx, rt, socket.NewPub, p.at("pub"))
	require.NoError(t, err)
	cache := start(t, "lvcache", "-publisher", p.at("pub"), "-bind", p.at("out"))
	require.NoError(t, pub.WaitSubscribers(ctx, 1))
	for _, value := range []string{"first", "last"} {
		require.NoError(t, pub.Send(ctx, socket.NewMessage("topic", value)))
	}
	all, err := connected(ctx, rt, socket.NewSub, p.at("out"))
	require.NoError(t, err)
	require.NoError(t, all.Subscribe("mark"))
	require.NoError(t, pub.Send(ctx, socket.NewMessage("mark", "now")))
	m, err := all.Recv(ctx) // as it passes, or from the cache
	require.NoError(t, err)
	require.Equal(t, "mark|now", m.String()) // so what came before it is in the cache, too
	for n := range 2 {
		sub, err := connected(ctx, rt, socket.NewSub, p.at("out"))
		require.NoError(t, err)
		require.NoError(t, sub.Subscribe("topic"))
		m, err := sub.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, "topic|last", m.String())
		cache.says("Sending cached topic topic\n", n+1)
	}
}
