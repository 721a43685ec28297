package socket_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
)

// exactMarks are the marks that are counted.
var exactMarks = []int{1, 5, 7, 1000}

// TestMarkIsExact counts what a connecting socket takes while nobody is there: its mark, from one sender and from sixteen, and all of it arrives when
// somebody is, each sender's in order. (libzmq: test_bind_after_connect_tcp)
func TestMarkIsExact(t *testing.T) {
	for name, endpoint := range map[string]func(testing.TB) string{"tcp": nobody, "ipc": nowhere, "inproc": inprocName} {
		for _, mark := range exactMarks {
			for _, senders := range []int{1, 16} {
				t.Run(fmt.Sprintf("%s/%d/%d", name, mark, senders), func(t *testing.T) {
					rt := newRuntime(t)
					push := newPush(t, rt, socket.SendHWM(mark), socket.ReconnectInterval(1))
					ep := endpoint(t)
					connect(t, push, ep)
					var accepted atomic.Int64
					var g errgroup.Group
					for s := range senders {
						g.Go(func() error {
							for i := s; ; i += senders {
								if err := push.TrySend(number(i)); err != nil {
									require.ErrorIs(t, err, socket.ErrWouldBlock)
									require.NotErrorIs(t, err, socket.ErrNoPeers)
									return nil
								}
								accepted.Add(1)
							}
						})
					}
					require.NoError(t, g.Wait())
					require.EqualValues(t, mark, accepted.Load())
					out := push.Stats().Out
					require.EqualValues(t, mark, out.Queued)
					require.EqualValues(t, mark, out.Accepted)
					pull := newPull(t, rt)
					bind(t, pull, ep)
					next := make([]int, senders)
					for range mark {
						m, err := pull.Recv(within(t))
						require.NoError(t, err)
						i := numberOf(t, m)
						require.Equal(t, next[i%senders], i/senders)
						next[i%senders]++
					}
					wantEmpty(t, pull)
				})
			}
		}
	}
}

// TestMarkWithWaitingSenders has sixteen goroutines wait at the mark: it is not passed by one message, and all of them give up with ctx.
func TestMarkWithWaitingSenders(t *testing.T) {
	for _, mark := range exactMarks {
		t.Run(fmt.Sprint(mark), func(t *testing.T) {
			bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
				push := newPush(t, rt, socket.SendHWM(mark))
				connect(t, push, inprocName(t))
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				accepted, g := sendForEver(t, ctx, push, 16)
				synctest.Wait()
				require.EqualValues(t, mark, accepted.Load())
				require.ErrorIs(t, push.TrySend(number(0)), socket.ErrWouldBlock)
				cancel()
				require.NoError(t, g.Wait())
				require.EqualValues(t, mark, accepted.Load())
				require.EqualValues(t, mark, push.Stats().Out.Accepted)
			})
		})
	}
}

// TestMarkWithWaitingSendersOverTCP is the same over a network, where nobody can see who waits: what all accepted together is the mark.
func TestMarkWithWaitingSendersOverTCP(t *testing.T) {
	for _, mark := range exactMarks {
		t.Run(fmt.Sprint(mark), func(t *testing.T) {
			rt := newRuntime(t)
			push := newPush(t, rt, socket.SendHWM(mark))
			connect(t, push, nobody(t))
			ctx, cancel := context.WithCancel(within(t))
			defer cancel()
			full := make(chan struct{})
			var accepted atomic.Int64
			var g errgroup.Group
			for range 16 {
				g.Go(func() error {
					for {
						if err := push.Send(ctx, number(0)); err != nil {
							require.ErrorIs(t, err, context.Canceled)
							return nil
						}
						if accepted.Add(1) == int64(mark) {
							close(full)
						}
					}
				})
			}
			<-full
			require.ErrorIs(t, push.TrySend(number(0)), socket.ErrWouldBlock)
			cancel()
			require.NoError(t, g.Wait())
			require.EqualValues(t, mark, accepted.Load())
			require.EqualValues(t, mark, push.Stats().Out.Queued)
		})
	}
}

// sendForEver has n goroutines send numbered messages until ctx ends, and counts what was accepted.
func sendForEver(t *testing.T, ctx context.Context, s socket.Sender, n int) (*atomic.Int64, *errgroup.Group) {
	t.Helper()
	accepted, g := new(atomic.Int64), new(errgroup.Group)
	for range n {
		g.Go(func() error {
			for i := 0; ; i++ {
				if err := s.Send(ctx, number(i)); err != nil {
					require.ErrorIs(t, err, context.Canceled)
					return nil
				}
				accepted.Add(1)
			}
		})
	}
	return accepted, g
}

// TestNoMark wants a mark of 0 to be no limit.
func TestNoMark(t *testing.T) {
	rt := newRuntime(t)
	push := newPush(t, rt, socket.SendHWM(0))
	connect(t, push, nobody(t))
	require.Equal(t, 10_000, fill(t, push, 10_000))
}

// TestMarkOfEachPeer wants each peer to have a mark of its own: two unreachable ones hold twice as much, in turn.
func TestMarkOfEachPeer(t *testing.T) {
	rt := newRuntime(t)
	push := newPush(t, rt, socket.SendHWM(7))
	connect(t, push, nobody(t))
	connect(t, push, nobody(t))
	require.Equal(t, 14, fill(t, push, 100))
	for _, p := range push.Stats().Peers {
		require.EqualValues(t, 7, p.Out.Queued)
	}
}

// TestNoPeersIsNotFull wants a socket without peers to say so, and Send to wait for one.
func TestNoPeersIsNotFull(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt), newPull(t, rt)
		err := push.TrySend(number(1))
		require.ErrorIs(t, err, socket.ErrNoPeers)
		require.ErrorIs(t, err, socket.ErrWouldBlock)
		var g errgroup.Group
		g.Go(func() error { return push.Send(ctx, number(0)) })
		synctest.Wait()
		ep := bind(t, pull, inprocName(t))
		connect(t, push, ep.String())
		receive(t, pull, 0, 1)
		require.NoError(t, g.Wait())
	})
}

// TestInprocMarks counts what two joined sockets hold: the sum of both marks, no limit where either is 0, whoever came first. (libzmq: test_hwm)
func TestInprocMarks(t *testing.T) {
	for _, c := range []struct{ send, recv, want int }{
		{1000, 1000, 2000}, {1, 1, 2}, {2, 2, 4}, {5, 7, 12}, {0, 1, 10_000}, {1, 0, 10_000}, {0, 0, 10_000},
	} {
		for _, bindFirst := range []bool{true, false} {
			for _, pushBinds := range []bool{true, false} {
				t.Run(fmt.Sprintf("%d+%d/%v/%v", c.send, c.recv, bindFirst, pushBinds), func(t *testing.T) {
					rt := newRuntime(t)
					push, pull := newPush(t, rt, socket.SendHWM(c.send)), newPull(t, rt, socket.RecvHWM(c.recv))
					var binder, connecter anySocket = pull, push
					if pushBinds {
						binder, connecter = push, pull
					}
					ep := inprocName(t)
					if bindFirst {
						bind(t, binder, ep)
						connect(t, connecter, ep)
					} else {
						connect(t, connecter, ep)
						bind(t, binder, ep)
					}
					require.NoError(t, push.WaitPeers(within(t), 1))
					require.NoError(t, pull.WaitPeers(within(t), 1))
					require.Equal(t, c.want, fill(t, push, 10_000))
					receive(t, pull, 0, c.want)
					wantEmpty(t, pull)
					require.Equal(t, c.want, fill(t, push, 10_000), "all of the room is back")
				})
			}
		}
	}
}

// TestInprocMarkBeforeBind counts both steps: the connecter's mark before there is a binder, and then the binder's more.
func TestInprocMarkBeforeBind(t *testing.T) {
	for _, c := range []struct{ send, recv, before, more int }{{3, 5, 3, 5}, {1, 1, 1, 1}, {1000, 1000, 1000, 1000}, {4, 0, 4, 9996}, {0, 4, 10_000, 0}} {
		t.Run(fmt.Sprintf("%d+%d", c.send, c.recv), func(t *testing.T) {
			rt := newRuntime(t)
			push, pull := newPush(t, rt, socket.SendHWM(c.send)), newPull(t, rt, socket.RecvHWM(c.recv))
			ep := inprocName(t)
			connect(t, push, ep)
			require.Equal(t, c.before, fill(t, push, 10_000))
			bind(t, pull, ep)
			require.NoError(t, push.WaitPeers(within(t), 1))
			if c.more > 0 {
				require.Equal(t, c.more, fill(t, push, min(c.more+1, 10_000-c.before)))
			}
			receive(t, pull, 0, c.before)
		})
	}
}

// TestPubDropsAreCounted wants a subscriber that does not read to hold what both marks allow and to miss the rest, alone; each loss is on its books.
func TestPubDropsAreCounted(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pub := newPub(t, rt, socket.SendHWM(5))
	ep := bind(t, pub, inprocName(t))
	slow := newSub(t, rt, []string{""}, socket.RecvHWM(5))
	connect(t, slow, ep.String())
	require.NoError(t, pub.WaitSubscribers(ctx, 1))
	quick := newSub(t, rt, []string{""}, socket.RecvHWM(5))
	connect(t, quick, ep.String())
	require.NoError(t, pub.WaitSubscribers(ctx, 2))
	for i := range 25 {
		require.NoError(t, pub.TrySend(number(i)))
		receive(t, quick, i, 1)
	}
	peers := pub.Stats().Peers
	require.Len(t, peers, 2)
	require.EqualValues(t, 10, peers[0].Out.Queued)
	require.Equal(t, only(mailbox.ReasonFull, 15), peers[0].Out.Dropped)
	require.Zero(t, dropped(peers[1].Out))
	receive(t, slow, 0, 4)
	require.NoError(t, pub.TrySend(number(25)))
	require.Equal(t, only(mailbox.ReasonFull, 16), pub.Stats().Peers[0].Out.Dropped, "shut until the low-water mark")
	receive(t, slow, 4, 1)
	require.NoError(t, pub.TrySend(number(26)))
	receive(t, slow, 5, 5)
	receive(t, slow, 26, 1)
	wantEmpty(t, slow)
	receive(t, quick, 25, 2)
	for _, p := range pub.Stats().Peers {
		balanced(t, p.Out)
		require.EqualValues(t, 27, p.Out.Accepted)
	}
}

// TestPubKeepsWhatTheMarkAllows publishes as many messages as one mark allows to a subscriber that does not read yet: all of them arrive, again and
// again. (libzmq: test_hwm_pubsub)
func TestPubKeepsWhatTheMarkAllows(t *testing.T) {
	for _, at := range places {
		for _, mark := range []int{1, 100, 1000} {
			t.Run(fmt.Sprintf("%s/%d", at.scheme, mark), func(t *testing.T) {
				ctx := within(t)
				rt := newRuntime(t)
				pub, sub := newPub(t, rt, socket.SendHWM(mark)), newSub(t, rt, []string{""}, socket.RecvHWM(mark))
				join(t, at.fresh(t), pub, sub)
				require.NoError(t, pub.WaitSubscribers(ctx, 1))
				for range 3 {
					require.Equal(t, mark, fill(t, pub, mark))
					receive(t, sub, 0, mark)
					require.NoError(t, pub.WaitDrained(ctx))
				}
				wantEmpty(t, sub)
				require.Zero(t, dropped(pub.Stats().Out))
			})
		}
	}
}
