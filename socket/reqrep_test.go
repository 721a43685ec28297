package socket_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// TestReqTurns walks a Req through its states: send and receive alternate, and a call out of turn changes nothing.
// https://rfc.zeromq.org/spec/28/#the-req-socket-type
func TestReqTurns(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req, rep := newReq(t, rt), newRep(t, rt)
	_, err := req.Recv(ctx)
	require.ErrorIs(t, err, socket.ErrBadState)
	require.ErrorIs(t, req.TrySend(number(0)), socket.ErrNoPeers)
	join(t, inprocName(t), rep, req)
	for i := range 3 {
		_, err := req.TryRecv()
		require.ErrorIs(t, err, socket.ErrBadState)
		require.NoError(t, req.Send(ctx, number(i)))
		require.ErrorIs(t, req.Send(ctx, number(99)), socket.ErrBadState)
		require.ErrorIs(t, req.TrySend(number(99)), socket.ErrBadState)
		wantEmpty(t, req)
		receive(t, rep, i, 1)
		wantEmpty(t, req)
		require.NoError(t, rep.Send(ctx, number(i+10)))
		receive(t, req, i+10, 1)
	}
	wantEmpty(t, rep)
}

// TestRepTurns walks a Rep through its states. https://rfc.zeromq.org/spec/28/#the-rep-socket-type
func TestRepTurns(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req, rep := newReq(t, rt), newRep(t, rt)
	require.ErrorIs(t, rep.TrySend(number(0)), socket.ErrBadState)
	join(t, inprocName(t), rep, req)
	for i := range 3 {
		require.ErrorIs(t, rep.Send(ctx, number(99)), socket.ErrBadState)
		wantEmpty(t, rep)
		require.NoError(t, req.Send(ctx, number(i)))
		receive(t, rep, i, 1)
		_, err := rep.TryRecv()
		require.ErrorIs(t, err, socket.ErrBadState)
		_, err = rep.Recv(ctx)
		require.ErrorIs(t, err, socket.ErrBadState)
		require.NoError(t, rep.Send(ctx, number(i)))
		receive(t, req, i, 1)
	}
}

// TestSeveralClients has many Reqs ask one Rep, over each transport: each gets its own answers.
func TestSeveralClients(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			const clients, each = 8, 50
			ctx := within(t)
			rt := newRuntime(t)
			rep := newRep(t, rt)
			ep := bind(t, rep, at.fresh(t)).String()
			var g errgroup.Group
			for c := range clients {
				req := newReq(t, rt)
				connect(t, req, ep)
				g.Go(func() error {
					for i := range each {
						if err := req.Send(ctx, socket.NewMessage(fmt.Sprint(c), fmt.Sprint(i))); err != nil {
							return err
						}
						m, err := req.Recv(ctx)
						if err != nil {
							return err
						}
						if want := fmt.Sprintf("%d|%d|done", c, i); m.String() != want {
							return fmt.Errorf("%s instead of %s", m, want)
						}
					}
					return nil
				})
			}
			for range clients * each {
				m, err := rep.Recv(ctx)
				require.NoError(t, err)
				require.NoError(t, rep.Send(ctx, m.Append([]byte("done"))))
			}
			require.NoError(t, g.Wait())
		})
	}
}

// TestRepWorkers has several goroutines serve one Rep: those who wait get a request each, one after the other, and none is served twice.
func TestRepWorkers(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		const workers = 6
		rep := newRep(t, rt)
		ep := bind(t, rep, inprocName(t)).String()
		var serving atomic.Int64
		var g errgroup.Group
		for range workers {
			g.Go(func() error {
				m, err := rep.Recv(ctx)
				if err != nil {
					return err
				}
				if serving.Add(1) != 1 {
					return errors.New("two requests at once")
				}
				synctest.Wait() // all that can go on has gone on: nobody else got a request
				serving.Add(-1)
				return rep.Send(ctx, m)
			})
		}
		synctest.Wait()
		for i := range workers {
			req := newReq(t, rt)
			connect(t, req, ep)
			g.Go(func() error {
				if err := req.Send(ctx, number(i)); err != nil {
					return err
				}
				_, err := req.Recv(ctx)
				return err
			})
		}
		require.NoError(t, g.Wait())
	})
}

// TestRepWorkerPool has a pool of goroutines serve one Rep in loops, as an application would, which stand aside while it is not their turn.
func TestRepWorkerPool(t *testing.T) {
	const workers, clients, each = 4, 4, 50
	ctx, cancel := context.WithCancel(within(t))
	rt := newRuntime(t)
	rep := newRep(t, rt)
	ep := bind(t, rep, "tcp://127.0.0.1:*").String()
	var turn sync.Mutex // a turn is from Recv to Send
	var serving, asking errgroup.Group
	var served atomic.Int64
	for range workers {
		serving.Go(func() error {
			for {
				turn.Lock()
				m, err := rep.Recv(ctx)
				if err == nil {
					served.Add(1)
					err = rep.Send(ctx, m)
				}
				turn.Unlock()
				if errors.Is(err, context.Canceled) {
					return nil
				}
				if err != nil {
					return err
				}
			}
		})
	}
	for c := range clients {
		req := newReq(t, rt)
		connect(t, req, ep)
		asking.Go(func() error {
			for i := range each {
				if err := req.Send(ctx, number(c*each+i)); err != nil {
					return err
				}
				m, err := req.Recv(ctx)
				if err != nil {
					return err
				}
				if numberOf(t, m) != c*each+i {
					return errors.New("somebody else's answer")
				}
			}
			return nil
		})
	}
	require.NoError(t, asking.Wait())
	cancel()
	require.NoError(t, serving.Wait())
	require.EqualValues(t, clients*each, served.Load())
}

// TestReqSendersAllLearn has several goroutines wait in one Req's Send for a peer: when it comes one sends, and the others are told that it is not
// their turn. Nobody is left waiting.
func TestReqSendersAllLearn(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		const senders = 5
		req, rep := newReq(t, rt), newRep(t, rt)
		var out [senders]error
		var g errgroup.Group
		for i := range senders {
			g.Go(func() error { out[i] = req.Send(ctx, number(i)); return nil })
		}
		synctest.Wait()
		connect(t, req, bind(t, rep, inprocName(t)).String())
		require.NoError(t, g.Wait())
		sent := 0
		for _, err := range out {
			if err == nil {
				sent++
				continue
			}
			require.ErrorIs(t, err, socket.ErrBadState)
		}
		require.Equal(t, 1, sent)
	})
}

// TestReplyToNobody replies to a peer that has gone: the reply is dropped and counted, and the next request can come.
func TestReplyToNobody(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			rep := newRep(t, rt)
			ep := bind(t, rep, at.fresh(t)).String()
			req := newReq(t, rt)
			connect(t, req, ep)
			require.NoError(t, req.Send(ctx, number(1)))
			receive(t, rep, 1, 1)
			require.NoError(t, req.Close(ctx))
			gone(t, rep)
			require.NoError(t, rep.Send(ctx, number(1)))
			out := rep.Stats().Out
			require.Equal(t, only(socket.ReasonNoPeer, 1), out.Dropped)
			balanced(t, out)
			other := newReq(t, rt)
			connect(t, other, ep)
			require.NoError(t, other.Send(ctx, number(2)))
			receive(t, rep, 2, 1)
			require.NoError(t, rep.Send(ctx, number(3)))
			receive(t, other, 3, 1)
		})
	}
}

// TestRequestOfOneWhoLeft receives a request whose asker has gone before: it is delivered, and its reply goes nowhere.
func TestRequestOfOneWhoLeft(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	rep := newRep(t, rt)
	ep := bind(t, rep, "tcp://127.0.0.1:*").String()
	req := newReq(t, rt)
	connect(t, req, ep)
	require.NoError(t, rep.WaitPeers(ctx, 1))
	require.NoError(t, req.Send(ctx, number(1)))
	require.NoError(t, req.Close(ctx))
	gone(t, rep)
	receive(t, rep, 1, 1)
	require.NoError(t, rep.Send(ctx, number(1)))
	require.Equal(t, only(socket.ReasonNoPeer, 1), rep.Stats().Out.Dropped)
	require.ErrorIs(t, rep.TrySend(number(1)), socket.ErrBadState)
}

// TestReqAfterServerLeft loses the server that took the request: the request is not sent again, and the Req waits, as libzmq's does.
func TestReqAfterServerLeft(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req, rep := newReq(t, rt), newRep(t, rt)
	bound := bind(t, req, "tcp://127.0.0.1:*").String()
	connect(t, rep, bound)
	require.NoError(t, req.Send(ctx, number(1)))
	receive(t, rep, 1, 1)
	require.NoError(t, rep.Close(ctx))
	gone(t, req)
	second := newRep(t, rt)
	connect(t, second, bound)
	require.NoError(t, req.WaitPeers(ctx, 1))
	require.ErrorIs(t, req.TrySend(number(2)), socket.ErrBadState)
	wantEmpty(t, req)
	wantEmpty(t, second)
}
