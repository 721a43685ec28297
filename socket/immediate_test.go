package socket_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// A moor is an endpoint of a socket whose connections a test makes by hand, one after the other, over lines.
type moor struct {
	s     *socket.Any
	lines chan net.Conn
}

// newMoor binds s, or connects it.
func newMoor(t *testing.T, ctx context.Context, s *socket.Any, bound bool) moor {
	t.Helper()
	m := moor{s: s, lines: make(chan net.Conn, 1)}
	var err error
	if bound {
		_, err = s.BindListener(ctx, &lineListener{lines: m.lines, closed: make(chan struct{})})
	} else {
		_, err = s.Connect(ctx, "tcp://somewhere:1", socket.Dialer(func(ctx context.Context, _ string) (net.Conn, error) {
			select {
			case c := <-m.lines:
				return c, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}))
	}
	require.NoError(t, err)
	return m
}

// land makes the next connection, to a raw peer of type typ, which is a peer when it returns.
func (m moor) land(t *testing.T, ctx context.Context, typ string) *rawPeer {
	t.Helper()
	return m.landAs(t, ctx, typ, "")
}

// landAs is land of a peer that calls itself id.
func (m moor) landAs(t *testing.T, ctx context.Context, typ, id string) *rawPeer {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = theirs.Close() })
	m.lines <- line{ours}
	p := &rawPeer{t: t, conn: theirs, dec: wire.NewDecoder(-1)}
	p.shakeLine(typ, id)
	require.NoError(t, m.s.WaitPeers(ctx, 1))
	return p
}

// TestImmediateMatrix follows messages through the life of a connection, for each side of it that there is: those sent before it is up, those that wait
// at its loss, those sent until the next one is up, and those that came and were not received. A connected endpoint keeps everything; with Immediate, as
// a bound one, it is no peer while it is not connected, and what waits for it is dropped, and counted. What has come is received in any case: with
// IMMEDIATE libzmq loses that too. (libzmq: session_base.cpp, reconnect)
func TestImmediateMatrix(t *testing.T) {
	for _, typ := range []struct{ name, peer string }{{"DEALER", "DEALER"}, {"DEALER", "ROUTER"}, {"PAIR", "PAIR"}, {"PUSH", "PULL"}} {
		for _, c := range []struct {
			side             string
			bound, immediate bool
		}{{side: "connected"}, {side: "immediate", immediate: true}, {side: "bound", bound: true}} {
			t.Run(typ.name+"-"+typ.peer+"/"+c.side, func(t *testing.T) {
				bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
					s, err := socket.Open(rt, typ.name, socket.Immediate(c.immediate))
					require.NoError(t, err)
					life := immediateLife{m: newMoor(t, ctx, s, c.bound), peer: typ.peer, keeps: !c.bound && !c.immediate, hears: typ.name != "PUSH"}
					life.lead(t, ctx)
				})
			})
		}
	}
}

// An immediateLife is one cell of the matrix.
type immediateLife struct {
	m     moor
	peer  string
	keeps bool // what waits survives
	hears bool // it receives
}

// lead leads it.
func (l immediateLife) lead(t *testing.T, ctx context.Context) {
	t.Helper()
	s := l.m.s
	l.trySend(t, 0)
	peer := l.m.land(t, ctx, l.peer)
	if l.keeps {
		require.Equal(t, []string{"0"}, peer.recv(), "sent before anybody was there")
	}
	if l.hears {
		peer.send("100")
		peer.send("101")
	}
	for i := range 3 {
		require.NoError(t, s.TrySend(number(1+i)))
	}
	synctest.Wait()
	require.NoError(t, peer.conn.Close())
	synctest.Wait()
	l.trySend(t, 4)
	peer = l.m.land(t, ctx, l.peer)
	require.NoError(t, s.TrySend(number(5)))
	want := []string{"5"}
	if l.keeps {
		want = []string{"1", "2", "3", "4", "5"}
	}
	for _, n := range want {
		require.Equal(t, []string{n}, peer.recv())
	}
	synctest.Wait()
	out := s.Stats().Out
	balanced(t, out)
	if l.keeps {
		require.Zero(t, dropped(out))
	} else {
		require.Equal(t, only(codec.LostConnection, 3), out.Dropped)
	}
	if l.hears {
		receive(t, s, 100, 2)
		wantEmpty(t, s)
	}
}

// trySend sends while nobody is there.
func (l immediateLife) trySend(t *testing.T, i int) {
	t.Helper()
	err := l.m.s.TrySend(number(i))
	if l.keeps {
		require.NoError(t, err)
	} else {
		require.ErrorIs(t, err, socket.ErrNoPeers)
	}
}

// TestImmediateHalf connects one socket to a peer that is there and to one that is not: half of the messages wait for the dead one; with Immediate none
// do. (libzmq: test_immediate)
func TestImmediateHalf(t *testing.T) {
	for _, at := range places[:2] {
		for _, immediate := range []bool{false, true} {
			t.Run(at.scheme, func(t *testing.T) {
				rt := newRuntime(t)
				pull, push := newPull(t, rt), newPush(t, rt, socket.Immediate(immediate))
				dead := nobody(t)
				if at.scheme == "ipc" {
					dead = nowhere(t)
				}
				connect(t, push, dead)
				connect(t, push, bind(t, pull, at.fresh(t)).String())
				require.NoError(t, push.WaitPeers(within(t), 1))
				require.Equal(t, 10, fill(t, push, 10))
				if immediate {
					receive(t, pull, 0, 10)
				} else {
					for i := range 5 {
						receive(t, pull, 2*i+1, 1)
					}
				}
				wantEmpty(t, pull)
			})
		}
	}
}

// TestImmediateResumes has the peer of a Dealer with Immediate go: it has no peer until somebody is bound there again. (libzmq: test_immediate)
func TestImmediateResumes(t *testing.T) {
	for _, at := range places[:2] {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			front, back := newDealer(t, rt, socket.Immediate(true), socket.ReconnectInterval(time.Millisecond)), newDealer(t, rt)
			ep := bind(t, back, at.fresh(t)).String()
			connect(t, front, ep)
			require.NoError(t, front.Send(ctx, number(1)))
			receive(t, back, 1, 1)
			require.NoError(t, back.Send(ctx, number(2)))
			receive(t, front, 2, 1)
			require.NoError(t, back.Close(ctx))
			gone(t, front)
			require.ErrorIs(t, front.TrySend(number(3)), socket.ErrNoPeers)
			again := newDealer(t, rt)
			bind(t, again, ep)
			require.NoError(t, front.Send(ctx, number(4)))
			receive(t, again, 4, 1)
		})
	}
}
