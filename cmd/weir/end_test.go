package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTimeout wants status 3 where nothing can be received or sent, for every way of waiting.
func TestTimeout(t *testing.T) {
	for _, args := range []string{
		"pull -b " + anyPort,
		"sub -c " + nobody,
		"rep -b " + anyPort,
		"pull -b " + anyPort + " -n 1",
		"push -b " + anyPort,                     // no peer
		"push -c " + nobody,                      // flushing, without end
		"push -c " + nobody + " --linger 1h",     // flushing
		"push -c " + nobody + " --hwm 1",         // at the mark
		"push -b " + anyPort + " --wait-peers 1", // waiting for a handshake
		"pub -b " + anyPort + " --wait-peers 1",  // waiting for a subscriber
		"req -c " + nobody,                       // waiting for the reply
		"req -b " + anyPort,                      // no peer
	} {
		c := start(t, append(strings.Fields(args), "--timeout", "30ms")...)
		go func() { _, _ = io.WriteString(c.stdin, "a\nb\nc\n"); _ = c.stdin.Close() }()
		out, stderr := c.wait(statusTimedOut)
		require.Empty(t, out, args)
		require.Contains(t, stderr, "timed out", args)
	}
}

// TestTimeoutUnsent counts what was not sent when time was up, the line in hand too.
func TestTimeoutUnsent(t *testing.T) {
	push := start(t, "push", "-c", nobody, "-t", "30ms", "--hwm", "5")
	go func() { _, _ = io.WriteString(push.stdin, strings.Repeat("line\n", 20)) }()
	_, stderr := push.wait(statusTimedOut)
	require.Contains(t, stderr, "6 messages not sent")
	require.Contains(t, stderr, "5 to "+nobody)
}

// TestUnsent wants status 1, and the number on standard error, where linger was not enough.
func TestUnsent(t *testing.T) {
	for _, linger := range []string{"0", "20ms"} {
		push := start(t, "push", "-c", nobody, "--linger", linger).eof("a", "b", "c")
		_, stderr := push.wait(statusFailed)
		require.Contains(t, stderr, "3 messages not sent: 3 to "+nobody)
	}
}

// TestLingerWithoutEnd waits for the peer that comes late.
func TestLingerWithoutEnd(t *testing.T) {
	ep := ipcEndpoint(t)
	push := start(t, "push", "-c", ep).eof(numbers(500)...)
	pull := start(t, "pull", "-b", ep, "-n", "500")
	push.wait(statusDone)
	out, _ := pull.wait(statusDone)
	require.Equal(t, numbers(500), out)
}

// TestBadLine ends with the number of the line. What stands before it is sent.
func TestBadLine(t *testing.T) {
	pull := start(t, "pull", "-b", anyPort, "-n", "2")
	push := start(t, "push", "-c", <-pull.bound, "-f", "json").eof(`["a"]`, `["b"]`, `c`, `["d"]`)
	_, stderr := push.wait(statusFailed)
	require.Contains(t, stderr, "line 3: not json")
	out, _ := pull.wait(statusDone)
	require.Equal(t, []string{"a", "b"}, out)
}

// TestBrokenInput says so where standard input cannot be read.
func TestBrokenInput(t *testing.T) {
	push := start(t, "push", "-b", anyPort)
	require.NoError(t, push.stdin.CloseWithError(errors.New("torn")))
	_, stderr := push.wait(statusFailed)
	require.Contains(t, stderr, "standard input: torn")
}

// brokenWriter fails.
type brokenWriter struct{}

// Write fails.
func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

// TestBrokenOutput says so where standard output cannot be written.
func TestBrokenOutput(t *testing.T) {
	push := start(t, "push", "-b", anyPort)
	push.write("a")
	var stderr strings.Builder
	status := runContext(t.Context(), []string{"pull", "-c", <-push.bound}, newStreams(nil, brokenWriter{}, &stderr))
	require.Equal(t, statusFailed, status)
	require.Equal(t, "weir: standard output: full\n", stderr.String())
}

// garbage serves connections with bytes that are not ZMTP, and returns where.
func garbage(t *testing.T) string {
	t.Helper()
	return serving(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n"+strings.Repeat("x", 100))
		_, _ = io.Copy(io.Discard, conn) // until the other side gives up
	})
}

// serving gives connections to serve, one after the other, and returns where.
func serving(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return "tcp://" + l.Addr().String()
}

// TestRefusedForGood ends, with 1, when no endpoint is left.
func TestRefusedForGood(t *testing.T) {
	ep := garbage(t)
	for _, k := range kinds {
		if k.name == streamKind.name {
			continue // to a stream nothing is garbage
		}
		c := start(t, k.name, "-c", ep)
		_, stderr := c.wait(statusFailed)
		require.Contains(t, stderr, ep+": refused for good", k.name)
		require.Contains(t, stderr, "1 of 1 endpoints given up", k.name)
	}
}

// TestRefusedByOne goes on with the other endpoint, and still ends with 1.
func TestRefusedByOne(t *testing.T) {
	push := start(t, "push", "-b", anyPort)
	pull := start(t, "pull", "-c", garbage(t), "-c", <-push.bound, "-n", "2")
	pull.hear("refused for good")
	push.eof("a", "b").wait(statusDone)
	out, stderr := pull.wait(statusFailed)
	require.Equal(t, []string{"a", "b"}, out)
	require.Contains(t, stderr, "1 of 2 endpoints given up")
}

// TestTriedInVain says once why nothing flows where a peer hangs up amid each handshake, and goes on trying.
func TestTriedInVain(t *testing.T) {
	var attempts atomic.Int32
	again := make(chan struct{})
	ep := serving(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03") // the beginning of a greeting
		_, _ = io.ReadFull(conn, make([]byte, 64))
		if attempts.Add(1) == 3 {
			close(again)
		}
	})
	c := start(t, "pull", "-c", ep, "-o", "plain_username=joe", "-o", "reconnect_ivl=1")
	c.hear("trying again: " + ep + ": handshake: the peer hung up amid its greeting, as one does that wants another mechanism than PLAIN")
	<-again
	c.signal()
	_, stderr := c.wait(statusDone)
	require.Empty(t, stderr, "once is enough")
}

// TestSignal ends in good order: with 0 where nothing is left undone.
func TestSignal(t *testing.T) {
	for _, k := range kinds {
		c := start(t, k.name, "-b", anyPort)
		<-c.bound
		c.signal()
		_, stderr := c.wait(statusDone)
		require.Empty(t, stderr, k.name)
	}
}

// TestSignalFlushes sends what was read before the signal.
func TestSignalFlushes(t *testing.T) {
	pull := start(t, "pull", "-b", anyPort)
	push := start(t, "push", "-c", <-pull.bound)
	push.write(numbers(100)...)
	push.write("101", "102") // once the second is being read, all up to 100 are with the socket
	push.signal()
	push.wait(statusDone)
	for _, line := range numbers(100) {
		require.Equal(t, line, pull.read())
	}
}

// TestSignalUndone wants status 1 where something is left undone: a number, a reply, or messages to be sent.
func TestSignalUndone(t *testing.T) {
	push := start(t, "push", "-b", anyPort)
	pull := start(t, "pull", "-c", <-push.bound, "-n", "3")
	push.write("a")
	require.Equal(t, "a", pull.read())
	pull.signal()
	_, stderr := pull.wait(statusFailed)
	require.Contains(t, stderr, "after 1 of 3 messages")

	req := start(t, "req", "-c", nobody, "--linger", "0")
	req.write("a", "b") // the second line is read only once the first is asked
	req.signal()
	_, stderr = req.wait(statusFailed)
	require.Contains(t, stderr, "interrupted before the reply")

	push = start(t, "push", "-c", nobody)
	push.write("a", "b", "c")
	push.signal()
	_, stderr = push.wait(statusFailed)
	require.Contains(t, stderr, "not sent")
}

// TestFinish keeps the status of a program that ends by itself, before a signal or after it, and gives up on one that is stuck.
func TestFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, signal := context.WithCancel(t.Context())
		require.Equal(t, 7, finish(ctx, func() int { return 7 }))
		time.AfterFunc(time.Hour, signal)
		require.Equal(t, 7, finish(ctx, func() int { <-time.After(time.Hour + signalGrace); return 7 }))
		stuck := make(chan struct{})
		began := time.Now()
		require.Equal(t, statusFailed, finish(ctx, func() int { <-stuck; return 7 }))
		require.Equal(t, forceAfter, time.Since(began))
		close(stuck)
	})
}

// TestIncompatible ends, with 1, where the peer's type does not fit; the bound side does not mind.
func TestIncompatible(t *testing.T) {
	pull := start(t, "pull", "-b", anyPort)
	ep := <-pull.bound
	_, stderr := start(t, "pull", "-c", ep).wait(statusFailed)
	require.Contains(t, stderr, ep+": refused for good")
	start(t, "push", "-c", ep).eof("a").wait(statusDone)
	require.Equal(t, "a", pull.read())
}
