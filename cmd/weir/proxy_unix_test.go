//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// until reads standard error to a line that has text, and returns the lines before it.
func (p *process) until(text string) (before string) {
	p.t.Helper()
	for {
		line, err := p.err.ReadString('\n')
		require.NoError(p.t, err, "it never said %q", text)
		if strings.Contains(line, text) {
			return before
		}
		before += line
	}
}

// A flood is a proxy in a process of its own that holds many large messages, for a receiver in this process that has not begun. Owned by the test's goroutine.
type flood struct {
	ctx   context.Context
	proxy *process
	push  *socket.Push
	pull  *socket.Pull
}

// floodCount and floodSize are what passes: the proxy has taken all of it, and no kernel has room for it.
const (
	floodCount = 200
	floodSize  = 100_000
)

// newFlood makes one. flags are the proxy's.
func newFlood(t *testing.T, path string, flags ...string) *flood {
	t.Helper()
	rt, err := socket.NewRuntime()
	require.NoError(t, err)
	t.Cleanup(func() {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		_ = rt.Shutdown(over)
	})
	f := &flood{ctx: t.Context()}
	f.pull, err = socket.NewPull(rt, socket.RecvHWM(1))
	require.NoError(t, err)
	far, err := f.pull.Bind(f.ctx, anyPort)
	require.NoError(t, err)
	f.proxy = launch(t, path, append([]string{"proxy", "--frontend", "pull:" + anyPort, "--backend", "push:>" + far.String()}, flags...)...)
	f.push, err = socket.NewPush(rt)
	require.NoError(t, err)
	_, err = f.push.Connect(f.ctx, f.proxy.bound())
	require.NoError(t, err)
	for n := range floodCount {
		body := append(fmt.Appendf(nil, "%d ", n), make([]byte, floodSize)...)
		require.NoError(t, f.push.Send(f.ctx, socket.MessageOf(body)))
	}
	f.proxy.until(fmt.Sprintf("passed: frontend %d in, 0 out; backend 0 in, %d out", floodCount, floodCount))
	return f
}

// signalled runs f for both signals that end a program.
func signalled(t *testing.T, f func(t *testing.T, signal syscall.Signal)) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			f(t, signal)
		})
	}
}

// flushed receives what comes of a proxy that was signalled, in order, and says whether that was all. Else the proxy has told of the rest: a machine stood still for
// the time that it has.
func (f *flood) flushed(t *testing.T) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(f.ctx)
	defer cancel()
	said := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(f.proxy.err) // to its end, however it comes
		if strings.Contains(string(all), "not sent") {
			cancel()
		}
		said <- string(all)
	}()
	for n := range floodCount {
		m, err := f.pull.Recv(ctx)
		if err != nil {
			require.Contains(t, <-said, "flushing was ended after 3s", "message %d", n)
			return false
		}
		require.True(t, strings.HasPrefix(m.String(), fmt.Sprintf("%d ", n)), "message %d", n)
	}
	require.NotContains(t, <-said, "not sent")
	return true
}

// TestProxyFlushes signals a proxy while messages are on their way: those that it has arrive, all of them and in order, and it ends with 0.
func TestProxyFlushes(t *testing.T) {
	path := build(t)
	signalled(t, func(t *testing.T, signal syscall.Signal) {
		for try := 1; ; try++ {
			f := newFlood(t, path)
			require.NoError(t, f.proxy.cmd.Process.Signal(signal))
			all := f.flushed(t)
			status, _ := f.proxy.wait()
			require.Equal(t, statusDone, status)
			if all {
				return
			}
			require.Less(t, try, 5, "no machine stands still that often")
		}
	})
}

// TestProxyFlushEnds signals it while nobody receives: it ends with 0 all the same, when its linger is over, which 3 seconds are at most, and says what it has
// left, and where it was not its linger that ended it. (A process that is stuck is ended after 5, with another status.)
func TestProxyFlushEnds(t *testing.T) {
	path := build(t)
	signalled(t, func(t *testing.T, signal syscall.Signal) {
		lingers := []string{"20ms", "0"}
		if signal == syscall.SIGINT {
			lingers = []string{"1h"}
		}
		for _, linger := range lingers {
			f := newFlood(t, path, "--linger", linger)
			require.NoError(t, f.proxy.cmd.Process.Signal(signal))
			said := f.proxy.until("messages not sent")
			require.Equal(t, linger == "1h", strings.Contains(said, "flushing was ended after 3s"), "%s: %s", linger, said)
			status, _ := f.proxy.wait()
			require.Equal(t, statusDone, status, linger)
		}
	})
}
