package socket_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestDealerBothWays has two Dealers talk at once, with no turns, over each transport.
// https://rfc.zeromq.org/spec/28/#the-dealer-socket-type
func TestDealerBothWays(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			const n = 100
			ctx := within(t)
			rt := newRuntime(t)
			a, b := newDealer(t, rt), newDealer(t, rt)
			join(t, at.fresh(t), a, b)
			for i := range n {
				require.NoError(t, a.Send(ctx, number(i)))
				require.NoError(t, b.Send(ctx, number(1000+i)))
			}
			receive(t, b, 0, n)
			receive(t, a, 1000, n)
			wantEmpty(t, a)
			wantEmpty(t, b)
		})
	}
}

// TestDealerWaitsForPeers wants a Dealer without peers, and one whose peers are full, to wait and not to drop. (libzmq: test_spec_dealer)
func TestDealerWaitsForPeers(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		a, b := newDealer(t, rt, socket.SendHWM(2)), newDealer(t, rt, socket.RecvHWM(3))
		require.ErrorIs(t, a.TrySend(number(0)), socket.ErrNoPeers)
		sent := make(chan error, 1)
		go func() { sent <- a.Send(ctx, number(0)) }()
		join(t, inprocName(t), a, b)
		require.NoError(t, <-sent)
		require.Equal(t, 4, fill(t, a, 10), "two here and three there, and one was there")
		receive(t, b, 0, 1)
		receive(t, b, 0, 4)
	})
}

// TestDealerAsksRep has a Dealer ask a Rep several questions at once: it makes the envelope itself, as long as it likes, and finds it before each
// answer. https://rfc.zeromq.org/spec/28/#the-rep-socket-type
func TestDealerAsksRep(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			dealer, rep := newDealer(t, rt), newRep(t, rt)
			join(t, at.fresh(t), rep, dealer)
			envelopes := [][]string{{""}, {"1", ""}, {"x", "y", "z", ""}}
			for _, e := range envelopes {
				require.NoError(t, dealer.Send(ctx, socket.NewMessage(append(e, "question", "", "more")...)))
			}
			require.NoError(t, dealer.Send(ctx, socket.NewMessage("no", "delimiter"))) // skipped
			require.NoError(t, dealer.Send(ctx, socket.NewMessage("", "last")))
			for range envelopes {
				m, err := rep.Recv(ctx)
				require.NoError(t, err)
				same(t, socket.NewMessage("question", "", "more"), m)
				require.NoError(t, rep.Send(ctx, socket.NewMessage("answer")))
			}
			m, err := rep.Recv(ctx)
			require.NoError(t, err)
			require.Equal(t, "last", m.String())
			for _, e := range envelopes {
				m, err := dealer.Recv(ctx)
				require.NoError(t, err)
				same(t, socket.NewMessage(append(e, "answer")...), m)
			}
		})
	}
}

// TestDealerConnectsOnce wants a second Connect to the same endpoint to be the first one, as in libzmq.
func TestDealerConnectsOnce(t *testing.T) {
	rt := newRuntime(t)
	a, b := newDealer(t, rt), newDealer(t, rt)
	bound, first := join(t, "tcp://127.0.0.1:*", a, b)
	require.Same(t, first, connect(t, b, bound.String()))
	require.Len(t, b.Stats().Peers, 1)
}
