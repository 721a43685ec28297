package socket_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// TestDo has many goroutines ask over one Req at once, and a Router answer in the opposite order: each gets its own reply, over each transport.
func TestDo(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			const callers, each = 16, 20
			ctx := within(t)
			rt := newRuntime(t)
			req, router := newReq(t, rt), newRouter(t, rt)
			join(t, at.fresh(t), router, req)
			var g errgroup.Group
			for c := range callers {
				g.Go(func() error {
					for i := range each {
						want := fmt.Sprintf("%d|%d", c, i)
						m, err := req.Do(ctx, socket.NewMessage(fmt.Sprint(c), fmt.Sprint(i)))
						if err != nil {
							return err
						}
						if m.String() != want {
							return fmt.Errorf("%s instead of %s", m, want)
						}
					}
					return nil
				})
			}
			for answered := 0; answered < callers*each; {
				var run []socket.Message // what is there, the last first
				m, err := router.Recv(ctx)
				for ; err == nil; m, err = router.TryRecv() {
					run = append([]socket.Message{m}, run...)
				}
				require.ErrorIs(t, err, socket.ErrWouldBlock)
				for _, m := range run {
					require.NoError(t, router.Send(ctx, m))
				}
				answered += len(run)
			}
			require.NoError(t, g.Wait())
			require.EqualValues(t, callers*each, req.Stats().In.Delivered)
			require.Empty(t, req.Stats().In.Dropped)
		})
	}
}

// TestDoAndReps has many goroutines ask several Reps.
func TestDoAndReps(t *testing.T) {
	ctx, cancel := context.WithCancel(within(t))
	rt := newRuntime(t)
	req := newReq(t, rt)
	var serving, asking errgroup.Group
	for range 3 {
		rep := newRep(t, rt)
		connect(t, req, bind(t, rep, "tcp://127.0.0.1:*").String())
		serving.Go(func() error {
			for m, err := range rep.Messages(ctx) {
				if err == nil {
					err = rep.Send(ctx, m)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	for c := range 8 {
		asking.Go(func() error {
			for i := range 50 {
				m, err := req.Do(ctx, number(c*1000+i))
				if err != nil {
					return err
				}
				if numberOf(t, m) != c*1000+i {
					return fmt.Errorf("somebody else's answer: %s", m)
				}
			}
			return nil
		})
	}
	require.NoError(t, asking.Wait())
	cancel()
	require.NoError(t, serving.Wait())
}

// TestDoEnds gives up a call, whose late reply is then nobody's, and closes the socket under another. A channel that receives is not in the way.
func TestDoEnds(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		req, router := newReq(t, rt), newRouter(t, rt)
		alone, stop := context.WithCancel(ctx)
		failed := make(chan error, 2)
		go func() { _, err := req.Do(alone, number(0)); failed <- err }()
		synctest.Wait()
		stop()
		require.ErrorIs(t, <-failed, context.Canceled, "no peer")
		join(t, inprocName(t), router, req)
		_ = req.RecvChan(ctx)
		first, giveUp := context.WithCancel(ctx)
		go func() { _, err := req.Do(first, number(1)); failed <- err }()
		late, err := router.Recv(ctx)
		require.NoError(t, err)
		require.ErrorIs(t, req.TrySend(number(9)), socket.ErrBadState)
		answered := make(chan error, 1)
		go func() {
			m, err := req.Do(ctx, number(2))
			if err == nil && m.String() != "2" {
				err = fmt.Errorf("%s instead of 2", m)
			}
			answered <- err
		}()
		m, err := router.Recv(ctx)
		require.NoError(t, err)
		giveUp()
		require.ErrorIs(t, <-failed, context.Canceled)
		require.NoError(t, router.Send(ctx, late))
		require.NoError(t, router.Send(ctx, m))
		require.NoError(t, <-answered)
		require.Equal(t, only(socket.ReasonFiltered, 1), req.Stats().In.Dropped)
		for range 2 {
			go func() { _, err := req.Do(ctx, number(3)); failed <- err }()
		}
		synctest.Wait()
		require.NoError(t, req.Close(ctx))
		require.ErrorIs(t, <-failed, socket.ErrClosed)
		require.ErrorIs(t, <-failed, socket.ErrClosed)
		_, err = req.Do(ctx, number(4))
		require.ErrorIs(t, err, socket.ErrClosed)
	})
}

// TestReqCorrelate wants a request to have a number, and replies without it, or with another, to be ignored. (libzmq: test_req_correlate)
func TestReqCorrelate(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			req, router := newReq(t, rt, socket.ReqCorrelate(true)), newRouter(t, rt)
			join(t, at.fresh(t), router, req)
			require.NoError(t, req.Send(ctx, socket.NewMessage("A", "B")))
			m, err := router.Recv(ctx)
			require.NoError(t, err)
			require.Equal(t, 5, m.Len())
			id, number := m.Frame(0), m.Frame(1)
			require.Len(t, number, 4)
			same(t, socket.NewMessage("", "A", "B"), m.Tail(2))
			wrong := []byte{number[0], number[1], number[2], number[3] + 1}
			require.NoError(t, router.SendTo(ctx, id, socket.MessageOf(wrong, nil, []byte("wrong number"))))
			require.NoError(t, router.SendTo(ctx, id, socket.NewMessage("", "no number")))
			require.NoError(t, router.SendTo(ctx, id, socket.MessageOf(number, nil, []byte("right"))))
			recvText(t, req, "right")
			require.Equal(t, only(socket.ReasonFiltered, 2), req.Stats().In.Dropped)
		})
	}
}

// TestReqRelaxed sends again before the reply: the next peer gets the request, and the reply to the one before is ignored, late or early.
// (libzmq: test_req_relaxed)
func TestReqRelaxed(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			req := newReq(t, rt, socket.ReqCorrelate(true), socket.ReqRelaxed(true))
			ep := bind(t, req, at.fresh(t)).String()
			var reps []*socket.Rep
			for i := range 2 {
				reps = append(reps, newRep(t, rt))
				connect(t, reps[i], ep)
				require.NoError(t, req.WaitPeers(ctx, i+1))
			}
			require.NoError(t, req.Send(ctx, number(1)))
			receive(t, reps[0], 1, 1)
			require.NoError(t, req.Send(ctx, number(2)))
			require.NoError(t, reps[0].Send(ctx, socket.NewMessage("late")))
			receive(t, reps[1], 2, 1)
			require.NoError(t, reps[1].Send(ctx, socket.NewMessage("two")))
			recvText(t, req, "two")
			require.NoError(t, req.Send(ctx, number(3)))
			receive(t, reps[0], 3, 1)
			require.NoError(t, reps[0].Send(ctx, socket.NewMessage("early")))
			require.NoError(t, req.Send(ctx, number(4)))
			receive(t, reps[1], 4, 1)
			require.NoError(t, reps[1].Send(ctx, socket.NewMessage("four")))
			recvText(t, req, "four")
			_, err := req.TryRecv()
			require.ErrorIs(t, err, socket.ErrBadState)
		})
	}
}

// TestReqRelaxedBeforeTheBind sends two requests before there is anybody to ask: both are answered, and the reply to the last alone is received.
func TestReqRelaxedBeforeTheBind(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			ep := at.fresh(t)
			rep := newRep(t, rt)
			if at.scheme == "tcp" {
				ep = nobody(t)
			}
			req := newReq(t, rt, socket.ReqCorrelate(true), socket.ReqRelaxed(true), socket.ReconnectInterval(time.Millisecond))
			connect(t, req, ep)
			require.NoError(t, req.Send(ctx, number(1)))
			require.NoError(t, req.Send(ctx, number(2)))
			bind(t, rep, ep)
			for n := 1; n <= 2; n++ {
				receive(t, rep, n, 1)
				require.NoError(t, rep.Send(ctx, number(n)))
			}
			receive(t, req, 2, 1)
			_, err := req.TryRecv()
			require.ErrorIs(t, err, socket.ErrBadState)
		})
	}
}

// TestReqRelaxedDropsWhatAPumpPutBack sends again while a reply lies where a channel put it back.
func TestReqRelaxedDropsWhatAPumpPutBack(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		req, rep := newReq(t, rt, socket.ReqRelaxed(true)), newRep(t, rt)
		join(t, inprocName(t), rep, req)
		pumping, stop := context.WithCancel(ctx)
		c := req.RecvChan(pumping)
		require.NoError(t, req.Send(ctx, number(1)))
		receive(t, rep, 1, 1)
		require.NoError(t, rep.Send(ctx, number(1)))
		synctest.Wait()
		stop()
		_, open := <-c
		require.False(t, open)
		require.NoError(t, req.Send(ctx, number(2)))
		receive(t, rep, 2, 1)
		require.NoError(t, rep.Send(ctx, number(2)))
		receive(t, req, 2, 1)
		require.Equal(t, only(socket.ReasonFiltered, 1), req.Stats().In.Dropped)
	})
}
