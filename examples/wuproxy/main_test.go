package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/weirmq/weir/socket"
)

// TestMain fails the run where the example leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestBridge multicasts on the loopback interface and receives over tcp what it subscribed to.
func TestBridge(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	group := fmt.Sprintf("epgm://127.0.0.1;239.192.77.%d:%d", 1+os.Getpid()%250, 40000+os.Getpid()%20000)
	rt, err := socket.NewRuntime()
	require.NoError(t, err)
	pub, err := socket.NewPub(rt, socket.Rate(10_000))
	require.NoError(t, err)
	if _, err = pub.Bind(ctx, group); errors.Is(err, errors.ErrUnsupported) {
		t.Skipf("no multicast here: %v", err)
	}
	require.NoError(t, err)

	running, stop := context.WithCancel(ctx)
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- bridge(running, group, "tcp://127.0.0.1:*", func(outside string) { ready <- outside })
	}()
	var outside string
	select {
	case outside = <-ready:
	case err := <-ended:
		require.NoError(t, err)
	}
	sub, err := socket.NewSub(rt)
	require.NoError(t, err)
	require.NoError(t, sub.Subscribe("10001 "))
	_, err = sub.Connect(ctx, outside)
	require.NoError(t, err)
	require.NoError(t, sub.WaitPeers(ctx, 1))

	// Until the subscription has reached the proxy nothing is passed on: updates go on.
	got := make(chan string, 1)
	go func() {
		m, _ := sub.Recv(ctx)
		got <- m.String()
	}()
	for again := time.NewTicker(10 * time.Millisecond); ; {
		select {
		case m := <-got:
			again.Stop()
			require.Equal(t, "10001 23 degrees", m)
			stop()
			require.ErrorIs(t, <-ended, context.Canceled)
			require.NoError(t, rt.Shutdown(ctx))
			return
		case <-again.C:
			require.NoError(t, pub.Send(ctx, socket.NewMessage("20002 9 degrees")))
			require.NoError(t, pub.Send(ctx, socket.NewMessage("10001 23 degrees")))
		}
	}
}
