package socket_test

import (
	"context"
	"testing"
	"time"

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

// queued binds s and connects Dealers to it, each of which has sent messages that wait in s: the one with number i those from i*each on.
func queued(t *testing.T, rt *socket.Runtime, s anySocket, at place, peers, each int) []*socket.Dealer {
	t.Helper()
	ep := bind(t, s, at.fresh(t)).String()
	dealers := make([]*socket.Dealer, peers)
	for i := range dealers {
		dealers[i] = newDealer(t, rt)
		connect(t, dealers[i], ep)
		require.NoError(t, s.WaitPeers(within(t), i+1))
		for k := range each {
			require.NoError(t, dealers[i].Send(within(t), number(i*each+k)))
		}
		require.Eventually(t, func() bool { return s.Stats().In.Queued == uint64((i+1)*each) }, patience, time.Millisecond)
	}
	return dealers
}

// TestDealerServesInTurn has several Dealers send to one: it receives from them in turn. (libzmq: test_spec_dealer)
func TestDealerServesInTurn(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			const peers, each = 3, 20
			rt := newRuntime(t)
			dealer := newDealer(t, rt)
			queued(t, rt, dealer, at, peers, each)
			for i := range peers * each {
				receive(t, dealer, i%peers*each+i/peers, 1)
			}
			wantEmpty(t, dealer)
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
