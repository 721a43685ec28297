package socket

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// busy makes the actor of a socket wait until the function that it returns is called.
func busy(t *testing.T, s *socket) (goOn func()) {
	t.Helper()
	entered, gate := make(chan struct{}), make(chan struct{})
	require.NoError(t, s.ref.Tell(&setOptions{opts: []Option{func(*options) error {
		close(entered)
		<-gate
		return nil
	}}}))
	<-entered
	return func() { close(gate) }
}

// TestGiveUp wants a Bind, and a Connect, whose ctx ended before the socket came to it, to have done nothing.
func TestGiveUp(t *testing.T) {
	rt, err := NewRuntime()
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Shutdown(t.Context())) }()
	pair, err := NewPair(rt)
	require.NoError(t, err)
	other, err := NewPair(rt)
	require.NoError(t, err)
	events := pair.Events(t.Context())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, call := range []func() error{
		func() error { _, err := pair.Bind(ended, "inproc://given-up"); return err },
		func() error { _, err := pair.Connect(ended, "inproc://elsewhere"); return err },
		func() error { _, err := pair.Connect(ended, "tcp://127.0.0.1:9"); return err },
	} {
		goOn := busy(t, pair.base.s)
		require.ErrorIs(t, call(), context.Canceled)
		goOn()
		require.NoError(t, pair.Settle(t.Context()))
	}
	closed := 0
	for e := range events { // a connection's pipe ends in its own time
		if e.Kind == EventClosed {
			closed++
		}
		if closed == 2 {
			break
		}
	}
	_, err = other.Bind(t.Context(), "inproc://given-up")
	require.NoError(t, err, "the name is free")
	_, err = pair.Connect(t.Context(), "inproc://given-up")
	require.NoError(t, err, "there is no peer yet")
	require.NoError(t, pair.WaitPeers(t.Context(), 1))
	require.Len(t, pair.Stats().Peers, 1)
	require.Empty(t, rt.inproc.names["inproc://elsewhere"])
}

// TestNobodyWaitsForTheNameless wants a Connect to an inproc name that nobody has bound to leave nothing behind at its end, where nothing was sent but
// words of this package's own, and all that was sent where there was more.
func TestNobodyWaitsForTheNameless(t *testing.T) {
	rt, err := NewRuntime()
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Shutdown(t.Context())) }()
	dealer, err := NewDealer(rt, HelloMsg("hello"), ProbeRouter(true))
	require.NoError(t, err)
	for _, sent := range []int{0, 1} {
		e, err := dealer.Connect(t.Context(), "inproc://nobody")
		require.NoError(t, err)
		for range sent {
			require.NoError(t, dealer.Send(t.Context(), NewMessage("x")))
		}
		require.NoError(t, e.Close(t.Context()))
		require.Len(t, rt.inproc.names, sent)
		require.Equal(t, uint64(3*sent), dealer.Stats().Out.Queued)
	}
	router, err := NewRouter(rt)
	require.NoError(t, err)
	_, err = router.Bind(t.Context(), "inproc://nobody")
	require.NoError(t, err)
	for _, want := range []string{"hello", "", "x"} {
		m, err := router.Recv(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, string(m.Frame(1)))
	}
}
