package socket_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// recvFrom receives a message on a Router and returns its sender's id.
func recvFrom(t *testing.T, r *socket.Router, want string) []byte {
	t.Helper()
	m, err := r.Recv(within(t))
	require.NoError(t, err)
	require.Equal(t, want, m.Tail(1).String())
	return m.Frame(0)
}

// recvText receives a message.
func recvText(t *testing.T, s socket.Receiver, want string) {
	t.Helper()
	m, err := s.Recv(within(t))
	require.NoError(t, err)
	require.Equal(t, want, m.String())
}

// TestRouterPairs has a Router talk to each type that it may, over each transport, whoever binds: with peers that have a name and peers that have none.
// https://rfc.zeromq.org/spec/28/#the-router-socket-type
func TestRouterPairs(t *testing.T) {
	for _, typ := range []string{"DEALER", "REQ", "ROUTER"} {
		for _, at := range places {
			for _, routerBinds := range []bool{true, false} {
				for _, named := range []bool{true, false} {
					t.Run(fmt.Sprintf("%s/%s/router binds %t/named %t", typ, at.scheme, routerBinds, named), func(t *testing.T) {
						checkRouterPair(t, typ, at, routerBinds, named)
					})
				}
			}
		}
	}
}

// checkRouterPair passes messages from a peer to a Router and back.
func checkRouterPair(t *testing.T, typ string, at place, routerBinds, named bool) {
	t.Helper()
	ctx := within(t)
	rt := newRuntime(t)
	router := newRouter(t, rt, socket.RoutingID("router"), socket.RouterMandatory(true))
	var opts []socket.Option
	if named {
		opts = append(opts, socket.RoutingID("peer"))
	}
	peer, err := socket.Open(rt, typ, opts...)
	require.NoError(t, err)
	if routerBinds {
		join(t, at.fresh(t), router, peer)
	} else {
		join(t, at.fresh(t), peer, router)
	}
	for i := range 3 {
		body := socket.NewMessage(fmt.Sprint(i), "", "more")
		out := body
		if typ == "ROUTER" {
			out = body.Prepend([]byte("router"))
		}
		require.NoError(t, peer.Send(ctx, out))
		m, err := router.Recv(ctx)
		require.NoError(t, err)
		id := m.Frame(0)
		if named {
			require.Equal(t, "peer", string(id))
		} else {
			require.Len(t, id, 5)
			require.Zero(t, id[0])
		}
		m = m.Tail(1)
		if typ == "REQ" {
			require.Empty(t, m.Frame(0), "the delimiter")
			same(t, body, m.Tail(1))
		} else {
			same(t, body, m)
		}
		require.NoError(t, router.SendTo(ctx, id, m))
		back, err := peer.Recv(ctx)
		require.NoError(t, err)
		same(t, out, back)
	}
	require.ErrorIs(t, router.TrySend(socket.NewMessage("nobody", "x")), socket.ErrUnroutable)
}

// TestRouterServesInTurn has several Dealers ask one Router: it serves them in turn, and each gets its own answers. (libzmq: test_spec_router)
func TestRouterServesInTurn(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			const peers, each = 3, 20
			ctx := within(t)
			rt := newRuntime(t)
			router := newRouter(t, rt)
			dealers := queued(t, rt, router, at, peers, each)
			for i := range peers * each {
				m, err := router.Recv(ctx)
				require.NoError(t, err)
				require.Equal(t, i%peers*each+i/peers, numberOf(t, m.Tail(1)))
				require.NoError(t, router.Send(ctx, m))
			}
			for i := range dealers {
				receive(t, dealers[i], i*each, each)
				wantEmpty(t, dealers[i])
			}
		})
	}
}

// TestRouterDropsAndCounts sends where nobody is and where there is no room: without RouterMandatory that is no error, and is counted.
func TestRouterDropsAndCounts(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router := newRouter(t, rt, socket.SendHWM(1))
	require.NoError(t, router.Send(ctx, socket.NewMessage("nobody", "x")))
	require.NoError(t, router.Send(ctx, socket.NewMessage("nothing behind it")))
	require.Equal(t, only(socket.ReasonNoPeer, 2), router.Stats().Out.Dropped)
	dealer := newDealer(t, rt, socket.RoutingID("d"), socket.RecvHWM(1))
	join(t, inprocName(t), router, dealer)
	for i := range 5 {
		require.NoError(t, router.Send(ctx, number(i).Prepend([]byte("d"))))
	}
	receive(t, dealer, 0, 2)
	out := router.Stats().Out
	require.EqualValues(t, 3, out.Dropped[mailbox.ReasonFull])
	balanced(t, out)
}

// TestRouterMandatoryWaits fills one peer: a send to it waits, sends to others do not, and each waiter is woken by its own peer's room, or told that
// the peer has gone.
func TestRouterMandatoryWaits(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		router := newRouter(t, rt, socket.RouterMandatory(true), socket.SendHWM(1))
		ep := bind(t, router, inprocName(t)).String()
		peers, done := map[string]*socket.Dealer{}, map[string]chan error{}
		ids := []string{"a", "b", "c"}
		for i, id := range ids {
			peers[id] = newDealer(t, rt, socket.RoutingID(id), socket.RecvHWM(1))
			connect(t, peers[id], ep)
			require.NoError(t, router.WaitPeers(ctx, i+1))
			for n := range 2 {
				require.NoError(t, router.TrySend(number(n).Prepend([]byte(id))))
			}
			require.ErrorIs(t, router.TrySend(socket.NewMessage(id, "x")), socket.ErrWouldBlock)
		}
		for _, id := range ids {
			done[id] = make(chan error, 1)
			go func() { done[id] <- router.SendTo(ctx, []byte(id), number(2)) }()
			synctest.Wait()
		}
		receive(t, peers["c"], 0, 1)
		require.NoError(t, <-done["c"], "the last to wait, and the first to have room")
		require.NoError(t, peers["a"].Close(ctx))
		require.ErrorIs(t, <-done["a"], socket.ErrUnroutable)
		synctest.Wait()
		require.Empty(t, done["b"])
		receive(t, peers["b"], 0, 1)
		require.NoError(t, <-done["b"])
	})
}

// TestRouterMandatoryHWM sends large messages to a Dealer that does not read: one is taken and would not fit into the kernel's hands, the next must wait,
// however often and however late it is tried, until the Dealer reads. (libzmq: test_router_mandatory_hwm)
func TestRouterMandatoryHWM(t *testing.T) {
	overLines(t, "64 kB", func(t *testing.T, ctx context.Context, rt *socket.Runtime, bound bool) {
		router, err := socket.Open(rt, "ROUTER", socket.RouterMandatory(true), socket.SendHWM(1))
		require.NoError(t, err)
		peer := onLine(t, ctx, router, bound, "DEALER", "X")
		require.NoError(t, router.WaitPeers(ctx, 1))
		m := socket.MessageOf([]byte("X"), make([]byte, 64<<10))
		for range 3 {
			require.NoError(t, router.TrySend(m))
			for range 10 {
				require.ErrorIs(t, router.TrySend(m), socket.ErrWouldBlock)
				time.Sleep(100 * time.Millisecond) // of the bubble's time
			}
			require.Len(t, peer.recv()[0], 64<<10)
			synctest.Wait()
		}
		require.ErrorIs(t, router.TrySend(socket.NewMessage("Y", "nobody")), socket.ErrUnroutable)
	})
}

// TestRouterFreesIDs has a peer go with messages unread, and come back: they are still received, and its id is its own again at once. (libzmq keeps
// the id until they are read, and never knows who comes back before that.)
func TestRouterFreesIDs(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			router := newRouter(t, rt, socket.RouterMandatory(true))
			ep := bind(t, router, at.fresh(t)).String()
			first := newDealer(t, rt, socket.RoutingID("d"))
			connect(t, first, ep)
			require.NoError(t, first.Send(ctx, socket.NewMessage("before")))
			require.NoError(t, router.WaitPeers(ctx, 1))
			if at.scheme == "inproc" {
				require.NoError(t, router.Settle(ctx))
			}
			require.NoError(t, first.Close(ctx))
			gone(t, router)
			require.ErrorIs(t, router.TrySend(socket.NewMessage("d", "x")), socket.ErrUnroutable)
			second := newDealer(t, rt, socket.RoutingID("d"))
			connect(t, second, ep)
			require.NoError(t, router.WaitPeers(ctx, 1))
			require.NoError(t, router.TrySend(socket.NewMessage("d", "welcome back")))
			recvText(t, second, "welcome back")
			recvText(t, router, "d|before")
			require.NoError(t, second.Send(ctx, socket.NewMessage("after")))
			recvText(t, router, "d|after")
		})
	}
}

// TestRouterDuplicates brings two peers with one id: the second waits for it, and has it when the first goes; what it has sent by then is received.
func TestRouterDuplicates(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			router := newRouter(t, rt)
			ep := bind(t, router, at.fresh(t)).String()
			first, second, other := newDealer(t, rt, socket.RoutingID("d")), newDealer(t, rt, socket.RoutingID("d")), newDealer(t, rt)
			for i, d := range []*socket.Dealer{first, second, other} {
				connect(t, d, ep)
				require.NoError(t, router.WaitPeers(ctx, i+1))
			}
			require.NoError(t, second.Send(ctx, socket.NewMessage("too early")))
			require.NoError(t, first.Send(ctx, socket.NewMessage("mine")))
			recvText(t, router, "d|mine")
			require.NoError(t, other.Send(ctx, socket.NewMessage("other")))
			recvFrom(t, router, "other")
			wantEmpty(t, router)
			require.NoError(t, router.Send(ctx, socket.NewMessage("d", "to the first")))
			recvText(t, first, "to the first")
			require.NoError(t, first.Close(ctx))
			recvText(t, router, "d|too early")
			require.NoError(t, router.Send(ctx, socket.NewMessage("d", "to the second")))
			recvText(t, second, "to the second")
		})
	}
}

// TestRouterHandover brings two peers with one id to a Router that hands it over: the second has it at once, and the first loses its connection.
// (libzmq: test_router_handover)
func TestRouterHandover(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			router := newRouter(t, rt, socket.RouterHandover(true), socket.RouterMandatory(true))
			ep := bind(t, router, at.fresh(t)).String()
			first := newDealer(t, rt, socket.RoutingID("d"), socket.ReconnectInterval(-1))
			connect(t, first, ep)
			require.NoError(t, router.WaitPeers(ctx, 1))
			require.NoError(t, first.Send(ctx, socket.NewMessage("one")))
			recvText(t, router, "d|one")
			second := newDealer(t, rt, socket.RoutingID("d"))
			connect(t, second, ep)
			require.NoError(t, second.WaitPeers(ctx, 1))
			gone(t, first)
			require.NoError(t, second.Send(ctx, socket.NewMessage("two")))
			recvText(t, router, "d|two")
			require.NoError(t, router.Send(ctx, socket.NewMessage("d", "back")))
			recvText(t, second, "back")
			wantEmpty(t, first)
			require.NoError(t, router.WaitAtMost(ctx, 1))
		})
	}
}
